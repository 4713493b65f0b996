import InterleaveEngine
import Testing

@Suite struct PCTTests {
  /// Counts the runs that hit a bug, and what the published bound promises.
  private func hits(
    _ mix: TaskMix, depth: Int, runs: Int, _ isHit: ([Int]) -> Bool
  ) -> (rate: Double, bound: Double) {
    let strategy = PCT(depth: depth)
    _ = mix.order(under: strategy, seed: 0)
    let count = (1...UInt64(runs)).count { isHit(mix.order(under: strategy, seed: $0)) }
    // The root is a task too, and its step a step.
    let tasks = Double(mix.tasks.count + 1)
    let steps = Double(mix.tasks.reduce(1) { $0 + $1.count })
    var bound = 1 / tasks
    for _ in 1..<depth { bound /= steps }
    return (Double(count) / Double(runs), bound)
  }

  @Test func aBugOfDepthOneIsFoundAsOftenAsTheBoundSays() {
    // The short task comes after a long one.
    let mix = TaskMix(tasks: [[1], Array(repeating: 2, count: 20), [3, 3]])
    let (rate, bound) = hits(mix, depth: 1, runs: 2_000) { order in
      order.firstIndex(of: 0)! > order.lastIndex(of: 1)!
    }
    #expect(rate >= bound)
  }

  @Test(arguments: [3, 6, 10])
  func aBugOfDepthTwoIsFoundAsOftenAsTheBoundSays(length: Int) {
    // All of one task lies between two given steps of another.
    let mix = TaskMix(
      tasks: [Array(repeating: 1, count: length), Array(repeating: 2, count: 3), [3, 3]])
    let (rate, bound) = hits(mix, depth: 2, runs: 3_000) { order in
      let place = order.indices.filter { order[$0] == 0 }[length / 2]
      let before = order[..<place]
      return before.count { $0 == 1 } == 3 && order.firstIndex(of: 1)! > order.firstIndex(of: 0)!
        && before.suffix(3) == [1, 1, 1]
    }
    #expect(rate >= bound)
  }

  @Test func aBugOfDepthThreeIsFoundAsOftenAsTheBoundSays() {
    // One task is interrupted by another, which is interrupted by the first.
    let mix = TaskMix(tasks: [[1, 1, 1, 1], [2, 2, 2, 2]])
    let (rate, bound) = hits(mix, depth: 3, runs: 8_000) { $0 == [0, 0, 1, 1, 0, 0, 1, 1] }
    #expect(rate >= bound)
  }

  @Test func withoutAChangeOfPriorityTasksRunInOneGo() {
    let mix = TaskMix(tasks: [[1, 1, 1], [1, 1, 1], [2, 2]])
    let strategy = PCT(depth: 1)
    for seed in 0..<200 as Range<UInt64> {
      let order = mix.order(under: strategy, seed: seed)
      let switches = zip(order, order.dropFirst()).count { $0 != $1 }
      #expect(switches == 2)
    }
  }

  @Test func eachChangeOfPriorityCausesAtMostOneMoreSwitch() {
    let mix = TaskMix(tasks: [[1, 1, 1, 1, 1], [1, 1, 1, 1, 1]])
    for depth in 2...4 {
      let strategy = PCT(depth: depth)
      var most = 0
      for seed in 0..<500 as Range<UInt64> {
        let order = mix.order(under: strategy, seed: seed)
        most = max(most, zip(order, order.dropFirst()).count { $0 != $1 })
      }
      #expect(most == depth)
    }
  }

  @Test func aRunMuchLongerThanAllBeforeGoesOnFairly() {
    // Whichever task has priority in the learned runs, the other runs too in the
    // tail of one that is a hundred times as long.
    let strategy = PCT(depth: 1)
    _ = TaskMix(tasks: [[1], [1]]).order(under: strategy, seed: 1)
    let long = TaskMix(tasks: [
      Array(repeating: 1, count: 300), Array(repeating: 2, count: 300),
    ])
    for seed in 2...6 as ClosedRange<UInt64> {
      // A run that was long for going on unfairly does not make the next one longer still.
      let order = long.order(under: strategy, seed: seed)
      #expect(Set(order[20..<60]) == [0, 1])
    }
  }
}
