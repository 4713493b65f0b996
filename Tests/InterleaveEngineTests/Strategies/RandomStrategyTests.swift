import InterleaveEngine
import Testing

@Suite struct RandomStrategyTests {
  private static let all: [@Sendable () -> any PureStrategy] = [
    { RandomWalk() }, { StratifiedWalk() }, { PCT() }, { POS() }, { URW() }, { SURW() },
    { SURW(repeatsOrders: false) }, { Lockstep() }, { Guided() },
  ]

  @Test(arguments: all.indices)
  func theSameSeedAndHistoryGiveTheSameRuns(index: Int) {
    let mix = TaskMix(tasks: [[1, 2, 1], [1, 1], [2, 3]])
    let (first, second) = (Self.all[index](), Self.all[index]())
    for seed in 0..<50 as Range<UInt64> {
      #expect(mix.order(under: first, seed: seed) == mix.order(under: second, seed: seed))
    }
  }

  @Test(arguments: all.indices)
  func everyOrderOfAFewStepsComesUp(index: Int) {
    let mix = TaskMix(tasks: [[1, 1], [1], [1]])
    #expect(mix.orders(under: Self.all[index](), runs: 2_000).count == 12)
  }

  @Test func aRandomWalkFavoursShortTasksEarly() {
    // The long task's 6 steps come first with probability 2^-6.
    let mix = TaskMix(tasks: [[1, 1, 1, 1, 1, 1], [1]])
    let last = [0, 0, 0, 0, 0, 0, 1]
    let count = mix.orders(under: RandomWalk(), runs: 6_400)[last] ?? 0
    #expect((60...145).contains(count))
  }

  @Test func allInterleavingsAreEquallyLikelyWhereStepsLeftCount() {
    let mix = TaskMix(tasks: [[1, 1, 1, 1], [2, 2]])
    let walk = URW()
    _ = mix.order(under: walk, seed: 1)
    let counts = mix.orders(under: walk, runs: 6_000)
    #expect(counts.count == 15)
    // 400 expected; five standard deviations are less than 100.
    #expect(counts.values.allSatisfy { (300...500).contains($0) })
  }

  @Test func allOrdersOnTheDrawnActorAreEquallyLikely() {
    // Much private work before and after the only step on the shared actor.
    let mix = TaskMix(tasks: [[11, 11, 11, 11, 5], [12, 5, 12], [5, 13]])
    let walk = SURW()
    _ = mix.order(under: walk, seed: 1)
    let counts = mix.orders(under: walk, runs: 3_000, on: 5)
    #expect(counts.count == 6)
    // 500 expected; five standard deviations are about 100.
    #expect(counts.values.allSatisfy { (395...605).contains($0) })
  }

  @Test func noOrderIsRepeatedBeforeAllHaveComeUp() {
    let mix = TaskMix(tasks: [[11, 5], [12, 5], [13, 5, 13], [5], [14, 14, 5]])
    let walk = SURW(repeatsOrders: false)
    _ = mix.order(under: walk, seed: 1)
    // The first run was a random walk, and took one of the 120 orders.
    #expect(mix.orders(under: walk, runs: 119, on: 5).count == 119)
  }

  @Test func aLonelyTaskIsNotLostAmongManyThatDoTheSame() {
    let many = 40
    let mix = TaskMix(
      tasks: Array(repeating: [1, 2], count: many) + [[1, 2]],
      roles: Array(repeating: 0, count: many) + [1])
    func comesFirst(_ strategy: any PureStrategy) -> Int {
      (0..<400).count { mix.order(under: strategy, seed: $0, on: 2).first == many }
    }
    // A quarter: first on actor 1 is a half, and then again on 2.
    #expect(comesFirst(StratifiedWalk()) > 80)
    #expect(comesFirst(RandomWalk()) < 40)
  }

  @Test func onlyStepsInConflictDrawTheirPrioritiesAgain() {
    // Among independent tasks the first drawn order stays: which of two actors'
    // queues is served first does not change between their steps.
    let mix = TaskMix(tasks: [[1, 1, 1], [2]])
    let counts = mix.orders(under: POS(), runs: 4_000)
    // Task 1's only priority is compared with a fresh one of task 0's each time, so
    // it comes last with probability 1/4; a random walk would give 1/8.
    let last = counts[[0, 0, 0, 1]] ?? 0
    #expect((860...1_140).contains(last))
  }
}
