import InterleaveEngine

extension Campaign {
  /// Runs differ by their choices alone, so that to have made all choices is to have run all.
  var choicesAreAll: Bool { !isGenerated && !cancels }

  /// Explores until something fails or the budget is spent.
  ///
  /// - Returns: The failure, and the schedule that led to it.
  func explore() -> FoundFailure? {
    let exploration = Exploration(
      resolved.configuration, isGenerated: isGenerated, isWatched: seesWhatIsShared)
    exploring = exploration
    if let obstacle = Workers.obstacle(in: resolved.configuration) {
      report.warnings.append(obstacle)
    }
    let found = tryAll(exploration)
    end(exploration, hasFailed: found != nil)
    if let found { return found }
    isProved = choicesAreAll && (exploration.proof.isProved || isConfirmed(exploration))
    if exploration.choice.proof == .all, !isProved { noteObstacle(to: exploration.proof) }
    report.residualRisk = exploration.risk.risk
    return nil
  }

  /// Stops all who explore, and says what was used for what.
  func end(_ exploration: Exploration, hasFailed: Bool) {
    if hasFailed { report.ending = .failure }
    exploration.workers?.stop()
    exploration.proof.stopWatching()
    report.strategies = exploration.strategies
  }

  private func tryAll(_ exploration: Exploration) -> FoundFailure? {
    while true {
      // What workers have found when the time is up is still to be looked at.
      let maySearch = choicesAreAll && (exploration.workers == nil || !isTimeUp)
      let search = maySearch ? exploration.proof.next() : nil
      if choicesAreAll, exploration.proof.isComplete {
        report.ending = .exhaustion
        return nil
      }
      report.ending = ending(exploration.schedules, search == nil ? exploration.risk.risk : nil)
      if report.ending != nil { return nil }
      let found: FoundFailure?
      if let search { found = trySearch(search, exploration) } else { found = tryWalk(exploration) }
      if found != nil || report.ending != nil { return found }
    }
  }

  // MARK: The search for a proof

  private func trySearch(_ search: Reduction, _ exploration: Exploration) -> FoundFailure? {
    exploration.workers?.takeIn()
    exploration.isSearching = true
    defer { exploration.isSearching = false }
    machine.canceller = nil
    plan = .simplest
    machine.noteUnseen(true)
    defer { machine.noteUnseen(false) }
    var kept: KeptRun?
    let index = exploration.schedules
    let failure = execute(search, start(index)) { [self] failure in
      learnOfSearch(exploration)
      search.learn(from: machine)
      if failure != nil || Self.isSample(index) { kept = KeptRun(machine, failure: failure) }
    }
    if let failure, let kept {
      let draws = programRun.draws
      guard isSure(of: failure, kept, draws) else { return nil }
      var found = found(failure, kept, draws, exploration, by: exploration.nameOfSearch)
      found.isSure = !isInChild
      return found
    }
    checkRepeats(kept, programRun.draws)
    return nil
  }

  private func learnOfSearch(_ exploration: Exploration) {
    let (signature, isNew) = count()
    exploration.learn(
      search: signature, steps: machine.stepCount, isNew: isNew, limits: machine.limits,
      unseen: machine.unseen)
  }

  /// All schedules were run, their steps may be run as wholes, and share nothing unseen.
  ///
  /// The runs that show this count for no number of the report.
  private func isConfirmed(_ exploration: Exploration) -> Bool {
    guard hasMadeAllSchedules, !hasEscapes, seesWhatIsShared, let watch = SharingWatch() else {
      return false
    }
    machine.canceller = nil
    plan = .simplest
    machine.noteUnseen(true)
    // These runs are those that were made, again.
    let experience = order.takeExperience()
    defer {
      machine.noteUnseen(false)
      _ = order.takeExperience()
      order.learn(from: experience)
    }
    let search = Reduction()
    var isSound = true
    while isSound, search.advance(), search.completed <= exploration.schedules {
      _ = execute(search, start(0)) { [self] failure in
        search.learn(from: machine)
        isSound = failure == nil && machine.limits.isEmpty && search.dividedStep == nil
      }
    }
    withExtendedLifetime(watch) {}
    return isSound && search.isExhausted && search.limits.isEmpty
  }

  // MARK: Walks

  private func tryWalk(_ exploration: Exploration) -> FoundFailure? {
    while exploration.isShareOver {
      beginShare(exploration)
      if report.ending != nil { return nil }
    }
    if case .elsewhere(let log) = exploration.source { return takeWalk(from: log, exploration) }
    var last: RunNote?
    let (failure, kept) = makeWalk(exploration) { [self] note, _ in
      exploration.learn(note, isNew: count().isNew, isGenerated: isGenerated)
      last = note
    }
    if let failure, let kept, let last {
      let draws = programRun.draws
      guard isSure(of: failure, kept, draws) else { return nil }
      let strategy = exploration.name(ofPlace: last.place)
      var found = found(failure, kept, draws, exploration, by: strategy)
      found.isSure = !isInChild
      return found
    }
    if hasMadeAllChoices(exploration) {
      report.ending = .exhaustion
      return nil
    }
    checkRepeats(kept, programRun.draws)
    return nil
  }

  /// Makes the next walk in this process.
  ///
  /// - Parameters:
  ///   - exploration: The exploration, with the walk's share.
  ///   - learn: Is called when the run is over, before it is forgotten.
  /// - Returns: How it failed, if it did; and what is kept of it for its repetition.
  func makeWalk(
    _ exploration: Exploration, learn: @escaping (RunNote, RunFailure?) -> Void
  ) -> (RunFailure?, KeptRun?) {
    let (number, share) = (exploration.nextWalk, exploration.share)
    machine.canceller = canceller(
      forRun: number, within: share.averageSteps, always: share.strategy.isExhausted)
    // A search of all schedules must not meet a run that differs by more than choices.
    let isApart = machine.canceller != nil && exploration.choice.isComplete
    let chosen: any Strategy =
      number == 0 ? Baseline() : isApart ? exploration.cancelledWalk : share.strategy
    plan = drawingPlan(number)
    var kept: KeptRun?
    let failure = execute(chosen, start(number)) { [self] failure in
      if number == 0 {
        // The baseline shows how many steps and tasks there are.
        share.strategy.end(machine.record)
        if exploration.isCut, resolved.configuration.schedules > ShareCut.first {
          exploration.baseline = ListedRun(machine.record)
        }
      }
      learn(note(ofWalk: number, share), failure)
      if failure != nil || Self.isSample(number) { kept = KeptRun(machine, failure: failure) }
    }
    return (failure, kept)
  }

  /// What is kept of the walk that has just ended.
  func note(ofWalk number: Int, _ share: Share) -> RunNote {
    RunNote(
      signature: machine.signature, draws: isGenerated ? hashOfDraws : 0,
      steps: Int32(truncatingIfNeeded: machine.stepCount),
      choices: Int32(truncatingIfNeeded: machine.choices),
      place: number == 0 ? -1 : Int32(share.lastPlace),
      // Only the search is watched: what it meets unseen, it meets in its own runs.
      limits: machine.limits.subtracting(.sharing),
      isDrawn: number > 0 && share.strategy.drewLastRun,
      isCancelled: machine.cancellation != nil, isGenerated: isGenerated)
  }

  /// A hash of what was generated for the run that has just ended; 0 for nothing.
  private var hashOfDraws: UInt64 {
    let rows = programRun.draws.rows
    guard !rows.isEmpty else { return 0 }
    var hash = StableHash()
    for row in rows {
      hash.combine(UInt64(row.count))
      for word in row { hash.combine(word) }
    }
    return hash.value
  }

  /// What a run with an index or a walk with a number is told.
  private func start(_ index: Int) -> RunStart {
    RunStart(index: index, seed: SplitMix64.seed(resolved.seed, stream: UInt64(index)))
  }

  /// There is no schedule that was not run.
  private func hasMadeAllChoices(_ exploration: Exploration) -> Bool {
    guard choicesAreAll else { return false }
    // Without a choice, every schedule is the baseline.
    let isOnly = exploration.schedules == 1 && machine.choices == 0
    let isExhausted = exploration.share.strategy.isExhausted
    hasMadeAllSchedules = (isExhausted && exploration.choice.isComplete) || isOnly
    return isExhausted || isOnly
  }

  // MARK: Failures

  /// The failure of the run that has just ended.
  func found(
    _ failure: RunFailure, _ kept: KeptRun, _ draws: Draws, _ exploration: Exploration,
    by strategy: String
  ) -> FoundFailure {
    FoundFailure(
      failure: failure, schedule: kept.schedule, draws: draws, kept: kept,
      schedulesTried: exploration.schedules, seed: resolved.seed, strategy: strategy)
  }

  /// Counts the run whose thread was stopped.
  ///
  /// - Returns: The name of the strategy that chose it.
  func learnOfStop(_ exploration: Exploration) -> String {
    guard !exploration.isSearching else {
      learnOfSearch(exploration)
      return exploration.nameOfSearch
    }
    let note = note(ofWalk: exploration.nextWalk, exploration.share)
    exploration.learn(note, isNew: count().isNew, isGenerated: isGenerated)
    return exploration.name(ofPlace: note.place)
  }
}
