import InterleaveEngine

/// Finds out on which orders of steps a failure rests, by runs in which they are others.
///
/// A stretch of a task that another task's step cut in two is made whole, once with that step after
/// it and once before it; and of two steps that depend on each other, with none between, the second
/// is run first, alone or with all that its task does after it. What follows comes as it came, as
/// far as it can. Where the failure goes away each time, it rests on that order; orders in which it
/// stays are noise.
///
/// ```swift
/// var experiments = Experiments(on: minimal, interleaving, limit: 100)
/// while let request = experiments.next() { experiments.learn(runs.run(request)) }
/// let findings = experiments.findings
/// ```
struct Experiments {
  /// What is asked of a run.
  private enum Question {
    case undisturbed(ExperimentFindings.Stretch)
    case overtaken(ExperimentFindings.Stretch)
    case reversed(ExperimentFindings.Pair)
    case ahead(ExperimentFindings.Pair)
    case without(deviation: Int)
  }

  /// Where a run has to choose by itself, how often it is made.
  private static let trials = 3
  /// Of how many stretches and pairs, the nearest to the failure, the orders are tried.
  private static let mostStretches = 12
  private static let mostPairs = 40

  private let failure: RunFailure
  private let schedule: RecordedSchedule
  private let draws: Draws
  private let keys: [StepKey]
  /// The indices of the steps by which it deviates.
  private let deviations: [Int]
  private let limit: Int
  private var questions: [Question] = []
  private var races: [(pair: ExperimentFindings.Pair, order: [StepKey])] = []
  private var question = 0
  private var trial = 0
  private var strategy: FollowOrder?
  /// How many runs were asked for.
  private(set) var runs = 0
  private(set) var findings = ExperimentFindings()

  /// Prepares experiments on a failing run.
  ///
  /// - Parameters:
  ///   - outcome: The run, with its schedule, its draws and, where they are known, its
  ///     ``RunOutcome/touched`` steps.
  ///   - interleaving: What happened in it.
  ///   - limit: The most runs.
  init?(on outcome: RunOutcome, _ interleaving: Interleaving, limit: Int) {
    guard let failure = outcome.failure, let schedule = outcome.schedule,
      let draws = outcome.draws, schedule.steps.count == interleaving.steps.count
    else { return nil }
    self.failure = failure
    self.schedule = schedule
    self.draws = draws
    self.limit = limit
    keys = schedule.steps.map(\.key)
    deviations = schedule.steps.indices.filter {
      schedule.steps[$0].key != schedule.steps[$0].passedOver
    }
    questions = deviations.indices.map { .without(deviation: $0) }
    for stretch in Explanation.stretches(in: interleaving).prefix(Self.mostStretches) {
      questions += [.undisturbed(stretch), .overtaken(stretch)]
    }
    guard let touched = outcome.touched, touched.count >= keys.count else { return }
    races = Self.races(of: StepTrace(Array(touched.prefix(keys.count)))).suffix(Self.mostPairs)
    questions += races.reversed().map { .reversed($0.pair) }
    var seen: Set<ExperimentFindings.Pair> = []
    for race in races.reversed() where seen.insert(start(of: race.pair)).inserted {
      questions.append(.ahead(race.pair))
    }
  }

  /// The pairs of a trace that could come in the other order, each with that.
  private static func races(
    of trace: StepTrace
  ) -> [(pair: ExperimentFindings.Pair, order: [StepKey])] {
    trace.steps.indices.flatMap { trace.races(endingAt: $0) }.map { race in
      (ExperimentFindings.Pair(first: race.first, second: race.second), trace.order(of: race))
    }
  }

  /// A pair's first step, and the first step of the other task that comes after it.
  private func start(of pair: ExperimentFindings.Pair) -> ExperimentFindings.Pair {
    let task = keys[pair.second].task
    let second = keys[pair.first...].firstIndex { $0.task == task } ?? pair.second
    return ExperimentFindings.Pair(first: pair.first, second: second)
  }

  // MARK: From run to run

  /// The next run; nil once nothing is left to find out.
  mutating func next() -> RunRequest? {
    while question < questions.count, runs < limit, !isAnswered(questions[question]) {
      runs += 1
      var request = RunRequest.replay(schedule, draws)
      if case .without(let deviation) = questions[question] {
        var deviations = schedule.deviations
        deviations.remove(at: deviation)
        request.strategy = Replay(deviations)
      } else {
        let follow = FollowOrder(
          order(for: questions[question]), seed: trial == 0 ? nil : UInt64(trial))
        strategy = follow
        request.strategy = follow
      }
      request.wants = .schedule
      request.terms.patience = .hasty
      return request
    }
    return nil
  }

  /// Something nearer was found on which the failure rests, so that there is no need to ask.
  private func isAnswered(_ question: Question) -> Bool {
    let hasStretch =
      findings.undisturbed.values.contains(where: \.isDecisive)
      || findings.overtaken.values.contains(where: \.isDecisive)
    return switch question {
    case .without, .undisturbed, .overtaken: false
    case .reversed: hasStretch
    case .ahead:
      hasStretch || findings.reversed.values.contains(where: \.isDecisive) || hasDeviation
    }
  }

  /// The failure rests on a deviation, and the step that it passed over ran as well.
  private var hasDeviation: Bool {
    deviations.contains { index in
      findings.without[index]?.isDecisive == true
        && keys[index...].contains(schedule.steps[index].passedOver)
    }
  }

  mutating func learn(_ outcome: RunOutcome) {
    let asked = questions[question]
    guard outcome.wasMade, let ran = outcome.schedule, isAnswer(ran, to: asked) else {
      return goOn()
    }
    let fails = outcome.fails(like: failure)
    // Another failure tells nothing of this one.
    guard fails || outcome.failure == nil else { return goOn() }
    note(asked, fails: fails)
    // Where nothing had to be chosen, each run is the same.
    let isFree = outcome.choices > 0 && (strategy?.strayed ?? 0) > 0
    if fails || !isFree || trial + 1 == Self.trials { goOn() } else { trial += 1 }
  }

  private mutating func goOn() {
    question += 1
    trial = 0
    strategy = nil
  }

  private mutating func note(_ question: Question, fails: Bool) {
    func add(to runs: inout ExperimentFindings.Runs) {
      if fails { runs.failed += 1 } else { runs.passed += 1 }
    }
    switch question {
    case .undisturbed(let stretch): add(to: &findings.undisturbed[stretch, default: .init()])
    case .overtaken(let stretch): add(to: &findings.overtaken[stretch, default: .init()])
    case .reversed(let pair): add(to: &findings.reversed[pair, default: .init()])
    case .ahead(let pair): add(to: &findings.ahead[pair, default: .init()])
    case .without(let deviation):
      add(to: &findings.without[deviations[deviation], default: .init()])
    }
  }

  // MARK: Orders

  private func order(for question: Question) -> [StepKey] {
    switch question {
    case .undisturbed(let stretch): undisturbed(stretch)
    case .overtaken(let stretch): overtaken(stretch)
    case .reversed(let pair): races.first { $0.pair == pair }?.order ?? keys
    case .ahead(let pair): ahead(pair)
    case .without: keys
    }
  }

  /// The task goes on as soon as it can, and the other one as late as it can.
  private func undisturbed(_ stretch: ExperimentFindings.Stretch) -> [StepKey] {
    let task = keys[stretch.before].task
    let other = keys[stretch.between].task
    let later = keys.indices.dropFirst(stretch.before + 1)
    let own = later.filter { keys[$0].task == task && $0 <= stretch.after }
    let intruding = later.filter { keys[$0].task == other }
    let moved = Set(own + intruding)
    let rest = later.filter { !moved.contains($0) }
    return (Array(0...stretch.before) + own + rest + intruding).map { keys[$0] }
  }

  /// All others go on, and the task only then.
  private func overtaken(_ stretch: ExperimentFindings.Stretch) -> [StepKey] {
    let task = keys[stretch.before].task
    let within = stretch.before..<stretch.after
    let others = within.filter { keys[$0].task != task }
    let own = within.filter { keys[$0].task == task }
    let order = Array(0..<stretch.before) + others + own + Array(stretch.after..<keys.count)
    return order.map { keys[$0] }
  }

  /// The other task goes on first, as far as it can.
  private func ahead(_ pair: ExperimentFindings.Pair) -> [StepKey] {
    let later = keys.indices.dropFirst(pair.first)
    let task = keys[pair.second].task
    let own = later.filter { keys[$0].task == task }
    let rest = later.filter { keys[$0].task != task }
    return (Array(0..<pair.first) + own + rest).map { keys[$0] }
  }

  /// The run came in the order that was asked for.
  private func isAnswer(_ ran: RecordedSchedule, to question: Question) -> Bool {
    func place(_ step: Int) -> Int? { ran.steps.firstIndex { $0.key == keys[step] } }
    func came(_ first: Int, before second: Int) -> Bool {
      guard let earlier = place(first) else { return false }
      return place(second).map { earlier < $0 } ?? true
    }
    switch question {
    case .undisturbed(let stretch):
      return came(stretch.before, before: stretch.between)
        && came(stretch.after, before: stretch.between)
    case .overtaken(let stretch): return came(stretch.between, before: stretch.before)
    case .reversed(let pair), .ahead(let pair): return came(pair.second, before: pair.first)
    case .without: return true
    }
  }
}
