/// What came of running one schedule.
package struct Trial: Sendable {
  /// It failed in the same way as the schedule that is being shrunk.
  package var fails: Bool
  /// The schedule that was run, up to the failure if it failed.
  package var schedule: RecordedSchedule
  /// What it took off the budget: the number of steps that were run, unless told otherwise.
  package var cost: Int
  /// The dependency relation covers all that was noticed in the run, but for where it was interrupted
  /// inside a step.
  package var followsRelation: Bool

  package init(
    fails: Bool, schedule: RecordedSchedule, cost: Int? = nil, followsRelation: Bool = false
  ) {
    self.fails = fails
    self.schedule = schedule
    self.followsRelation = followsRelation
    self.cost = cost ?? schedule.steps.count
  }
}

/// Makes a failing schedule as small as it can.
///
/// Delta debugging over deviations from the baseline (Zeller, Hildebrandt:
/// "Simplifying and isolating failure-inducing input", TSE 2002; Choi, Zeller:
/// "Isolating failure-inducing thread schedules", ISSTA 2002) with lenient
/// replay, between moves of whole stretches of steps; then a search of all
/// schedules with fewer deviations, as many as the budget allows, and of all with
/// fewer preemptions; where steps are interrupted inside, of those of whole steps before. What is
/// smaller, ``ScheduleSize`` says.
package struct ScheduleShrinker {
  /// What shrinking may cost.
  package struct Budget {
    /// The most schedules to run.
    package var runs = 2_000
    /// The cost of all runs after which no other run begins.
    package var cost = 2_000_000
    /// The share of runs that is kept for the two searches, in percent; what the
    /// rest of shrinking does not need goes to them as well.
    package var searchPercent = 50
    /// The share of the cost that may go to showing that no fewer preemptions fail, in percent.
    package var proofPercent = 20
    /// Whether anything more is to be spent, asked before each run with the smallest schedule
    /// so far.
    package var mayGoOn: (RecordedSchedule) -> Bool = { _ in true }

    package init() {}

    /// The cost at which the search for fewer preemptions ends.
    fileprivate func costOfProof(after spent: Int) -> Int {
      min(cost, spent + cost / 100 * proofPercent)
    }
  }

  /// What shrinking came to.
  package struct Result: Sendable {
    package var schedule: RecordedSchedule
    package var deviations: [RawDeviation]
    /// How many schedules were run.
    package var runs: Int
    /// No single deviation can be taken away; false where the budget was spent
    /// before all had been tried.
    package var isFixpoint: Bool
    /// No schedule with at most this many preemptions fails in the same way.
    ///
    /// Those inside of steps count as well, where steps can be interrupted. All were tried, or all
    /// their interleavings; nil where not even those without any could be.
    package var shownBound: Int?

    /// No schedule with fewer preemptions fails in the same way.
    package var isMinimal: Bool {
      schedule.preemptions == 0 || (shownBound ?? -1) >= schedule.preemptions - 1
    }
  }

  /// Runs a schedule with the given strategy, each time the same program.
  package typealias Runner = (any PureStrategy) -> Trial

  package var budget: Budget
  /// One schedule of each interleaving is enough, where runs follow the dependency
  /// relation; whoever asks for it must watch for what tasks share.
  package var mergesStates: Bool
  /// Steps can be interrupted inside, although those of the schedule may be whole.
  package var interruptsSteps: Bool

  package init(
    budget: Budget = Budget(), mergesStates: Bool = false, interruptsSteps: Bool = false
  ) {
    self.budget = budget
    self.mergesStates = mergesStates
    self.interruptsSteps = interruptsSteps
  }

  /// Shrinks a failing schedule.
  ///
  /// - Parameters:
  ///   - failing: The schedule, up to its failure.
  ///   - run: Runs one schedule with the strategy that it is given.
  /// - Returns: The smallest schedule found, which is the given one if none of
  ///   those tried fails.
  package func shrink(_ failing: RecordedSchedule, run: Runner) -> Result {
    guard budget.runs > 0 else {
      return Result(
        schedule: failing, deviations: failing.deviations, runs: 0, isFixpoint: false,
        shownBound: nil)
    }
    let reserve = budget.runs * min(max(budget.searchPercent, 0), 100) / 100
    let costOfRest = budget.cost / 100 * (100 - budget.proofPercent)
    var candidates = Candidates(
      best: failing, runs: budget.runs - reserve, cost: costOfRest, mayGoOn: budget.mayGoOn)
    var isFixpoint = candidates.shrinkToFixpoint(run)
    candidates.allow(reserve / 2, cost: costOfRest)
    if candidates.searchWholeSteps(mergingStates: mergesStates, run) {
      isFixpoint = candidates.shrinkToFixpoint(run)
    }
    while candidates.searchFewerDeviations(run) {
      isFixpoint = candidates.shrinkToFixpoint(run)
    }
    candidates.allow(reserve - reserve / 2, cost: budget.costOfProof(after: candidates.cost))
    let size = candidates.size
    let shownBound = candidates.searchFewerPreemptions(
      mergingStates: mergesStates, insideSteps: interruptsSteps, run)
    candidates.allow(0, cost: budget.cost)
    if candidates.size < size || !isFixpoint { isFixpoint = candidates.shrinkToFixpoint(run) }
    return Result(
      schedule: candidates.best, deviations: candidates.best.deviations, runs: candidates.runs,
      isFixpoint: isFixpoint, shownBound: shownBound)
  }
}
