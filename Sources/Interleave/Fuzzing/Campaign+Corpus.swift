import Foundation
import InterleaveEngine

extension Campaign {
  var corpusTest: CorpusEntry.TestName {
    let name = test.arguments.isEmpty ? test.name : "\(test.name) \(test.arguments)"
    return CorpusEntry.TestName(suite: test.suite, name: name)
  }

  /// Finds the corpus; without one, nothing is replayed or kept.
  func openCorpus() {
    do {
      corpus = try CorpusStore.open(
        resolved.configuration.corpus, sourceFile: test.filePath,
        environment: ProcessInfo.processInfo.environment)
    } catch {
      report.warnings.append("\(error)")
    }
  }

  /// Replays what is in the corpus.
  ///
  /// - Returns: The first entry that still fails.
  /// - Throws: ``CorpusFileError`` for a file that cannot be used: what it kept
  ///   would go unchecked.
  func replayCorpus() throws(CorpusFileError) -> FoundFailure? {
    guard let corpus else {
      noteNothingToReplay("there is no corpus")
      return nil
    }
    for file in try corpus.files(of: corpusTest) {
      if let found = replay(try file.entry.get(), path: file.path) { return found }
    }
    if report.replayed == 0 { noteNothingToReplay("the corpus has no entry of this test") }
    return nil
  }

  /// A test that was only to be replayed, and had nothing to replay, has checked nothing.
  private func noteNothingToReplay(_ reason: String) {
    guard resolved.mode == .replay else { return }
    report.warnings.append(
      "nothing was run: \(EnvironmentVariable.mode.rawValue)=replay runs only what is in the "
        + "corpus, and \(reason)")
  }

  /// Replays one entry, under stricter rules first.
  ///
  /// - Returns: The failure, if it still fails.
  private func replay(_ entry: CorpusEntry, path: String) -> FoundFailure? {
    report.replayed += 1
    replayedFile = path
    defer { replayedFile = nil }
    machine.settings.environmentSeed = entry.seed
    defer { machine.settings.environmentSeed = resolved.seed }
    plan = .stored(
      StoredDraws(
        texts: GeneratedTexts(inputs: entry.inputs, operations: entry.operations),
        rows: entry.choices))
    var replay = EntryReplay(entry)
    var staleReason: String?
    var found: FoundFailure?
    while found == nil, staleReason == nil, let matcher = replay.nextMatcher() {
      let strategy = CorpusReplay(matcher, machine: machine)
      if let stopped = replayInChild(entry, matcher) {
        let signature = FailureSignature(of: FuzzFailure(stopped))
        if signature == entry.signature {
          found = foundHere(stopped, schedulesTried: report.replayed, seed: entry.seed)
        } else {
          let outcome = MatchOutcome(strictness: .pickedOnly, applied: 0)
          replay.record(outcome, failure: signature)
        }
        continue
      }
      _ = execute(strategy, RunStart(index: 0, seed: entry.seed)) { [self] failure in
        staleReason = programRun.staleReason
        guard staleReason == nil else { return }
        let signature = failure.map { FailureSignature(of: FuzzFailure($0)) }
        replay.record(strategy.outcome(), failure: signature)
        guard let failure, signature == entry.signature else { return }
        found = FoundFailure(
          failure: failure, schedule: machine.recordedSchedule(upTo: failure.steps),
          draws: programRun.draws, corpusFile: path, schedulesTried: report.replayed,
          seed: entry.seed)
      }
    }
    if found != nil { return found }
    switch staleReason.map(CorpusVerdict.stale(reason:)) ?? replay.verdict {
    case .stillFails: break
    case .fixed: report.fixed.append(path)
    case .stale(let reason):
      report.stale.append(path)
      report.warnings.append(
        "\(path) is stale: \(reason). Delete it if the interleaving cannot happen any more.")
    case .failsDifferently(let signature):
      report.warnings.append(
        "\(path) fails in another way than it says: \(signature.kind.rawValue) \(signature.place)")
    }
    return found
  }

  /// Keeps a new failure, and tells it where.
  ///
  /// - Parameters:
  ///   - failure: The failure, shrunk.
  ///   - draws: What was generated for it.
  func keep(_ failure: inout FuzzFailure, _ draws: Draws) {
    guard let corpus, failure.corpusFile == nil else { return }
    let root = SourcePath.packageRoot(of: test.filePath)
    let entry = CorpusEntry(of: failure, in: corpusTest, choices: draws.rows, packageRoot: root)
    switch corpus.save(entry) {
    case .written(let path), .alreadyThere(let path):
      failure.corpusFile = path
    case .notAllowed(let path, let content):
      failure.unsavedEntry = FuzzFailure.UnsavedEntry(path: path, content: content, reason: nil)
    case .failed(let path, let reason, let content):
      failure.unsavedEntry = FuzzFailure.UnsavedEntry(path: path, content: content, reason: reason)
    }
  }
}

extension FuzzFailure {
  /// The failure of a run, as far as one run can tell.
  init(_ failure: RunFailure) {
    self.init(kind: failure.kind, message: failure.message, sourceLocation: failure.location)
  }
}
