import InterleaveEngine
import Testing

@Suite struct SearchTests {
  /// Runs a search to its end; fails after too many runs.
  private func search(
    _ program: SimulatedProgram, _ strategy: any PureStrategy
  ) -> [RecordedSchedule] {
    var schedules: [RecordedSchedule] = []
    while !strategy.isExhausted, schedules.count < 100_000 {
      schedules.append(program.run(strategy).schedule)
    }
    #expect(strategy.isExhausted)
    return schedules
  }

  @Test(arguments: SimulatedProgram.Mailboxes.allCases)
  func everyScheduleIsTriedOnce(mailboxes: SimulatedProgram.Mailboxes) {
    for seed in 0..<UInt64(12) {
      let program = SimulatedProgram.random(seed: seed, mailboxes: mailboxes)
      let all = program.allTrials().map(\.schedule)
      for strategy in [DepthFirst(), DelayBounded(), PreemptionBounded()] as [any PureStrategy] {
        let schedules = search(program, strategy)
        #expect(schedules.count == all.count, "seed \(seed), \(type(of: strategy))")
        #expect(Set(schedules) == Set(all), "seed \(seed), \(type(of: strategy))")
      }
    }
  }

  @Test func schedulesWithFewerDelaysComeFirst() {
    var program = SimulatedProgram.bank(3)
    program.fails = { _, _ in false }
    let schedules = search(program, DelayBounded(maxDelays: 3))
    let deviations = schedules.map(\.deviations.count)
    #expect(deviations.first == 0)
    #expect(deviations.prefix(2).last == 1)
    // A deviation costs at least one delay.
    #expect(deviations.max() == 3)
    #expect(Set(schedules).count == schedules.count)
  }

  @Test func boundsLeaveOutWhatLiesBeyond() {
    var program = SimulatedProgram.bank(2)
    program.fails = { _, _ in false }
    #expect(search(program, DelayBounded(maxDelays: 0)).count == 1)
    #expect(
      search(program, PreemptionBounded(maxPreemptions: 0)).allSatisfy { $0.preemptions == 0 })
  }

  @Test func aProgramThatChangesBetweenRunsIsNeverCalledExhausted() {
    for strategy in [DepthFirst(), DelayBounded()] as [any PureStrategy] {
      for run in 0..<2_000 {
        let program: SimulatedProgram = run % 2 == 0 ? .bank(2) : .reorder(3)
        _ = program.run(strategy)
      }
      #expect(!strategy.isExhausted)
    }
  }

  @Test func aRunOfAnotherStrategyDoesNotMoveASearchOn() {
    let program = SimulatedProgram.bank(2)
    for make in [{ DepthFirst() }, { DelayBounded() }, { PreemptionBounded() }]
      as [() -> any PureStrategy]
    {
      let (alone, interrupted) = (make(), make())
      for _ in 0..<20 {
        interrupted.end(RunRecord(ListedRun()))
        #expect(program.run(interrupted).schedule == program.run(alone).schedule)
      }
    }
  }
}
