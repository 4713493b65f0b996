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
/// var experiments = Experiments(on: minimal, interleaving, budget)
/// while let request = experiments.next() { experiments.learn(runs.run(request)) }
/// let findings = experiments.findings
/// ```
struct Experiments {
  /// What is asked of a run.
  private enum Question {
    case undisturbed(ExperimentFindings.Stretch)
    case overtaken(ExperimentFindings.Stretch)
    case reversed(StepTrace.Race)
    case ahead(StepTrace.Race)
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
  private let meetings: Meetings
  /// The indices of the steps by which it deviates.
  private let deviations: [Int]
  private let budget: ReversalSearch.Budget
  private var questions: [Question] = []
  /// The run as what its steps touched; nil where that is not known.
  private var trace: StepTrace?
  private var question = 0
  private var trial = 0
  private var strategy: FollowOrder?
  /// How many runs were asked for, and how many steps they had.
  private(set) var runs = 0
  private var steps = 0
  private(set) var findings = ExperimentFindings()
  /// The run that was asked for last, and of those that passed the one that was the same as the
  /// failing run for longest, with the index of the first step that differs.
  private var asked: RunRequest?
  private(set) var nearest: (request: RunRequest, index: Int)?

  /// Prepares experiments on a failing run.
  ///
  /// - Parameters:
  ///   - outcome: The run, with its schedule, its draws and, where they are known, its
  ///     ``RunOutcome/touched`` steps.
  ///   - interleaving: What happened in it.
  ///   - budget: The most runs and steps, and of how long a run races are looked for.
  init?(
    on outcome: RunOutcome, _ interleaving: Interleaving, _ budget: ReversalSearch.Budget
  ) {
    guard let failure = outcome.failure, let schedule = outcome.schedule,
      let draws = outcome.draws, schedule.steps.count == interleaving.steps.count
    else { return nil }
    self.failure = failure
    self.schedule = schedule
    self.draws = draws
    self.budget = budget
    keys = schedule.steps.map(\.key)
    meetings = Meetings(interleaving.shown.steps)
    deviations = schedule.steps.indices.filter {
      schedule.steps[$0].key != schedule.steps[$0].passedOver
    }
    questions = deviations.indices.map { .without(deviation: $0) }
    var ends: Set<[Int]> = []
    for stretch in Explanation.stretches(in: interleaving.shown) {
      // Which step read what changed matters where nothing may come between at all.
      if ends.insert([stretch.between, stretch.after]).inserted {
        guard ends.count <= Self.mostStretches else { break }
        questions.append(.undisturbed(stretch))
      }
      questions.append(.overtaken(stretch))
    }
    guard let touched = outcome.touched, touched.count >= keys.count,
      keys.count <= budget.longestRun
    else { return }
    let trace = StepTrace(Array(touched.prefix(keys.count)))
    self.trace = trace
    let races = trace.steps.indices.flatMap { trace.races(endingAt: $0) }
      .suffix(Self.mostPairs).reversed()
    questions += races.map { .reversed($0) }
    var seen: Set<StepTrace.Race> = []
    questions += races.filter { seen.insert(start(of: $0)).inserted }.map { .ahead($0) }
  }

  /// A pair's first step, and the first step of the other task that comes after it.
  private func start(of pair: StepTrace.Race) -> StepTrace.Race {
    let task = keys[pair.second].task
    let second = keys[pair.first...].firstIndex { $0.task == task } ?? pair.second
    return StepTrace.Race(first: pair.first, second: second)
  }

  // MARK: From run to run

  /// The next run; nil once nothing is left to find out.
  mutating func next() -> RunRequest? {
    while question < questions.count, isNeedless(questions[question]) { goOn() }
    guard question < questions.count, runs < budget.runs, steps < budget.steps,
      !isAnswered(questions[question])
    else { return nil }
    runs += 1
    var request = RunRequest.replay(schedule, draws)
    if let order = order(for: questions[question]) {
      let follow = FollowOrder(order, seed: trial == 0 ? nil : UInt64(trial))
      strategy = follow
      request.strategy = follow
    } else if case .without(let deviation) = questions[question] {
      var deviations = schedule.deviations
      deviations.remove(at: deviation)
      request.strategy = Replay(deviations)
    }
    request.wants = .schedule
    request.terms.patience = .hasty
    self.asked = request
    return request
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

  /// A later step of the same task is known to be the one that read what changed, or what changed
  /// does not matter.
  private func isNeedless(_ question: Question) -> Bool {
    guard case .overtaken(let stretch) = question else { return false }
    let isFar = findings.overtaken.keys.contains {
      $0.between == stretch.between && $0.after == stretch.after && $0.before > stretch.before
    }
    return findings.isRead(after: stretch)
      || isFar && findings.undisturbed(stretch)?.isDecisive == false
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
    steps += outcome.steps
    guard outcome.wasMade, let ran = outcome.schedule, isAnswer(ran, to: asked) else {
      return goOn()
    }
    let fails = outcome.fails(like: failure)
    // Another failure tells nothing of this one.
    guard fails || outcome.failure == nil else { return goOn() }
    note(asked, fails: fails)
    if !fails {
      keep(ran)
      noteMeeting(asked, ran)
    }
    // Where nothing had to be chosen, each run is the same.
    let isFree = (strategy?.strayed ?? 0) > 0
    if fails || !isFree || trial + 1 == Self.trials { goOn() } else { trial += 1 }
  }

  /// Notes which steps, of those that have something in common, came in the other order.
  private mutating func noteMeeting(_ question: Question, _ ran: RecordedSchedule) {
    let places = Dictionary(ran.steps.enumerated().map { ($1.key, $0) }) { first, _ in first }
    // Where nothing was interrupted inside, the rest of a step is part of the whole.
    let now = keys.map { key in
      places[key]
        ?? places[
          StepKey(task: key.task, ordinal: Int32(StepKey.step(ofOrdinal: Int(key.ordinal))))]
    }
    func next(_ known: StepTrace.Race?, _ runs: ExperimentFindings.Runs?) -> StepTrace.Race? {
      if let known { return Meetings.isTurned(known, now) ? known : nil }
      return runs?.passed == 1 ? meetings.turned(now) : nil
    }
    switch question {
    case .reversed(let pair):
      findings.meetings[pair] = next(findings.meetings[pair], findings.reversed[pair])
    case .ahead(let pair):
      findings.meetings[pair] = next(findings.meetings[pair], findings.ahead[pair])
    case .without(let deviation):
      let step = deviations[deviation]
      findings.meetingsWithout[step] = next(
        findings.meetingsWithout[step], findings.without[step])
    case .undisturbed, .overtaken: break
    }
  }

  /// Keeps what passed, if nothing that did was longer the same.
  private mutating func keep(_ ran: RecordedSchedule) {
    let same = zip(ran.steps, keys).prefix { $0.key == $1 }.count
    guard let asked, same < keys.count, same > nearest?.index ?? -1 else { return }
    nearest = (asked, same)
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

  /// The order that is asked for; nil where it is the baseline's.
  private func order(for question: Question) -> [StepKey]? {
    switch question {
    case .undisturbed(let stretch): undisturbed(stretch)
    case .overtaken(let stretch): overtaken(stretch)
    case .reversed(let pair): trace?.order(of: pair)
    case .ahead(let pair): ahead(pair)
    case .without: nil
    }
  }

  /// The task goes on as soon as it can, with whom it has made or woken, and the other one as late as it can.
  private func undisturbed(_ stretch: ExperimentFindings.Stretch) -> [StepKey] {
    let tasks = [keys[stretch.before].task, keys[stretch.after].task]
    let other = keys[stretch.between].task
    let later = keys.indices.dropFirst(stretch.before + 1)
    let own = later.filter { tasks.contains(keys[$0].task) && $0 <= stretch.after }
    let intruding = later.filter { keys[$0].task == other }
    let moved = Set(own + intruding)
    let rest = later.filter { !moved.contains($0) }
    return (Array(0...stretch.before) + own + rest + intruding).map { keys[$0] }
  }

  /// All others go on, and the task only then.
  private func overtaken(_ stretch: ExperimentFindings.Stretch) -> [StepKey] {
    let tasks = [keys[stretch.before].task, keys[stretch.after].task]
    let within = stretch.before..<stretch.after
    let others = within.filter { !tasks.contains(keys[$0].task) }
    let own = within.filter { tasks.contains(keys[$0].task) }
    let order = Array(0..<stretch.before) + others + own + Array(stretch.after..<keys.count)
    return order.map { keys[$0] }
  }

  /// The other task goes on first, as far as it can.
  private func ahead(_ pair: StepTrace.Race) -> [StepKey] {
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
