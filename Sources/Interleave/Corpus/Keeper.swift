/// Keeps failures of one test in the corpus.
struct Keeper {
  let corpus: CorpusStore?
  let test: CorpusEntry.TestName
  /// The file of the test, by which the package is found.
  let testFile: String
  /// What was replayed and has become smaller takes the place of its entry.
  var replacesReplayed = false

  /// Keeps a failure, and tells it where.
  ///
  /// - Parameters:
  ///   - failure: The failure, shrunk.
  ///   - draws: What was generated for it.
  ///   - stale: The entry in whose place it is kept; nil for a failure that is new.
  func keep(_ failure: inout FuzzFailure, _ draws: Draws, inPlaceOf stale: StaleEntry?) {
    let root = SourcePath.packageRoot(of: testFile)
    let entry = CorpusEntry(of: failure, in: test, choices: draws.rows, packageRoot: root)
    failure.replayEntry = entry
    guard let corpus else { return }
    if let replayed = failure.corpusFile {
      guard replacesReplayed, entry.mayReplace(corpus.read(corpus.located(replayed))) else {
        return
      }
      note(corpus.replace(replayed, with: entry), in: &failure)
      return
    }
    let saved =
      stale.map { corpus.replace($0.path, with: entry) } ?? corpus.save(entry)
    if let stale {
      failure.repair = FuzzFailure.Repair(
        of: stale, by: entry, saved, writes: corpus.plan.writes)
    }
    note(saved, in: &failure)
  }

  private func note(_ saved: CorpusStore.Saved, in failure: inout FuzzFailure) {
    switch saved {
    case .written(let path), .alreadyThere(let path):
      failure.corpusFile = path
    case .notAllowed(let path, let content):
      failure.unsavedEntry = FuzzFailure.UnsavedEntry(path: path, content: content, reason: nil)
    case .failed(let path, let reason, let content):
      failure.unsavedEntry = FuzzFailure.UnsavedEntry(path: path, content: content, reason: reason)
    }
  }
}

extension CorpusEntry {
  /// It is no larger than the entry that it comes from.
  ///
  /// A program that has changed may be replayed in a larger run than was kept.
  fileprivate func mayReplace(_ kept: Result<CorpusEntry, CorpusFileError>) -> Bool {
    guard case .success(let kept) = kept else { return false }
    return choices != kept.choices || deviations.count <= kept.deviations.count
  }
}

extension FuzzFailure.Repair {
  /// What was done about an entry.
  ///
  /// - Parameters:
  ///   - stale: The entry as it was.
  ///   - entry: The one in its place.
  ///   - saved: What became of that.
  ///   - writes: Whether files may be written and deleted.
  fileprivate init(
    of stale: StaleEntry, by entry: CorpusEntry, _ saved: CorpusStore.Saved, writes: Bool
  ) {
    let path: String
    var isWritten = false
    switch saved {
    case .written(let file), .alreadyThere(let file):
      path = file
      isWritten = writes
    case .notAllowed(let file, _), .failed(let file, _, _): path = file
    }
    self.init(
      staleFile: stale.path, reason: stale.reason, isWritten: isWritten,
      difference: LineDifference.unified(
        from: stale.entry.json(), named: stale.path, to: entry.json(), named: path))
  }
}
