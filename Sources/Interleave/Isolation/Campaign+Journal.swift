import InterleaveEngine

#if canImport(Darwin)
  import Darwin
#elseif canImport(Glibc)
  import Glibc
#endif

// What a process writes down in case that it is ended, and what the next one makes of it.

extension Campaign {
  private static let folderOfJournals = ".journals"

  /// Where the journal of the test lies; nil where nothing may be written.
  private var journalPath: String? {
    guard let corpus, corpus.plan.writes else { return nil }
    var hash = StableHash()
    for name in [corpus.module, corpusTest.suite, corpusTest.name] { hash.combine(name) }
    return "\(corpus.plan.folder)/\(Self.folderOfJournals)/\(hash.hexadecimal())"
  }

  /// What is written while schedules are explored; nil where nothing may be.
  ///
  /// It tells of a crash that must end the process, and of a step that may never return.
  func journal() -> Containment.Journal? {
    journalPath.map {
      Containment.Journal(
        path: $0, head: RunJournal.head(.crash, seed: resolved.seed),
        stepIsSlow: { [self] in
          guard let run = machine.glance() else { return }
          write(RunJournal(.slow, seed: resolved.seed, run: run))
        }, slowStepHasEnded: { [self] in removeJournal() })
    }
  }

  /// Writes a failure down before it is made smaller.
  ///
  /// What the corpus holds already needs no journal.
  func writeJournal(of found: FoundFailure) {
    guard found.corpusFile == nil, !found.failure.isMistake else { return }
    let run = RunGlance(
      index: 0, deviations: found.schedule.deviations, cancellation: found.schedule.cancellation)
    let finding = RunJournal.Finding(
      message: found.failure.message, kind: found.failure.kind,
      schedulesTried: found.schedulesTried, strategy: found.strategy,
      isElsewhere: found.failure.isElsewhere, draws: found.draws)
    write(RunJournal(.found, seed: found.seed, run: run, finding: finding))
  }

  private func write(_ journal: RunJournal) {
    guard let corpus, let path = journalPath else { return }
    let folder = FileCalls.parent(of: path)
    // Where that cannot be written, neither can the corpus entry, and that is told.
    try? corpus.calls.makeFolder(folder)
    try? TemporaryFile.clear(folder)
    try? corpus.calls.writeAtomically(
      Array(journal.text.utf8), folder: folder, name: String(path.dropFirst(folder.count + 1)))
  }

  func removeJournal() {
    guard let path = journalPath, unlink(path) == 0 else { return }
    rmdir(FileCalls.parent(of: path))
  }

  // MARK: The next process

  /// Makes the run again that the last process wrote down, apart from this one.
  ///
  /// - Returns: Its failure, if it fails.
  func resumeJournal() -> FoundFailure? {
    guard let path = journalPath, FileCalls.exists(path) else { return nil }
    let bytes = (try? FileCalls.read(path, upTo: 1 << 26)) ?? nil
    guard let bytes, let journal = RunJournal(String(decoding: bytes, as: UTF8.self)) else {
      report.warnings.append("\(path) is not the journal of a run, and was removed")
      removeJournal()
      return nil
    }
    let found = makeAgain(journal)
    if found == nil {
      if let warning = journal.lossWords { report.warnings.append(warning) }
      removeJournal()
    }
    return found
  }

  private func makeAgain(_ journal: RunJournal) -> FoundFailure? {
    machine.settings.environmentSeed = journal.seed
    plan =
      journal.finding.map { .replay($0.draws) }
      ?? Self.drawingPlan(journal.run.index, seed: journal.seed)
    machine.canceller = journal.run.cancellation.map { ReplayCancellation($0) }
    shelter = .process(hangLimit: hangLimit)
    awaitsCrashElsewhere = journal.isElsewhere || journal.finding?.isElsewhere == true
    defer {
      shelter = .none
      awaitsCrashElsewhere = false
      machine.canceller = nil
      machine.settings.environmentSeed = resolved.seed
    }
    var found: FoundFailure?
    _ = execute(Replay(journal.run.deviations), RunStart(index: 0, seed: 0)) { [self] failure in
      guard let failure else { return }
      let tried = journal.finding?.schedulesTried ?? journal.run.index + 1
      found = foundHere(failure, schedulesTried: tried, seed: journal.seed)
      found?.strategy = journal.finding?.strategy
      if failure.kind.endsTheProcess {
        found?.interleaving = Explainer(machine).interleaving(upTo: failure.steps)
      }
    }
    return found
  }
}

extension RunJournal {
  /// What is to be said where the run does not fail any more; nil for nothing.
  fileprivate var lossWords: String? {
    switch (reason, finding) {
    case (.slow, _): nil
    case (.found, let finding?):
      "an earlier process was ended before it could keep what schedule "
        + "\(finding.schedulesTried) with seed \(seed) had found, which did not come up again: "
        + "\(finding.kind.words): \(finding.message)"
    default:
      "schedule \(run.index + 1) with seed \(seed) "
        + (isElsewhere
          ? "was running when a crash on another thread ended the process"
          : "crashed in a way that ended the process")
        + "; it did not crash again in a process of its own"
    }
  }
}
