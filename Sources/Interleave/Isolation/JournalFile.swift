import InterleaveEngine

#if canImport(Darwin)
  import Darwin
#elseif canImport(Glibc)
  import Glibc
#endif

/// Where a process writes down what it may not come to keep, in case that it is ended, and where
/// the next one finds it.
struct JournalFile {
  private static let folder = ".journals"

  private let path: String
  private let calls: FileCalls

  /// - Returns: Nil where nothing may be written.
  init?(of test: CorpusEntry.TestName, in corpus: CorpusStore?) {
    guard let corpus, corpus.plan.writes else { return nil }
    var hash = StableHash()
    for name in [corpus.module, test.suite, test.name] { hash.combine(name) }
    path = "\(corpus.plan.folder)/\(Self.folder)/\(hash.hexadecimal())"
    calls = corpus.calls
  }

  /// What is written while schedules are explored.
  ///
  /// It tells of a crash that must end the process, and of a step that may never return.
  ///
  /// - Parameter runner: What makes the runs.
  func whileExploring(_ runner: Runner, seed: UInt64) -> Containment.Journal {
    Containment.Journal(
      path: path, head: RunJournal.head(.crash, seed: seed),
      stepIsSlow: {
        guard let run = runner.glance() else { return }
        write(RunJournal(.slow, seed: seed, run: run))
      }, slowStepHasEnded: { remove() })
  }

  /// Writes a failure down before it is made smaller.
  ///
  /// What the corpus holds already needs no journal.
  func write(_ found: FoundFailure) {
    guard found.corpusFile == nil, !found.failure.isMistake else { return }
    let run = RunGlance(
      index: 0, deviations: found.schedule.deviations,
      cancellation: found.schedule.cancellation, randomSeed: found.schedule.randomSeed)
    let finding = RunJournal.Finding(
      message: found.failure.message, kind: found.failure.kind,
      schedulesTried: found.schedulesTried, strategy: found.strategy,
      isElsewhere: found.failure.isElsewhere, draws: found.draws)
    write(RunJournal(.found, seed: found.seed, run: run, finding: finding))
  }

  private func write(_ journal: RunJournal) {
    let folder = FileCalls.parent(of: path)
    // Where that cannot be written, neither can the corpus entry, and that is told.
    try? calls.makeFolder(folder)
    try? TemporaryFile.clear(folder)
    try? calls.writeAtomically(
      Array(journal.text.utf8), folder: folder, name: String(path.dropFirst(folder.count + 1)))
  }

  func remove() {
    guard unlink(path) == 0 else { return }
    rmdir(FileCalls.parent(of: path))
  }

  // MARK: The next process

  /// What the last process wrote down; nil where it wrote nothing.
  ///
  /// What is no journal is removed, with a warning.
  func read(_ warn: (String) -> Void) -> RunJournal? {
    guard FileCalls.exists(path) else { return nil }
    let bytes = (try? FileCalls.read(path, upTo: 1 << 26)) ?? nil
    if let bytes, let journal = RunJournal(String(decoding: bytes, as: UTF8.self)) {
      return journal
    }
    warn("\(path) is not the journal of a run, and was removed")
    remove()
    return nil
  }
}

extension RunJournal {
  /// The run that was written down, to be made again apart from this process.
  ///
  /// - Parameter drawsItsOwn: Walks draw random numbers of their own, which a crash leaves no time to
  ///   write down.
  func request(hangLimit: Int64, drawsItsOwn: Bool = true) -> RunRequest {
    var request = RunRequest.replay(
      run.deviations, cancelling: run.cancellation,
      finding.map { .replay($0.draws) }
        ?? ResolvedConfiguration.drawingPlan(run.index, seed: seed))
    request.wants = .traceOfFailure
    request.place = .child(hangLimit: hangLimit)
    request.terms.seed = seed
    request.terms.randomSeed = run.randomSeed
    if reason == .crash, drawsItsOwn {
      request.terms.randomSeed = ResolvedConfiguration.randomSeed(run.index, seed: seed)
    }
    request.terms.awaitsCrashElsewhere = isElsewhere || finding?.isElsewhere == true
    return request
  }

  /// The failure of the run that was made again.
  ///
  /// - Returns: Nil where it does not fail any more.
  func found(_ outcome: RunOutcome) -> FoundFailure? {
    guard let failure = outcome.failure else { return nil }
    let tried = finding?.schedulesTried ?? run.index + 1
    var found = FoundFailure(outcome, schedulesTried: tried, seed: seed, isKept: false)
    found.strategy = finding?.strategy
    found.interleaving = failure.kind.endsTheProcess ? outcome.interleaving : nil
    return found
  }

  /// What is to be said where the run does not fail any more; nil for nothing.
  var lossWords: String? {
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
