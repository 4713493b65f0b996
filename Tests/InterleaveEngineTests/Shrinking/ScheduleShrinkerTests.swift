import InterleaveEngine
import Testing

@Suite struct ScheduleShrinkerTests {
  /// A shape, and the most deviations and preemptions that half of all results may
  /// have.
  struct Reach: CustomTestStringConvertible, Sendable {
    var testDescription: String
    var shape: @Sendable () -> SimulatedProgram
    var deviations: Int
    var preemptions: Int
  }

  static let reaches = [
    Reach(testDescription: "bank 3", shape: { .bank(3) }, deviations: 1, preemptions: 1),
    Reach(testDescription: "reorder 30", shape: { .reorder(30) }, deviations: 1, preemptions: 1),
    Reach(testDescription: "twostage 10", shape: { .twostage(10) }, deviations: 1, preemptions: 1),
    Reach(testDescription: "uneven 10", shape: { .uneven(10) }, deviations: 0, preemptions: 0),
    Reach(
      testDescription: "uneven 10, before the last", shape: { .uneven(10, beforeLast: true) },
      deviations: 1, preemptions: 1),
    Reach(testDescription: "stampede 5", shape: { .stampede(5) }, deviations: 4, preemptions: 4),
    Reach(testDescription: "deep 2/4", shape: { .deep(2, 4) }, deviations: 2, preemptions: 2),
    Reach(testDescription: "deep 4/8", shape: { .deep(4, 8) }, deviations: 4, preemptions: 4),
  ]

  @Test(arguments: reaches) func halfOfAllResultsReach(_ reach: Reach) {
    let program = reach.shape()
    var shrinker = ScheduleShrinker()
    shrinker.budget.runs = 400
    shrinker.budget.searchPercent = 0
    let failing = program.failingSchedules(9)
    #expect(failing.count == 9)
    let results = failing.map { shrinker.shrink($0) { program.run($0) } }
    let deviations = results.map(\.deviations.count).sorted()
    let preemptions = results.map(\.schedule.preemptions).sorted()
    #expect(deviations[results.count / 2] <= reach.deviations)
    #expect(preemptions[results.count / 2] <= reach.preemptions)
  }

  @Test func whereStatesCannotBeToldApartEveryScheduleIsTriedAllTheSame() throws {
    let program = SimulatedProgram.deep(2, 4)
    let failing = try #require(program.failingSchedules(1).first)
    func shrink(mergesStates: Bool, followsRelation: Bool) -> ScheduleShrinker.Result {
      ScheduleShrinker(mergesStates: mergesStates).shrink(failing) { strategy in
        var trial = program.run(strategy)
        trial.followsRelation = followsRelation
        return trial
      }
    }
    let plain = shrink(mergesStates: false, followsRelation: true)
    let merged = shrink(mergesStates: true, followsRelation: true)
    let refused = shrink(mergesStates: true, followsRelation: false)
    #expect(merged.runs == plain.runs)
    // The run that shows it was made in vain.
    #expect(refused.runs == plain.runs + 1)
    #expect(refused.shownBound == plain.shownBound)
  }

  @Test func theBankShrinksToOnePreemptionFromEverySeed() {
    let program = SimulatedProgram.bank(2)
    let failing = program.failingSchedules(100)
    #expect(failing.count == 100)
    for (seed, schedule) in failing.enumerated() {
      let result = ScheduleShrinker().shrink(schedule) { program.run($0) }
      #expect(result.schedule.preemptions == 1, "seed \(seed)")
      #expect(result.deviations.count == 1, "seed \(seed)")
      #expect(result.isMinimal, "seed \(seed)")
      #expect(result.shownBound == 0, "seed \(seed)")
    }
  }

  @Test func theBankNeedsNoDeviationWhereMailboxesKeepTheirOrder() {
    var program = SimulatedProgram.bank(2)
    program.mailboxes = .inOrder
    for schedule in program.failingSchedules(20) {
      let result = ScheduleShrinker().shrink(schedule) { program.run($0) }
      #expect(result.deviations.isEmpty)
      #expect(result.isMinimal)
      #expect(result.shownBound == nil)
    }
  }

  @Test(arguments: SimulatedProgram.Mailboxes.allCases)
  func whatIsCalledMinimalHasTheFewestPreemptionsOfAllSchedules(
    mailboxes: SimulatedProgram.Mailboxes
  ) {
    let shrinker = ScheduleShrinker()
    var needed: Set<Int> = []
    for seed in 0..<UInt64(120) {
      let program = SimulatedProgram.random(seed: seed, mailboxes: mailboxes)
        .failing { shared in
          shared.reduce(seed) { mix($0, UInt64(truncatingIfNeeded: $1)) } % 23 == 0
        }
      let failing = program.allTrials().filter(\.fails).map(\.schedule)
      guard let fewest = failing.map(\.preemptions).min() else { continue }
      needed.insert(fewest)
      for schedule in failing.prefix(3) + failing.suffix(3) {
        let result = shrinker.shrink(schedule) { program.run($0) }
        #expect(result.isMinimal, "seed \(seed)")
        #expect(result.schedule.preemptions == fewest, "seed \(seed)")
      }
    }
    #expect(needed.count > 1)
  }

  @Test func theResultFailsWhenItsDeviationsAreReplayed() {
    for program in [SimulatedProgram.bank(3), .stampede(3), .deep(2, 4)] {
      for schedule in program.failingSchedules(10) {
        let result = ScheduleShrinker().shrink(schedule) { program.run($0) }
        let trial = program.run(Replay(result.deviations))
        #expect(trial.fails)
        #expect(trial.schedule == result.schedule)
        #expect(ScheduleSize(result.schedule) <= ScheduleSize(schedule))
      }
    }
  }

  @Test func noDeviationOfTheResultCanBeTakenAway() {
    var shrinker = ScheduleShrinker()
    shrinker.budget.runs = 500
    for program in [SimulatedProgram.stampede(4), .deep(2, 6), .deep(4, 8)] {
      for schedule in program.failingSchedules(5) {
        let result = shrinker.shrink(schedule) { program.run($0) }
        #expect(result.isFixpoint)
        for index in result.deviations.indices {
          var fewer = result.deviations
          fewer.remove(at: index)
          let trial = program.run(Replay(fewer))
          #expect(!trial.fails || ScheduleSize(trial.schedule) >= ScheduleSize(result.schedule))
        }
      }
    }
  }

  @Test func aPreemptionIsPutOffForAsLongAsTheProgramStillFails() throws {
    // Any moment will do at which the long task has begun and not yet ended.
    var program = SimulatedProgram.uneven(40)
    program.tasks[1][0].body = { shared, _ in
      if shared[0] > 2, shared[0] < 40 { shared[1] = 1 }
      return true
    }
    program.fails = { shared, isOver in isOver && shared[1] == 1 }
    let failing = try #require(program.failingSchedules(1).first)
    let result = ScheduleShrinker().shrink(failing) { program.run($0) }
    #expect(ScheduleSize(result.schedule).positions == [40])
    #expect(result.isMinimal)
  }

  @Test func anotherFailureOnTheWayIsNotTaken() {
    // Without its preemption the program fails too, but in another way.
    let program = SimulatedProgram.bank(2)
    for schedule in program.failingSchedules(10) {
      let result = ScheduleShrinker().shrink(schedule) { strategy in
        var trial = program.run(strategy)
        trial.fails = trial.fails && trial.schedule.preemptions >= 2
        return trial
      }
      #expect(result.schedule.preemptions >= min(2, schedule.preemptions))
    }
  }

  @Test func aScheduleIsMinimalIfAllWithOnePreemptionLessWereTried() {
    let program = SimulatedProgram.deep(3, 5)
    var shrinker = ScheduleShrinker()
    shrinker.budget.runs = 0
    for schedule in program.failingSchedules(5) {
      let preemptions = schedule.preemptions
      #expect(preemptions > 1)
      var result = shrinker.shrink(schedule) { program.run($0) }
      for bound in [nil, preemptions - 2, preemptions - 1, preemptions] {
        result.shownBound = bound
        #expect(result.isMinimal == (bound == preemptions - 1 || bound == preemptions))
      }
    }
  }

  @Test func aFailureThatNeverComesBackIsKeptAsItIs() throws {
    let program = SimulatedProgram.bank(3)
    let failing = try #require(program.failingSchedules(20).first { $0.preemptions > 1 })
    let result = ScheduleShrinker().shrink(failing) { strategy in
      var trial = program.run(strategy)
      trial.fails = false
      return trial
    }
    #expect(result.schedule == failing)
    #expect(result.deviations == failing.deviations)
  }

  @Test func theBudgetIsNeverExceeded() throws {
    let program = SimulatedProgram.stampede(5)
    let failing = try #require(program.failingSchedules(1).first)
    for budget in [0, 1, 7, 50, 333] {
      var shrinker = ScheduleShrinker()
      shrinker.budget.runs = budget
      var runs = 0
      let result = shrinker.shrink(failing) {
        runs += 1
        return program.run($0)
      }
      #expect(runs <= budget)
      #expect(result.runs == runs)
      #expect(!result.isMinimal)
      #expect(result.isFixpoint == (budget > 300))
    }
  }

  @Test func shrinkingTwiceGivesTheSameResult() {
    let program = SimulatedProgram.deep(4, 8)
    var shrinker = ScheduleShrinker()
    shrinker.budget.runs = 300
    for schedule in program.failingSchedules(3) {
      let first = shrinker.shrink(schedule) { program.run($0) }
      let second = shrinker.shrink(schedule) { program.run($0) }
      #expect(first.schedule == second.schedule)
      #expect(first.runs == second.runs)
    }
  }
}
