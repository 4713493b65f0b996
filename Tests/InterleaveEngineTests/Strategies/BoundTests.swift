import Testing

@testable import InterleaveEngine

/// What lies within the bound of a search, compared with all that there is.
@Suite struct BoundTests {
  private func search(
    _ program: SimulatedProgram, _ strategy: any PureStrategy
  ) -> [RecordedSchedule] {
    var schedules: [RecordedSchedule] = []
    while !strategy.isExhausted, schedules.count < 20_000 {
      schedules.append(program.run(strategy).schedule)
    }
    return schedules
  }

  @Test(arguments: SimulatedProgram.Mailboxes.allCases, 0..<4)
  func eachStepThatAChoicePassesOverIsADelay(
    mailboxes: SimulatedProgram.Mailboxes, most: Int
  ) {
    for seed in 0..<UInt64(12) {
      let program = SimulatedProgram.random(seed: seed, mailboxes: mailboxes)
      var delays: [RecordedSchedule: Int] = [:]
      for (choices, trial) in program.allChoices() {
        delays[trial.schedule] = choices.reduce(0, +)
      }
      let found = search(program, DelayBounded(maxDelays: most))
      #expect(Set(found) == Set(delays.filter { $0.value <= most }.keys), "seed \(seed)")
      #expect(found.count == Set(found).count, "seed \(seed)")
      let order = found.compactMap { delays[$0] }
      #expect(order == order.sorted(), "seed \(seed)")
    }
  }

  @Test(arguments: 0..<4) func noScheduleHasMorePreemptionsThanAllowed(most: Int) {
    for seed in 0..<UInt64(12) {
      let program = SimulatedProgram.random(seed: seed, mailboxes: .unordered)
      let all = program.allTrials().map(\.schedule).filter { $0.preemptions <= most }
      let found = search(program, PreemptionBounded(maxPreemptions: most))
      #expect(Set(found) == Set(all), "seed \(seed)")
      #expect(found.count == all.count, "seed \(seed)")
    }
  }

  @Test func aSearchByDelaysThatNeedsMoreMemoryThanItMayUseIsNeverCalledExhausted() {
    func runs(storage: Int) -> (count: Int, isExhausted: Bool) {
      var tree = DelayTree(maxDelays: .max, storage: storage)
      var schedules: Set<[Int]> = []
      var count = 0
      while !tree.isExhausted, count < 100 {
        tree.begin()
        let schedule = [4, 3, 2].map { tree.choose(count: $0) }
        tree.end()
        count += 1
        if !schedules.insert(schedule).inserted, schedule == [0, 0, 0] { break }
      }
      return (schedules.count, tree.isExhausted)
    }
    #expect(runs(storage: 100) == (24, true))
    let short = runs(storage: 12)
    #expect(short.count > 3 && !short.isExhausted)
  }
}
