import InterleaveEngine
import Testing

/// Tasks that do the same are brought to each point of it together.
@Suite struct LockstepTests {
  /// Four tasks that take three steps each.
  private let mix = TaskMix(tasks: Array(repeating: [1, 1, 1], count: 4))

  /// The orders in which tasks went, round by round, of those runs in which all went in each.
  private func rounds(of runs: UInt64, under strategy: any PureStrategy) -> [[[Int]]] {
    (0..<runs).compactMap { seed in
      let order = mix.order(under: strategy, seed: seed)
      let rounds = stride(from: 0, to: 12, by: 4).map { Array(order[$0..<$0 + 4]) }
      return rounds.allSatisfy { Set($0).count == 4 } ? rounds : nil
    }
  }

  @Test func inMostRunsAllTasksComeEquallyFar() {
    let count = rounds(of: 400, under: Lockstep()).count
    // One run of four lets tasks miss goes.
    #expect((270...370).contains(count), "\(count)")
    #expect(rounds(of: 400, under: RandomWalk()).count < 40)
  }

  @Test func ordersOfARoundComeAgainOnlyAfterTheOthers() {
    var counts: [[Int]: Int] = [:]
    for rounds in rounds(of: 120, under: Lockstep()) { counts[rounds[1], default: 0] += 1 }
    // Some ninety of them, for 24 orders.
    #expect(counts.count == 24)
    #expect(counts.values.allSatisfy { $0 >= 2 }, "\(counts)")
  }
}
