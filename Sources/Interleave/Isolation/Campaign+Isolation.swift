import InterleaveEngine

/// A failure that is ready for its report.
struct SettledFailure {
  var failure: FuzzFailure
  /// The failing expectation's own issue has been recorded.
  var isRecorded = false
}

extension Campaign {
  private var isolation: FuzzConfiguration.Isolation {
    let chosen = resolved.configuration.isolation
    // The address sanitizer tells of one error in a process, so that none can go on in this one.
    return chosen == .automatic && Sanitizer.isAddress ? .process : chosen
  }

  var hangLimit: Int64 { Int64(clamping: resolved.configuration.hangLimit.nanoseconds) }

  // MARK: Searching

  /// Replays what is kept, then explores, kept apart from the process as is configured.
  ///
  /// - Returns: What failed first.
  /// - Throws: ``CorpusFileError`` for a corpus file that cannot be used.
  func search() throws(CorpusFileError) -> FoundFailure? {
    switch isolation {
    case .none:
      return try replayAndExplore()
    case .automatic:
      if let found = resumeJournal() { return found }
      return try searchHere()
    case .process:
      if Sanitizer.isThread {
        report.warnings.append(
          "the thread sanitizer sees no data races in runs that are made in a child process")
      }
      if let found = resumeJournal() { return found }
      return try searchInChild()
    }
  }

  private func replayAndExplore() throws(CorpusFileError) -> FoundFailure? {
    if let found = try replayCorpus() { return found }
    return resolved.mode == .fuzz ? explore() : nil
  }

  /// The failure of a run whose thread was stopped, from what its machine knows.
  private func found(_ stop: StepStop) -> FoundFailure {
    let exploration = replayedFile == nil ? exploring : nil
    let strategy = exploration.map { learnOfStop($0) }
    if let exploration { end(exploration, hasFailed: true) }
    var found = foundHere(
      run.failure ?? RunFailure(stop, in: machine),
      schedulesTried: exploration?.schedules ?? report.replayed,
      seed: machine.settings.environmentSeed)
    found.strategy = strategy
    if let repairing, repairing.entry.isOf(FuzzFailure(found.failure)) {
      found.corpusFile = nil
      found.repaired = repairing
      report.repaired.append(repairing.path)
    }
    found.interleaving = Explainer(machine).interleaving(upTo: found.failure.steps)
    replayedFile = nil
    return found
  }

  /// The failure of the machine's last run.
  func foundHere(_ failure: RunFailure, schedulesTried: Int, seed: UInt64) -> FoundFailure {
    FoundFailure(
      failure: failure, schedule: machine.recordedSchedule(upTo: failure.steps),
      draws: programRun.draws, corpusFile: replayedFile, schedulesTried: schedulesTried, seed: seed)
  }

  /// Replays and explores in one child process, which ends with the first failure.
  private func searchInChild() throws(CorpusFileError) -> FoundFailure? {
    let files = try corpus?.files(of: corpusTest) ?? []
    // What cannot be read is told here: the child tells of failures alone.
    let entries = try files.map { file throws(CorpusFileError) in (file.path, try file.entry.get())
    }
    let bytes = ChildProcess.run(isQuiet: false, holding: Symbolicator.shared.pause) {
      [self] heartbeat in
      let outcome = Containment.run(
        hangLimit: hangLimit, heartbeat: heartbeat, journal: journal()
      ) { [self] in
        Result { () throws(CorpusFileError) in try replayAndExplore() }
      }
      var found: FoundFailure?
      switch outcome {
      case .finished(let result): found = try? result.get()
      case .stopped(let stop): found = self.found(stop)
      }
      finishReport()
      var packet = Packet()
      // What was waited for may be work of libdispatch's threads, which a child does not have.
      let isTaken = found.map { $0.failure.kind.isToldByTime && machine.hasEscapes } ?? false
      packet.put(run.cancellation != nil || isTaken)
      report.pack(into: &packet)
      packet.put(optional: found) { $1.pack(into: &$0) }
      return packet.bytes
    }
    guard let bytes else {
      report.warnings.append(
        "the child process that made the runs was killed; they were made in this process instead")
      return try searchHere()
    }
    var packet = Packet(bytes)
    // An error cannot be told to another process.
    if packet.take(Bool.self) { return try searchHere() }
    report = FuzzReport(from: &packet)
    isReportFinished = true
    return packet.takeOptional { packet in
      var found = FoundFailure(from: &packet)
      let repaired = packet.takeTexts()
      if let entry = entries.first(where: { $0.0 == repaired.first })?.1 {
        found.repaired = StaleEntry(path: repaired[0], entry: entry, reason: repaired[1])
      }
      return found
    }
  }

  /// Replays and explores on a thread of this process.
  private func searchHere() throws(CorpusFileError) -> FoundFailure? {
    let outcome = Containment.run(hangLimit: hangLimit, journal: journal()) { [self] in
      Result { () throws(CorpusFileError) in try replayAndExplore() }
    }
    switch outcome {
    case .finished(let result): return try result.get()
    case .stopped(let stop): return found(stop)
    }
  }

  // MARK: From a failure to a report

  /// Makes a failure small and clear, and keeps it; whatever its runs do is kept apart from
  /// the process.
  ///
  /// - Parameter recordsExpectations: Lets the issue of the minimal run through.
  func settle(_ found: FoundFailure, recordsExpectations: Bool) -> SettledFailure {
    let progress = ShrinkingProgress(of: found, in: test)
    shrinking = progress
    writeJournal(of: found)
    defer {
      shrinking = nil
      progress.end()
    }
    let settled = settleApart(found, recordsExpectations: recordsExpectations)
    if progress.isToEnd {
      report.warnings.append(
        "shrinking was ended by a signal, so the failure may not be as small as it could be")
    }
    // What is not kept is lost with a process that is to end.
    if progress.isToEndTheProcess {
      ShrinkingProgress.tell(settled.failure.description)
      guard settled.failure.corpusFile != nil else { return settled }
    }
    removeJournal()
    return settled
  }

  private func settleApart(_ found: FoundFailure, recordsExpectations: Bool) -> SettledFailure {
    if case .automatic = isolation, !found.failure.kind.endsTheProcess, found.interleaving == nil {
      let outcome = Containment.run(hangLimit: hangLimit) { [self] in
        settleHere(found, recordsExpectations: recordsExpectations)
      }
      if case .finished(let settled) = outcome { return settled }
    }
    guard isolation != .none else {
      return settleHere(found, recordsExpectations: recordsExpectations)
    }
    return settleSheltered(found)
  }

  private func settleHere(
    _ found: FoundFailure, recordsExpectations: Bool
  ) -> SettledFailure {
    if let failure = nondeterminism(of: found) { return SettledFailure(failure: failure) }
    var (failure, minimal) = explain(found)
    if !found.failure.isMistake { keep(&failure, minimal.draws, inPlaceOf: found.repaired) }
    let isRecorded =
      recordsExpectations && failure.kind == .expectation
      && recordIssue(of: failure, schedule: minimal.schedule, seed: found.seed)
    return SettledFailure(failure: failure, isRecorded: isRecorded)
  }

  /// Does the same with each run in a child process, or, where that does not fail in the same
  /// way, with each run on a thread of its own.
  private func settleSheltered(_ found: FoundFailure) -> SettledFailure {
    defer { shelter = .none }
    machine.settings.environmentSeed = found.seed
    plan = .replay(found.draws)
    awaitsCrashElsewhere = found.failure.isElsewhere
    defer { awaitsCrashElsewhere = false }
    let limit = shortHangLimit(found)
    var candidates = [Shelter.process(hangLimit: limit)]
    if !Sanitizer.isAddress { candidates.append(.thread(hangLimit: limit, left: 200)) }
    for candidate in candidates {
      shelter = candidate
      guard fails(like: found) else { continue }
      var (failure, minimal) = explain(found)
      guard !failure.interleaving.steps.isEmpty else { continue }
      // A limit that is shorter than the one that counts may have been too short.
      if failure.kind == .hang {
        shelter = candidate.with(hangLimit: hangLimit)
        guard fails(like: found, schedule: minimal.schedule) else { continue }
      }
      keep(&failure, minimal.draws, inPlaceOf: found.repaired)
      return SettledFailure(failure: failure)
    }
    if shrinking?.isToEnd != true {
      report.warnings.append(
        "the failure could not be made again apart from the process that it was found in, so it "
          + "is shown as it was found")
    }
    return SettledFailure(failure: asFound(found))
  }

  /// Whether a schedule fails as the one that was found.
  private func fails(like found: FoundFailure, schedule: RecordedSchedule? = nil) -> Bool {
    var fails = false
    let schedule = schedule ?? found.schedule
    repeatCancellation(of: schedule)
    _ = execute(Replay(schedule.deviations), RunStart(index: 0, seed: 0)) { failure in
      fails = failure?.isLike(found.failure) ?? false
    }
    return fails
  }

  /// How long a step of a run that is made again may take: three times as long as a whole run
  /// without deviations, a tenth of a second at least, and no longer than is allowed anyway.
  private func shortHangLimit(_ found: FoundFailure) -> Int64 {
    let least: Int64 = 100_000_000
    // What is known to hang has no time to measure.
    if found.failure.kind == .hang, found.schedule.deviations.isEmpty {
      return min(hangLimit, least)
    }
    shelter = .process(hangLimit: hangLimit)
    let clock = ContinuousClock()
    let start = clock.now
    let failure = execute(Baseline(), RunStart(index: 0, seed: 0))
    let spent = Int64(clamping: (clock.now - start).nanoseconds)
    return min(hangLimit, failure?.kind == .hang ? least : max(least, 3 * spent))
  }

  /// A failure that cannot be made again here.
  private func asFound(_ found: FoundFailure) -> FuzzFailure {
    let interleaving = found.interleaving ?? Interleaving()
    var failure = FuzzFailure(
      kind: found.failure.kind, message: found.failure.message,
      sourceLocation: found.failure.location, interleaving: interleaving,
      original: FuzzFailure.Size(found.schedule, found.draws), seed: found.seed,
      schedulesTried: found.schedulesTried, strategy: found.strategy,
      corpusFile: found.corpusFile, replayCommand: test.replayCommand, test: test.name)
    if !interleaving.steps.isEmpty { keep(&failure, found.draws, inPlaceOf: found.repaired) }
    return failure
  }

  // MARK: The corpus

  /// Replays an entry that ended its process in a child process first.
  ///
  /// - Returns: The failure, if the run crashes or hangs there.
  func replayInChild(_ entry: CorpusEntry, _ matcher: EntryMatcher) -> RunFailure? {
    guard entry.kind.endsTheProcess, case .automatic = isolation else { return nil }
    shelter = .process(hangLimit: hangLimit)
    defer { shelter = .none }
    var stopped: RunFailure?
    let strategy = CorpusReplay(matcher, machine: machine)
    _ = execute(strategy, RunStart(index: 0, seed: entry.seed)) { [self] failure in
      guard programRun.staleReason == nil, let failure, failure.kind.endsTheProcess else { return }
      stopped = failure
    }
    return stopped
  }
}

extension FuzzFailure.Kind {
  /// It shows only by what has not happened after a time, or a number of steps.
  var isToldByTime: Bool {
    [.livelock, .lostWakeUp, .deadlock, .leakedTask, .leakedContinuation].contains(self)
  }

  /// Without isolation, the process would end or stand still.
  var endsTheProcess: Bool { self == .crash || self == .hang }
}
