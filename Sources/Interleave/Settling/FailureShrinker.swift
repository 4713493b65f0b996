import InterleaveEngine

/// What shrinking a failure came to.
struct ShrunkFailure {
  var schedule: RecordedSchedule
  var draws: Draws
  /// No schedule of the same program with fewer preemptions fails.
  var isMinimal: Bool
}

/// Makes a failure small: first what was generated for it, then its schedule, until neither
/// gets smaller.
///
/// A run that never ends takes long to be known as one, and so does one that waits for
/// others in vain. While a failure is made small, runs are given up soon; what comes of it
/// must fail when it is given the time that counts.
struct FailureShrinker {
  /// The number of steps above which a run is taken to be endless while one is made small.
  private static let stepsOfDrafts = 5_000
  /// How many runs may be spent on a failure of a thread, which each of them waits for.
  private static let runsWithThreads = 50
  /// How many random schedules a draft is run under: few while much is still to be taken away,
  /// many before it is said that nothing is.
  private static let efforts = [6, 48]

  private let runs: SettlingRuns
  private let found: FoundFailure
  private let resolved: ResolvedConfiguration
  private let isGenerated: Bool
  /// Runs leave control, so that others may be late.
  private let hasEscapes: Bool
  /// The terms on which drafts are run.
  private var terms = RunTerms()
  /// The smallest that fails.
  private var best: RecordedSchedule
  private var draws: Draws
  /// The cancellation that runs repeat.
  private var cancellation: RecordedCancellation?
  /// How many runs were made, and how many may be.
  private(set) var spent = 0
  private let limit: Int

  /// Gets ready.
  ///
  /// - Parameters:
  ///   - found: The failure.
  ///   - resolved: What it may cost.
  ///   - isGenerated: Runs differ by what is generated for them.
  ///   - hasEscapes: Runs leave control.
  ///   - runs: What makes the runs.
  init(
    _ found: FoundFailure, _ resolved: ResolvedConfiguration, isGenerated: Bool, hasEscapes: Bool,
    _ runs: SettlingRuns
  ) {
    self.found = found
    self.resolved = resolved
    self.isGenerated = isGenerated
    self.hasEscapes = hasEscapes
    self.runs = runs
    best = found.schedule
    draws = found.draws
    let configuration = resolved.configuration
    let isElsewhere = runs.awaitsCrashElsewhere
    limit = min(configuration.shrinking.runs, isElsewhere ? Self.runsWithThreads : .max)
    terms.patience = .hasty
    terms.stepLimit = min(
      configuration.stepLimit, max(Self.stepsOfDrafts, 2 * found.schedule.steps.count))
    if isElsewhere {
      terms.foreignGrace = Int64(clamping: configuration.foreignGrace.nanoseconds) / 10
    }
  }

  /// Makes it small.
  mutating func shrink() -> ShrunkFailure {
    let shrunk = shrinkInHaste()
    guard found.failure.kind.isToldByTime || hasEscapes, runs.mayGoOn,
      shrunk.schedule != found.schedule
    else { return shrunk }
    let isFailing = runs.fails(
      like: found.failure, shrunk.schedule, shrunk.draws,
      patience: hasEscapes ? .careful : .ordinary)
    if isFailing { return shrunk }
    return ShrunkFailure(schedule: found.schedule, draws: found.draws, isMinimal: false)
  }

  private mutating func shrinkInHaste() -> ShrunkFailure {
    dropCancellation()
    moveCancellation()
    narrowPool()
    guard isGenerated else { return shrinkSchedule() }
    shrinkProgram(effort: Self.efforts)
    while true {
      let shrunk = shrinkSchedule()
      guard runs.mayShrink, shrinkProgram(effort: Array(Self.efforts.prefix(1))) else {
        return shrunk
      }
    }
  }

  /// A run of a draft.
  private func draft(
    _ strategy: any Strategy, _ draws: Draws, _ start: RunStart = RunStart(index: 0, seed: 0)
  ) -> RunRequest {
    RunRequest(
      strategy: strategy, start: start, plan: .replay(draws),
      canceller: cancellation.map { ReplayCancellation($0) }, terms: terms)
  }

  // MARK: The cancellation

  /// Does without the cancellation, if the failure does.
  private mutating func dropCancellation() {
    let effort = min(limit / 4, 100)
    if effort > 0, best.cancellation != nil {
      cancellation = nil
      if let schedule = failing(effort: effort) { best = schedule }
    }
    cancellation = best.cancellation
  }

  /// Has a task cancelled at another moment, or another one, if the failure then takes no preemption.
  ///
  /// Who interrupts a task may do nothing there but let it be cancelled.
  private mutating func moveCancellation() {
    guard let first = best.cancellation, best.preemptions > 0 else { return }
    defer { cancellation = best.cancellation }
    let last = spent + min(limit / 4, 100)
    let ordered = best.orderedDeviations
    for deviations in ordered.isEmpty ? [[]] : [[], ordered] {
      for moved in moments(of: first, deviations) {
        guard spent < last, runs.mayShrink else { return }
        cancellation = moved
        spent += 1
        let outcome = runs.run(draft(Replay(deviations), draws))
        if outcome.fails(like: found.failure), let schedule = outcome.schedule,
          schedule.preemptions == 0, schedule.cancellation != nil
        {
          best = schedule
          runs.tell(best: schedule)
          return
        }
      }
    }
  }

  /// After which steps of a run which tasks could be cancelled: first the one that was.
  private mutating func moments(
    of first: RecordedCancellation, _ deviations: [RawDeviation]
  ) -> [RecordedCancellation] {
    cancellation = nil
    var request = draft(Replay(deviations), draws)
    request.wants = [.schedule]
    spent += 1
    let keys = runs.run(request).schedule?.steps.map(\.key) ?? []
    let others = Set(keys.map(\.task)).subtracting([first.task]).subtracting(
      keys.first.map { [$0.task] } ?? [])
    return ([first.task] + others.sorted()).flatMap { task in
      keys.map { RecordedCancellation(task: task, after: $0) }
    }
  }

  // MARK: The pool

  /// Finds the narrowest pool that starves; what fails otherwise does without a narrow one, if it
  /// can.
  private mutating func narrowPool() {
    guard let width = best.poolWidth, resolved.configuration.poolWidth == .automatic else { return }
    let effort = min(limit / 8, 50)
    guard effort > 0 else { return }
    let widths: [Int?] = found.failure.kind == .poolStarvation ? (1..<width).map { $0 } : [nil]
    for narrower in widths {
      runs.poolWidth = narrower
      if let schedule = failing(effort: effort) {
        best = schedule
        return
      }
    }
    runs.poolWidth = width
  }

  /// Looks for the same failure on other terms.
  ///
  /// The failing schedule is tried as it is, then the baseline, then random ones.
  ///
  /// - Parameter effort: How many random schedules are tried.
  /// - Returns: A schedule that fails; nil if none was found.
  private mutating func failing(effort: Int) -> RecordedSchedule? {
    let walk = RandomWalk()
    let first = spent
    for number in 0..<effort + 2 where runs.mayShrink {
      let strategy: any Strategy =
        switch number {
        case 0: Replay(best.deviations)
        case 1: Baseline()
        default: walk
        }
      let outcome = runs.run(draft(strategy, draws, resolved.start(number)))
      if outcome.fails(like: found.failure), let schedule = outcome.schedule {
        spent = first + number + 1
        return schedule
      }
    }
    spent = first + effort + 2
    return nil
  }

  // MARK: The program

  /// Makes what was generated simpler.
  ///
  /// - Parameter efforts: How many random schedules a draft is run under before it is given up,
  ///   few at first.
  /// - Returns: Something was made simpler.
  @discardableResult
  private mutating func shrinkProgram(effort efforts: [Int]) -> Bool {
    var shrinker = ProgramShrinker(draws)
    var didChange = false
    // What is left for the schedule must suffice for it.
    let limit = spent + (limit - spent) * 3 / 4
    var level = 0
    var state = self
    while level < efforts.count, state.spent < limit, runs.mayShrink {
      let isChanged = shrinker.shrink(while: { state.spent < limit && state.runs.mayShrink }) {
        state.attempt($0, effort: efforts[level])
      }
      didChange = didChange || isChanged
      level = isChanged && level > 0 ? 0 : level + 1
    }
    self = state
    return didChange
  }

  /// Runs a draft under the schedule that failed last, as far as it fits, under the baseline, and
  /// under random ones.
  ///
  /// - Returns: What was drawn, if one of them failed in the same way and it is simpler.
  private mutating func attempt(_ draft: Draws, effort: Int) -> Draws? {
    let walk = RandomWalk()
    let first = spent + 1
    let series = (-2..<effort).enumerated().map { index, number -> RunRequest in
      let strategy: any Strategy =
        switch number {
        case -2: Replay(best.deviations)
        case -1: Baseline()
        default: walk
        }
      return self.draft(strategy, draft, resolved.start(first + index))
    }
    runs.expect(series)
    defer { runs.expect([]) }
    for request in series where runs.mayShrink {
      spent += 1
      let outcome = runs.run(request)
      if outcome.fails(like: found.failure), let schedule = outcome.schedule,
        let drawn = outcome.draws
      {
        guard drawn.isSimpler(than: draws) else { return nil }
        draws = drawn
        best = schedule
        runs.tell(best: schedule)
        return drawn
      }
      // Whatever the schedule, nothing else can happen.
      if outcome.wasMade, outcome.choices == 0 { return nil }
    }
    return nil
  }

  // MARK: The schedule

  /// Makes the schedule smaller, with what was generated as it is.
  private mutating func shrinkSchedule() -> ShrunkFailure {
    var budget = ScheduleShrinker.Budget()
    budget.runs = max(0, limit - spent)
    budget.mayGoOn = { [runs] best in
      runs.tell(best: best)
      return runs.mayShrink
    }
    budget.cost = runs.effort.left
    cancellation = best.cancellation
    let watch = watchForStates()
    let shrinker = ScheduleShrinker(
      budget: budget, mergesStates: watch != nil,
      interruptsSteps: resolved.configuration.interruptions != .never
        && Interruptions.obstacle == nil)
    let result = runs.lookingAhead { [self] run in
      shrinker.shrink(best) { strategy in
        var request = draft(strategy, draws)
        if watch != nil { request.wants = [.limits, .unseen] }
        let outcome = run(request)
        return Trial(
          fails: outcome.fails(like: found.failure),
          schedule: outcome.schedule ?? RecordedSchedule(steps: []),
          cost: Effort.cost(of: outcome, runs.place),
          followsRelation: outcome.followsRelation && !outcome.isGenerated)
      }
    }
    withExtendedLifetime(watch) {}
    spent += result.runs
    best = result.schedule
    // Where tasks may be cancelled, the searches looked only at schedules with the same
    // cancellation, or with none.
    let cancelsNobody = !resolved.cancels && result.schedule.cancellation == nil
    let isMinimal =
      result.isMinimal && (cancelsNobody || result.schedule.preemptions == 0)
    return ShrunkFailure(schedule: result.schedule, draws: draws, isMinimal: isMinimal)
  }

  /// Begins to watch for what steps share: as far as that is seen, states can be told apart.
  ///
  /// - Returns: nil where they cannot be, or where what was drawn, a cancellation or an order that
  ///   is asked for may belong to the state.
  private func watchForStates() -> SharingWatch? {
    guard runs.isHere, !isGenerated, draws.doubles == nil, best.cancellation == nil,
      OrderPlan(resolved.configuration).isEmpty
    else { return nil }
    return SharingWatch()
  }
}

extension RecordedSchedule {
  /// What it takes to have tasks begin and go on in the same order, where none is interrupted.
  fileprivate var orderedDeviations: [RawDeviation] {
    steps.compactMap { step in
      step.key == step.passedOver || step.isPreemption
        ? nil : RawDeviation(picked: step.key, passedOver: step.passedOver)
    }
  }
}
