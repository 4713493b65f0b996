import InterleaveEngine
import Testing

/// How likely each strategy makes each order, compared with what its paper says.
@Suite struct ReferenceWalkTests {
  @Test(arguments: [TaskMix.uneven, .family], [nil, 1, 2, 3])
  func prioritiesChangeAsThePaperOnPCTSays(mix: TaskMix, depth: Int?) {
    let orders = mix.learnedOrders(under: PCT(depth: depth))
    let fit = Fit(orders, toSample: mix.orders(runs: 3 * TaskMix.runs) { $0.pct(depth: depth) })
    #expect(fit.isGood, "\(fit)")
  }

  @Test func aChangeOfPriorityCountsWhereNothingIsToBeChosen() {
    // Until it has made the other, a task runs alone.
    let mix = TaskMix(
      tasks: [[1, 1, 1, 1, 1], [2, 2]], births: [(parent: 0, step: 3, child: 1)])
    for depth in [2, 3] {
      let orders = mix.learnedOrders(under: PCT(depth: depth))
      let fit = Fit(orders, toSample: mix.orders(runs: 3 * TaskMix.runs) { $0.pct(depth: depth) })
      #expect(fit.isGood, "\(fit)")
    }
  }

  @Test(arguments: [
    TaskMix.uneven, .family, TaskMix(tasks: [[1, 1, 1], [1], [2, 1], [2]]),
    TaskMix(tasks: [[0, 0], [0, 3]]),
  ])
  func prioritiesAreDrawnAgainAsThePaperOnPOSSays(mix: TaskMix) {
    let orders = mix.orders(under: POS(), runs: TaskMix.runs)
    let fit = Fit(orders, toSample: mix.orders(runs: 3 * TaskMix.runs) { $0.pos() })
    #expect(fit.isGood, "\(fit)")
  }

  @Test(arguments: [TaskMix.uneven, .family]) func aRandomWalkTakesEachStepAsLikely(mix: TaskMix) {
    let orders = mix.orders(under: RandomWalk(), runs: TaskMix.runs)
    let fit = Fit(orders, toSample: mix.orders(runs: 3 * TaskMix.runs) { $0.randomWalk() })
    #expect(fit.isGood, "\(fit)")
  }

  @Test func aStratifiedWalkTakesEachPlaceAsLikelyAndThenEachTask() {
    for roles in [[0, 0, 0, 1], [0, 0, 1, 2]] {
      let mix = TaskMix(tasks: [[1, 2], [1, 2], [1, 2], [1]], roles: roles)
      let orders = mix.orders(under: StratifiedWalk(), runs: TaskMix.runs)
      let fit = Fit(orders, toSample: mix.orders(runs: 3 * TaskMix.runs) { $0.stratified() })
      #expect(fit.isGood, "\(fit)")
    }
  }
}
