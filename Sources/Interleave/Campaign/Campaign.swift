// Campaign: the order of events from a test to its report.

import Foundation
import InterleaveEngine

/// Runs a body under one schedule after another, until one fails or the budget
/// is spent, and makes a failure small and clear.
///
/// A campaign runs on a thread of its own, and on no other. It is an order of events: the corpus is
/// opened; what an earlier process wrote down is made again; a ``Search`` replays and explores;
/// what it finds is settled (``Settling``), kept (``Keeper``) and reported.
struct Campaign {
  let test: TestIdentity
  let resolved: ResolvedConfiguration
  let capture: IssueCapture
  let runner: Runner
  let budget: Budget
  /// Where a search for a proof is kept that does not come to its end.
  private let searchFile: SearchFile?
  /// Why the one that is there cannot be gone on with.
  private let misfit: SearchFile.Misfit?

  init(
    test: TestIdentity, resolved: ResolvedConfiguration, capture: IssueCapture,
    isCancelled: @escaping @Sendable () -> Bool, program: any FuzzProgram
  ) throws(TakeoverError) {
    self.test = test
    let searchFile = SearchFile(of: test, resolved)
    var resolved = resolved
    do throws(SearchFile.Misfit) {
      try searchFile?.resume(&resolved)
      misfit = nil
    } catch {
      misfit = error
    }
    self.searchFile = searchFile
    self.resolved = resolved
    self.capture = capture
    let runner = try Runner(program, resolved, capture)
    self.runner = runner
    budget = Budget(
      resolved.configuration, isCancelled: isCancelled,
      timeWaited: { .nanoseconds(runner.timeWaited) })
  }

  /// Conducts it.
  ///
  /// - Parameter recordsExpectations: Lets the issue of the minimal run through.
  /// - Throws: ``CorpusFileError`` for a corpus file that cannot be used.
  func conduct(recordsExpectations: Bool) throws(CorpusFileError) -> FuzzResult {
    var tally = Tally()
    if let misfit { tally.warn("\(misfit)") }
    let corpus = openCorpus(&tally)
    let journal = JournalFile(of: test.corpusName, in: corpus)
    var result =
      if let resumed = resume(journal, &tally) { resumed } else {
        try search(corpus, journal, tally)
      }
    keepSearch(&result)
    if let found = result.found, isSure(of: found, &result.tally),
      let settled = settle(found, &result, corpus, journal, recordsExpectations)
    {
      let report = report(result)
      var failure = settled.failure
      failure.escapes = report.escapes + report.partners
      return FuzzResult(outcome: .failed(failure, report), isRecorded: settled.isRecorded)
    }
    var report = report(result)
    let outcome = PassedRuns(test, resolved, result.tally).judge(&report)
    return FuzzResult(outcome: outcome, cancellation: result.tally.cancellation)
  }

  /// Makes one run in place of all, and what follows from it if it fails.
  ///
  /// What an entry keeps that still fails is not kept once more, however it came about.
  ///
  /// - Throws: ``CorpusFileError`` for a corpus file that cannot be used.
  func conduct(_ request: RunRequest) throws(CorpusFileError) -> FuzzResult {
    var tally = Tally()
    let corpus = openCorpus(&tally)
    var request = request
    request.wants.formUnion([.count, .traceOfFailure])
    let outcome = runContained(request)
    tally.note(outcome)
    tally.count(outcome)
    var result = SearchResult(tally: tally)
    if let failure = outcome.failure {
      var found = FoundFailure(
        outcome, schedulesTried: 1, seed: request.terms.seed ?? resolved.seed)
      found.corpusFile = try entry(of: failure, in: corpus)
      if isSure(of: found, &result.tally), let settled = settle(found, &result, corpus, nil, false)
      {
        return FuzzResult(outcome: .failed(settled.failure, report(result)))
      }
    }
    return FuzzResult(
      outcome: .passed(report(result)), cancellation: result.tally.cancellation)
  }

  /// The entry of a failure, if there is one and it still fails.
  private func entry(
    of failure: RunFailure, in corpus: CorpusStore?
  ) throws(CorpusFileError) -> String? {
    for file in try corpus?.files(of: test.corpusName) ?? [] {
      let entry = try file.entry.get()
      guard entry.isOf(FuzzFailure(failure)) else { continue }
      var reproduction = Reproduction(entry, path: file.path, resolved, replayed: 1)
      while reproduction.found == nil, let request = reproduction.next() {
        reproduction.learn(runContained(request), isChild: false)
      }
      if reproduction.found != nil { return file.path }
    }
    return nil
  }

  /// Makes a run on a thread of its own.
  func runContained(_ request: RunRequest) -> RunOutcome {
    var request = request
    request.place = .thread(hangLimit: resolved.hangLimit)
    return runner.run(request)
  }

  private func report(_ result: SearchResult) -> FuzzReport {
    var report = result.completeReport
    report.elapsed = budget.elapsed
    let shortage = ScheduleShortage(
      report, of: resolved.configuration.schedules, waited: .nanoseconds(runner.timeWaited))
    if let shortage { report.warnings.append(shortage.words) }
    if resolved.configuration.interruptions != .never, let obstacle = Interruptions.obstacle {
      report.wholeSteps.insert("no step was interrupted inside: \(obstacle)", at: 0)
    } else if resolved.configuration.interruptions != .never,
      let obstacle = Interruptions.obstacleAtAtomics
    {
      report.wholeSteps.insert("no step was interrupted at an atomic: \(obstacle)", at: 0)
    }
    if resolved.configuration.asksForInterruptions {
      report.warnings += report.wholeSteps
      report.wholeSteps = []
    }
    #if !DEBUG
      report.wholeSteps.append(
        "in this optimised build, consecutive awaits on one actor may be one step")
    #endif
    return report
  }

  // MARK: The corpus, and the last process

  /// Finds the corpus; without one, nothing is replayed or kept.
  private func openCorpus(_ tally: inout Tally) -> CorpusStore? {
    var corpus: CorpusStore?
    do {
      corpus = try CorpusStore.open(
        resolved.configuration.corpus, sourceFile: test.filePath, module: test.module,
        environment: ProcessInfo.processInfo.environment)
      try corpus?.adoptOldFiles(of: test.corpusName)
      if let corpus { OrphanedEntries.look(in: corpus) }
    } catch {
      tally.warn("\(error)")
    }
    return corpus
  }

  /// Makes the run again that the last process wrote down, apart from this one.
  ///
  /// - Returns: Its failure, if it fails.
  private func resume(_ journal: JournalFile?, _ tally: inout Tally) -> SearchResult? {
    if resolved.isolation == .process, Sanitizer.isThread {
      tally.warn(
        "the thread sanitizer sees no data races in runs that are made in a child process")
    }
    guard let journal, resolved.isolation != .none else { return nil }
    guard let written = journal.read({ tally.warn($0) }) else { return nil }
    let outcome = runner.run(
      written.request(
        hangLimit: resolved.hangLimit, drawsItsOwn: resolved.walksDrawTheirOwn))
    guard let found = written.found(outcome) else {
      if let warning = written.lossWords { tally.warn(warning) }
      journal.remove()
      return nil
    }
    return SearchResult(found: found, tally: tally)
  }

  // MARK: The search

  /// Replays what is kept, then explores, kept apart from the process as is configured.
  private func search(
    _ corpus: CorpusStore?, _ journal: JournalFile?, _ tally: Tally
  ) throws(CorpusFileError) -> SearchResult {
    let files = try files(corpus)
    var result: SearchResult
    switch resolved.isolation {
    case .none:
      let searcher = searcher(files, tally)
      searcher.run()
      if let error = searcher.error { throw error }
      result = searcher.result
    case .automatic:
      result = try searchHere(files, journal, tally)
    case .process:
      result = try searchInChild(files, journal, tally)
    }
    if result.isAdopted, let path = result.found?.corpusFile {
      result.found?.corpusFile = corpus?.adopt(path, of: test.corpusName)
    }
    return result
  }

  /// The entries that are replayed.
  private func files(_ corpus: CorpusStore?) throws(CorpusFileError) -> [CorpusStore.File]? {
    if let entry = resolved.replayed {
      return [CorpusStore.File(path: "the replay string", entry: .success(entry))]
    }
    let files = try corpus?.files(of: test.corpusName)
    guard let entry = resolved.entry else { return files }
    // Each test looks for it among its own; but that it is nowhere must not pass for a replay.
    if resolved.mode == .replay, let corpus,
      !FileCalls.exists(entry), !FileCalls.exists(corpus.located(entry))
    {
      throw CorpusFileError(
        file: entry,
        reason: .unreadable("\(EnvironmentVariable.entry.rawValue) names it, and it does not exist")
      )
    }
    return files?.filter { corpus?.located($0.path) == entry || $0.path == entry }
  }

  private func searcher(
    _ files: [CorpusStore.File]?, _ tally: Tally, isChild: Bool = false
  ) -> Searcher {
    let search = Search(
      of: files, resolved, module: test.module, isGenerated: runner.program.isGenerated, tally,
      isChild: isChild)
    return Searcher(search, runner, resolved, budget, named: test.name)
  }

  /// Searches on a thread of this process.
  private func searchHere(
    _ files: [CorpusStore.File]?, _ journal: JournalFile?, _ tally: Tally
  ) throws(CorpusFileError) -> SearchResult {
    let searcher = searcher(files, tally)
    let end = Containment.run(
      hangLimit: resolved.hangLimit,
      journal: journal?.whileExploring(runner, seed: resolved.seed)
    ) { searcher.run() }
    if case .stopped(let stop) = end { searcher.end(with: stop) }
    if let error = searcher.error { throw error }
    return searcher.result
  }

  /// Searches in one child process, which ends with the first failure.
  private func searchInChild(
    _ files: [CorpusStore.File]?, _ journal: JournalFile?, _ tally: Tally
  ) throws(CorpusFileError) -> SearchResult {
    // What cannot be read is told here: the child tells of failures alone.
    for file in files ?? [] { _ = try file.entry.get() }
    let bytes = ChildProcess.run(isQuiet: false, holding: Symbolicator.shared.pause) { heartbeat in
      let searcher = searcher(files, tally, isChild: true)
      let end = Containment.run(
        hangLimit: resolved.hangLimit, heartbeat: heartbeat,
        journal: journal?.whileExploring(runner, seed: resolved.seed)
      ) { searcher.run() }
      if case .stopped(let stop) = end { searcher.end(with: stop) }
      let result = searcher.result
      // What was waited for may be work of libdispatch's threads, which a child does not have.
      let isTaken = result.found.map { $0.failure.kind.isToldByTime && $0.hasEscapes } ?? false
      var packet = Packet()
      packet.put(result.tally.cancellation != nil || isTaken)
      result.pack(into: &packet)
      return packet.bytes
    }
    guard let bytes else {
      var tally = tally
      tally.warn(
        "the child process that made the runs was killed; they were made in this process instead")
      return try searchHere(files, journal, tally)
    }
    var packet = Packet(bytes)
    // An error cannot be told to another process.
    if packet.take(Bool.self) { return try searchHere(files, journal, tally) }
    return SearchResult(from: &packet, files ?? [])
  }

  /// Keeps a search for a proof that can be gone on with, and forgets one that has come to its end.
  private func keepSearch(_ result: inout SearchResult) {
    guard let searchFile, resolved.configuration.strategy.proof == .all, resolved.mode == .fuzz,
      resolved.shard.isFirst, resolved.isolation != .process
    else { return }
    if let unfinished = result.unfinished {
      do throws(FileError) {
        try searchFile.write(unfinished)
      } catch {
        result.tally.warn("the search for a proof was not kept: \(error)")
      }
    } else if result.found == nil {
      searchFile.remove()
    }
  }

  // MARK: A failure

  /// Makes sure of a failure that another process has found.
  private func isSure(of found: FoundFailure, _ tally: inout Tally) -> Bool {
    guard var doubt = Doubt(about: found) else { return true }
    while var request = doubt.next() {
      request.terms.seed = found.seed
      request.place = .thread(hangLimit: resolved.hangLimit)
      let outcome = runner.run(request)
      tally.note(outcome)
      doubt.learn(outcome)
    }
    if !doubt.isDispelled { tally.warnOnce(doubt.warning) }
    return doubt.isDispelled
  }

  /// Makes a failure small and clear, and keeps it.
  ///
  /// - Returns: Nil if others brought it about by being late, which is warned of.
  private func settle(
    _ found: FoundFailure, _ result: inout SearchResult, _ corpus: CorpusStore?,
    _ journal: JournalFile?, _ recordsExpectations: Bool
  ) -> SettledFailure? {
    let progress = ShrinkingProgress(of: found, in: test)
    journal?.write(found)
    defer { progress.end() }
    let runs = SettlingRuns(
      runner, progress, seed: found.seed,
      interruptions: Interruptions(of: found.schedule.deviations),
      poolWidth: found.schedule.poolWidth, randomSeed: found.schedule.randomSeed,
      beside: found.failure,
      duration: resolved.configuration.shrinking.duration)
    // What comes from outside is not the run's, so that it may not come again.
    let keeper = Keeper(
      corpus: result.tally.doesIO ? nil : corpus, test: test.corpusName, testFile: test.filePath,
      replacesReplayed: resolved.mode == .minimize)
    let settled = Settling(
      found: found, test: test, resolved: resolved, result: result, runs: runs,
      program: runner.program, keeper: keeper, capture: capture
    ).settle(recordsExpectations: recordsExpectations)
    result.tally.merge(runs.tally)
    if progress.isToEnd {
      result.tally.warn(
        "shrinking was ended by a signal, so the failure may not be as small as it could be")
    }
    // What is not kept is lost with a process that is to end.
    if progress.isToEndTheProcess, let settled {
      ShrinkingProgress.tell(settled.failure.description)
      guard settled.failure.corpusFile != nil else { return settled }
    }
    journal?.remove()
    return settled
  }
}
