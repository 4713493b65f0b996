/// The interleavings that a few reversed races lead to from one run, nearest first.
///
/// A race is turned round by running what does not depend on its first step, then its second
/// step, then the rest in the order in which it was, as far as that can still run. Each
/// interleaving that comes up so is looked at once, at its least distance. Drive it from run to
/// run:
///
/// ```swift
/// var search = ReversalSearch(from: machine.signature, machine.tracedSteps(), budget)
/// while let strategy = search.next() {
///   _ = machine.run(strategy, start) { Task { await body() } }
///   search.learn(machine.signature, stepCount: machine.stepCount, machine.tracedSteps())
///   machine.finish()
/// }
/// ```
///
/// Races are what the dependency relation makes them (``Reduction``): of what it cannot see, no
/// order is turned round. Where parts of steps are told apart, a race may be one that cannot be turned
/// round where it is: who holds a lock, or is on an actor, keeps the other out until it lets go. Then
/// the other is put before an earlier part of that step, as early as it takes.
package struct ReversalSearch: Sendable {
  /// How far a search goes.
  package struct Budget: Sendable, Hashable {
    /// The most races that are turned round one after another, at least 0.
    package var reversals: Int
    /// The most runs.
    package var runs: Int
    /// The most steps that these runs may have together; the last run may exceed it.
    package var steps: Int
    /// The most steps of a run whose races are looked for: that takes time in proportion to
    /// their square.
    package var longestRun: Int

    package init(
      reversals: Int, runs: Int, steps: Int = 200_000, longestRun: Int = 2_000
    ) {
      self.reversals = reversals
      self.runs = runs
      self.steps = steps
      self.longestRun = longestRun
    }
  }

  private let budget: Budget
  private let grain: Reduction.Grain
  private var known: Set<UInt64>
  /// How many interleavings need as many reversals as the index.
  private var counts = [1]
  /// The runs whose races are turned round now, and those that were found by it.
  private var level: [[StepTrace.Step]]
  private var nextLevel: [[StepTrace.Step]] = []
  private var position = 0
  /// What is still to be run of the run at the position before.
  private var trace = StepTrace([])
  private var races: [StepTrace.Race] = []
  /// The race that is turned round by the run that was asked for.
  private var race: StepTrace.Race?
  private var steps = 0
  /// How many runs were asked for.
  package private(set) var runs = 0
  /// Within how many reversals every interleaving has been run.
  package private(set) var reversals = 0
  /// The budget ended before the search.
  package private(set) var isCutShort = false

  /// Makes a search that knows one run.
  ///
  /// - Parameters:
  ///   - signature: What tells its interleaving from others.
  ///   - steps: The run.
  ///   - grain: What its steps are.
  ///   - budget: How far to go.
  package init(
    from signature: UInt64, _ steps: [StepTrace.Step], grain: Reduction.Grain = .steps,
    _ budget: Budget
  ) {
    self.budget = budget
    self.grain = grain
    known = [signature]
    level = [steps]
  }

  /// How many interleavings there are within the ``reversals``, the first run's included.
  package var interleavings: Int { counts.prefix(reversals + 1).reduce(0, +) }

  /// How many reversals the last run was away from the first.
  package var distance: Int { reversals + 1 }

  /// What makes the choices of the next run; nil once there is none.
  package mutating func next() -> FollowOrder? {
    while reversals < budget.reversals, !isCutShort {
      if let race = races.popLast() {
        guard runs < budget.runs, steps < budget.steps else {
          isCutShort = true
          return nil
        }
        runs += 1
        self.race = race
        return FollowOrder(trace.order(of: race), grain: grain)
      }
      if position < level.count {
        guard level[position].count <= budget.longestRun else {
          isCutShort = true
          return nil
        }
        trace = StepTrace(level[position])
        races = trace.steps.indices.reversed().flatMap { trace.races(endingAt: $0) }
        position += 1
      } else {
        goOn()
      }
    }
    return nil
  }

  /// The current level has been done.
  private mutating func goOn() {
    // Where nothing new came up, more reversals lead to nothing new either.
    reversals = nextLevel.isEmpty ? budget.reversals : reversals + 1
    level = nextLevel
    nextLevel = []
    position = 0
  }

  /// Learns from a run that has just ended.
  ///
  /// - Parameters:
  ///   - signature: What tells its interleaving from others.
  ///   - stepCount: How many steps it had.
  ///   - trace: The run; asked for only where its races may be turned round.
  package mutating func learn(
    _ signature: UInt64, stepCount: Int, _ trace: @autoclosure () -> [StepTrace.Step]
  ) {
    steps += stepCount
    if grain == .segments, let race { goBack(from: race, after: trace()) }
    guard known.insert(signature).inserted else { return }
    if counts.count == distance { counts.append(0) }
    counts[distance] += 1
    if distance < budget.reversals { nextLevel.append(trace()) }
  }

  /// Has a race turned round a part of the step earlier where the run did not do it.
  private mutating func goBack(from race: StepTrace.Race, after run: [StepTrace.Step]) {
    let (first, second) = (trace.steps[race.first].key, trace.steps[race.second].key)
    guard let place = run.firstIndex(where: { $0.key == first }),
      run[place...].contains(where: { $0.key == second }), first.isInside,
      let before = (0..<race.first).last(where: { trace.steps[$0].key.task == first.task }),
      trace.steps[race.second].cause != before
    else { return }
    races.append(StepTrace.Race(first: before, second: race.second))
  }
}
