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
        resolved.configuration.corpus, sourceFile: test.filePath, module: test.module,
        environment: ProcessInfo.processInfo.environment)
      try corpus?.adoptOldFiles(of: corpusTest)
    } catch {
      report.warnings.append("\(error)")
    }
  }

  /// Replays what is in the corpus, and looks around what is fixed.
  ///
  /// - Returns: The first entry that still fails, or else the first failure near one that does
  ///   not.
  /// - Throws: ``CorpusFileError`` for a file that cannot be used: what it kept
  ///   would go unchecked.
  func replayCorpus() throws(CorpusFileError) -> FoundFailure? {
    guard let corpus else {
      noteNothingToReplay("there is no corpus")
      return nil
    }
    var fixes: [FixedEntry] = []
    for file in try corpus.files(of: corpusTest) {
      let entry = try file.entry.get()
      let found =
        file.isUndecided
        ? replayUndecided(entry, path: file.path, in: corpus)
        : replay(entry, path: file.path, &fixes)
      if let found { return found }
    }
    if report.replayed == 0 { noteNothingToReplay("the corpus has no entry of this test") }
    return certify(fixes)
  }

  /// Replays an entry that may be another module's: it is this test's if it fails here.
  private func replayUndecided(
    _ entry: CorpusEntry, path: String, in corpus: CorpusStore
  ) -> FoundFailure? {
    let before = report
    var fixes: [FixedEntry] = []
    if var found = replay(entry, path: path, isUndecided: true, &fixes) {
      found.corpusFile = corpus.adopt(path, of: corpusTest)
      return found
    }
    report = before
    report.replayed += 1
    report.warnings.append(
      "\(path) lies in a folder that names no module, and does not fail here. Nothing in it says "
        + "whether it is this test's or that of a test of the same name in another module: move it "
        + "below the folder of its module, as in corpus/\(test.module)/")
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
  /// - Returns: The failure, if it still fails; else it may be one more of the fixes.
  private func replay(
    _ entry: CorpusEntry, path: String, isUndecided: Bool = false, _ fixes: inout [FixedEntry]
  ) -> FoundFailure? {
    report.replayed += 1
    defer { machine.canceller = nil }
    replayedFile = path
    defer { replayedFile = nil }
    machine.settings.environmentSeed = entry.seed
    defer { machine.settings.environmentSeed = resolved.seed }
    plan = .stored(StoredDraws(entry))
    var replay = EntryReplay(entry)
    var staleReason: String?
    var found: FoundFailure?
    var fix: FixedEntry?
    var nearest: (applied: Int, deviations: [NearbySchedule.Deviation])?
    while found == nil, staleReason == nil, let matcher = replay.nextMatcher() {
      let strategy = CorpusReplay(matcher, machine: machine)
      let canceller = entry.cancellation.map {
        CorpusCancellation($0, strictness: matcher.strictness, machine: machine)
      }
      machine.canceller = canceller
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
        var outcome = strategy.outcome()
        if canceller?.found == false { outcome.missingCancellation = entry.cancellation }
        replay.record(outcome, failure: signature)
        if fix == nil, failure == nil, outcome.isEntry {
          fix = FixedEntry(
            path: path, seed: entry.seed, plan: plan, signature: machine.signature,
            steps: machine.tracedSteps())
        }
        if outcome.applied > nearest?.applied ?? 0 {
          nearest = (outcome.applied, machine.nearbyDeviations)
        }
        guard let failure, signature == entry.signature else { return }
        found = FoundFailure(
          failure: failure, schedule: machine.recordedSchedule(upTo: failure.steps),
          draws: programRun.draws, corpusFile: path, schedulesTried: report.replayed,
          seed: entry.seed, isSure: !isInChild && !machine.wasHasty)
      }
    }
    if found != nil { return found }
    let verdict = staleReason.map(CorpusVerdict.stale(reason:)) ?? replay.verdict
    guard let reason = verdict.reason else { return found }
    if verdict.isFixed, let fix {
      // Its certificate looks around it, and in better order.
      report.fixed.append(path)
      fixes.append(fix)
      return nil
    }
    if isUndecided { return nil }
    let stale = StaleEntry(path: path, entry: entry, reason: reason)
    let repair = repair(stale, matched: nearest?.deviations)
    if repair.found == nil {
      note(verdict, of: path, searched: repair.runs)
    } else {
      report.repaired.append(path)
    }
    return repair.found
  }

  /// Tells what has become of an entry that does not fail any more.
  private func note(_ verdict: CorpusVerdict, of path: String, searched runs: Int) {
    let near = counted(runs, "schedule") + " near it"
    switch verdict {
    case .stillFails: break
    case .fixed:
      report.fixed.append(path)
    case .stale(let reason):
      report.stale.append(path)
      report.warnings.append(
        "\(path) is stale: \(reason). Its failure did not come up in \(near) either. "
          + "Delete it if the interleaving cannot happen any more.")
    case .failsDifferently(let signature):
      report.warnings.append(
        "\(path) fails in another way than it says: \(signature.kind.rawValue) "
          + "\(signature.place). Its own failure did not come up in \(near) either.")
    }
  }

  /// Keeps a new failure, and tells it where.
  ///
  /// - Parameters:
  ///   - failure: The failure, shrunk.
  ///   - draws: What was generated for it.
  ///   - stale: The entry in whose place it is kept; nil for a failure that is new.
  func keep(_ failure: inout FuzzFailure, _ draws: Draws, inPlaceOf stale: StaleEntry?) {
    guard let corpus, failure.corpusFile == nil, !doesIO else { return }
    let root = SourcePath.packageRoot(of: test.filePath)
    let entry = CorpusEntry(of: failure, in: corpusTest, choices: draws.rows, packageRoot: root)
    let saved =
      stale.map { corpus.replace($0.path, with: entry) } ?? corpus.save(entry)
    if let stale {
      failure.repair = FuzzFailure.Repair(
        of: stale, by: entry, saved, writes: corpus.plan.writes)
    }
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

extension FuzzFailure {
  /// The failure of a run, as far as one run can tell.
  init(_ failure: RunFailure) {
    self.init(kind: failure.kind, message: failure.message, sourceLocation: failure.location)
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
