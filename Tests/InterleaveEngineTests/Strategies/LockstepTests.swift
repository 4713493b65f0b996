import InterleaveEngine
import Testing

/// Tasks that do the same are brought to each point of it together.
@Suite struct LockstepTests {
  /// Four tasks that take three steps each.
  private let mix = TaskMix(tasks: Array(repeating: [1, 1, 1], count: 4))

  /// The orders in which tasks went, round by round; nil if some did not go in each.
  private func rounds(_ strategy: any PureStrategy, seed: UInt64) -> [[Int]]? {
    let order = mix.order(under: strategy, seed: seed)
    let rounds = stride(from: 0, to: 12, by: 4).map { Array(order[$0..<$0 + 4]) }
    return rounds.allSatisfy { Set($0).count == 4 } ? rounds : nil
  }

  @Test func inMostRunsAllTasksComeEquallyFar() {
    let seeds = 0..<400 as Range<UInt64>
    let count = seeds.count { rounds(Lockstep(), seed: $0) != nil }
    // One run of four lets tasks miss goes.
    #expect((270...340).contains(count), "\(count)")
    #expect(seeds.count { rounds(RandomWalk(), seed: $0) != nil } < 40)
  }

  @Test func ordersOfARoundComeAgainOnlyAfterTheOthers() {
    let strategy = Lockstep()
    let seconds = (0..<60 as Range<UInt64>).compactMap { rounds(strategy, seed: $0)?[1] }
    #expect(Set(seconds).count == 24)
  }

  @Test func onceAllOrdersHaveComeTasksMissGoesMoreOften() {
    let strategy = Lockstep()
    for seed in 0..<60 as Range<UInt64> { _ = rounds(strategy, seed: seed) }
    let count = (60..<460 as Range<UInt64>).count { rounds(strategy, seed: $0) != nil }
    // One of four, and those of the others in which what was missed makes no difference.
    #expect((100...200).contains(count), "\(count)")
  }
}
