import Testing

@testable import InterleaveEngine

/// Steps in an order that is asked for.
@Suite struct FollowOrderTests {
  private func point(_ keys: [StepKey]) -> SimulatedPoint {
    let steps = keys.map {
      EnabledStep(
        task: $0.task, taskNumber: 0, executor: 0, executorNumber: 0, ordinal: Int($0.ordinal),
        priority: 0, reason: .created, continuesLastTask: false)
    }
    return SimulatedPoint(
      steps: steps, lastTaskIsEnabled: false, record: RunRecord(ListedRun()), places: { _ in 0 })
  }

  private func key(_ task: UInt64, _ ordinal: Int32 = 0) -> StepKey {
    StepKey(task: task, ordinal: ordinal)
  }

  private func choices(_ strategy: FollowOrder, times: Int = 40) -> [Int] {
    strategy.begin(RunStart(index: 0, seed: 0))
    return (0..<times).map { _ in strategy.decide(at: point([key(7), key(8), key(9)])) }
  }

  @Test func whatComesFirstInTheOrderRunsFirst() {
    let strategy = FollowOrder([key(3), key(2), key(1)])
    #expect(strategy.decide(at: point([key(1), key(2), key(9)])) == 1)
    #expect(strategy.decide(at: point([key(1), key(3)])) == 1)
    #expect(strategy.strayed == 0)
  }

  @Test func elseTheBaselineDecides() {
    let strategy = FollowOrder([key(3)])
    #expect(choices(strategy).allSatisfy { $0 == 0 })
    #expect(strategy.strayed == 40)
    strategy.begin(RunStart(index: 0, seed: 0))
    #expect(strategy.strayed == 0)
  }

  @Test func orARandomChoiceThatASeedRepeats() {
    let strategy = FollowOrder([key(3)], seed: 4)
    let first = choices(strategy)
    #expect(Set(first) == [0, 1, 2])
    #expect(choices(strategy) == first)
    #expect(choices(FollowOrder([key(3)], seed: 5)) != first)
  }
}
