import InterleaveEngine

/// What shrinking a failure came to.
struct ShrunkFailure {
  var schedule: RecordedSchedule
  var draws: Draws
  /// No schedule of the same program with fewer preemptions fails.
  var isMinimal: Bool
}

extension Campaign {
  /// The number of steps above which a run is taken to be endless while one is made small.
  private static let stepsOfDrafts = 5_000

  /// Makes a failure small: first what was generated for it, then its schedule, until neither
  /// gets smaller.
  ///
  /// A run that never ends takes long to be known as one, and so does one that waits for
  /// others in vain. While a failure is made small, runs are given up soon; what comes of it
  /// must fail when it is given the time that counts.
  func shrink(_ found: FoundFailure) -> ShrunkFailure {
    let settings = machine.settings
    machine.settings.stepLimit = min(
      settings.stepLimit, max(Self.stepsOfDrafts, 2 * found.schedule.steps.count))
    machine.settings.patience = .hasty
    let shrunk = shrinkInHaste(found)
    machine.settings.stepLimit = settings.stepLimit
    defer { machine.settings.patience = settings.patience }
    guard found.failure.kind.isToldByTime || hasEscapes, mayShrink,
      shrunk.schedule != found.schedule
    else { return shrunk }
    machine.settings.patience = hasEscapes ? .careful : .ordinary
    if fails(like: found.failure, shrunk.schedule, shrunk.draws) { return shrunk }
    return ShrunkFailure(schedule: found.schedule, draws: found.draws, isMinimal: false)
  }

  /// Whether a schedule fails in the same way.
  func fails(
    like original: RunFailure, _ schedule: RecordedSchedule, _ draws: Draws
  ) -> Bool {
    plan = .replay(draws)
    repeatCancellation(of: schedule)
    var fails = false
    _ = execute(Replay(schedule.deviations), RunStart(index: 0, seed: 0)) { failure in
      fails = failure?.isLike(original) ?? false
    }
    return fails
  }

  /// How many runs may be spent on a failure of a thread, which each of them waits for.
  private static let runsWithThreads = 50

  private func shrinkInHaste(_ found: FoundFailure) -> ShrunkFailure {
    let limit = min(
      resolved.configuration.shrinking.runs, awaitsCrashElsewhere ? Self.runsWithThreads : .max)
    let grace = machine.settings.foreignGrace
    if awaitsCrashElsewhere { machine.settings.foreignGrace = grace / 10 }
    defer { machine.settings.foreignGrace = grace }
    var joint = JointShrinking(best: found.schedule, draws: found.draws, limit: limit)
    dropCancellation(&joint, like: found.failure)
    guard program.isGenerated else { return shrinkSchedule(&joint, like: found.failure) }
    shrinkProgram(&joint, like: found.failure, effort: JointShrinking.efforts)
    while true {
      let shrunk = shrinkSchedule(&joint, like: found.failure)
      let efforts = JointShrinking.efforts.prefix(1)
      guard mayShrink, shrinkProgram(&joint, like: found.failure, effort: Array(efforts)) else {
        return shrunk
      }
    }
  }

  /// Nobody wants shrinking to end.
  var mayShrink: Bool { shrinking?.isToEnd != true }

  /// Does without the cancellation, if the failure does.
  private func dropCancellation(_ joint: inout JointShrinking, like original: RunFailure) {
    let effort = min(joint.limit / 4, 100)
    if effort > 0 {
      let (schedule, runs) = withoutCancellation(
        joint.best, like: original, draws: joint.draws, effort: effort)
      joint.runs += runs
      if let schedule { joint.best = schedule }
    }
    repeatCancellation(of: joint.best)
  }

  /// Makes what was generated simpler.
  ///
  /// - Parameter efforts: How many random schedules a draft is run under before it is given up,
  ///   few at first.
  /// - Returns: Something was made simpler.
  @discardableResult
  private func shrinkProgram(
    _ joint: inout JointShrinking, like original: RunFailure, effort efforts: [Int]
  ) -> Bool {
    var shrinker = ProgramShrinker(joint.draws)
    var didChange = false
    // What is left for the schedule must suffice for it.
    let limit = joint.runs + (joint.limit - joint.runs) * 3 / 4
    var level = 0
    var state = joint
    while level < efforts.count, state.runs < limit, mayShrink {
      let isChanged = shrinker.shrink(while: { [self] in state.runs < limit && mayShrink }) {
        [self] draft in
        attempt(draft, &state, like: original, effort: efforts[level])
      }
      didChange = didChange || isChanged
      level = isChanged && level > 0 ? 0 : level + 1
    }
    joint = state
    return didChange
  }

  /// Runs a draft under the schedule that failed last, as far as it fits, under the baseline, and
  /// under random ones.
  ///
  /// - Returns: What was drawn, if one of them failed in the same way and it is simpler.
  private func attempt(
    _ draft: Draws, _ joint: inout JointShrinking, like original: RunFailure, effort: Int
  ) -> Draws? {
    plan = .replay(draft)
    let walk = RandomWalk()
    let first = joint.runs + 1
    let best = joint.best.deviations
    let series = (-2..<effort).enumerated().map { index, number -> (any Strategy, RunStart) in
      let strategy: any Strategy =
        switch number {
        case -2: Replay(best)
        case -1: Baseline()
        default: walk
        }
      let run = first + index
      return (
        strategy,
        RunStart(index: run, seed: SplitMix64.seed(resolved.seed, stream: UInt64(run)))
      )
    }
    distantRuns = DistantRuns(series: series[...])
    defer { distantRuns = DistantRuns() }
    for (strategy, start) in series where mayShrink {
      joint.runs += 1
      var schedule: RecordedSchedule?
      _ = execute(strategy, start) { [self] failure in
        guard let failure, failure.isLike(original) else { return }
        schedule = machine.recordedSchedule(upTo: failure.steps)
      }
      if let schedule {
        let draws = programRun.draws
        guard draws.isSimpler(than: joint.draws) else { return nil }
        joint.draws = draws
        joint.best = schedule
        shrinking?.best = schedule
        return draws
      }
      // Whatever the schedule, nothing else can happen.
      if machine.choices == 0 { return nil }
    }
    return nil
  }

  /// Makes the schedule smaller, with what was generated as it is.
  private func shrinkSchedule(
    _ joint: inout JointShrinking, like original: RunFailure
  ) -> ShrunkFailure {
    var budget = ScheduleShrinker.Budget()
    budget.runs = max(0, joint.limit - joint.runs)
    budget.mayGoOn = { [self] best in
      shrinking?.best = best
      return mayShrink
    }
    plan = .replay(joint.draws)
    repeatCancellation(of: joint.best)
    let watch = watchForStates(joint)
    machine.noteUnseen(watch != nil)
    defer { machine.noteUnseen(false) }
    let shrinker = ScheduleShrinker(budget: budget, mergesStates: watch != nil)
    let result = shrinker.shrink(joint.best) { strategy in
      var trial = Trial(fails: false, schedule: RecordedSchedule(steps: []))
      _ = execute(strategy, RunStart(index: 0, seed: 0)) { [self] failure in
        let fails = failure?.isLike(original) ?? false
        trial = Trial(
          fails: fails, schedule: machine.recordedSchedule(upTo: failure?.steps),
          steps: machine.stepCount,
          followsRelation: machine.followsRelation && programRun.draws.doubles == nil)
      }
      return trial
    }
    withExtendedLifetime(watch) {}
    joint.runs += result.runs
    joint.best = result.schedule
    // Where tasks may be cancelled, the searches looked only at schedules with the same
    // cancellation, or with none.
    let cancelsNobody = !cancels && result.schedule.cancellation == nil
    let isMinimal =
      result.isMinimal && (cancelsNobody || result.schedule.preemptions == 0)
    return ShrunkFailure(schedule: result.schedule, draws: joint.draws, isMinimal: isMinimal)
  }
}

extension Campaign {
  /// Begins to watch for what steps share: as far as that is seen, states can be told apart.
  ///
  /// - Returns: nil where they cannot be, or where what was drawn, a cancellation or an order that
  ///   is asked for may belong to the state.
  private func watchForStates(_ joint: JointShrinking) -> SharingWatch? {
    guard case .none = shelter, seesWhatIsShared, !program.isGenerated, joint.draws.doubles == nil,
      joint.best.cancellation == nil, order.makeGate() == nil
    else { return nil }
    return SharingWatch()
  }
}

/// How far shrinking has come.
private struct JointShrinking {
  /// How many random schedules a draft is run under: few while much is still to be taken away,
  /// many before it is said that nothing is.
  static let efforts = [6, 48]

  var best: RecordedSchedule
  var draws: Draws
  /// How many runs were made.
  var runs = 0
  /// How many may be made.
  var limit: Int
}
