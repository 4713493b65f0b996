import Testing

@testable import InterleaveEngine

/// Walks that make all orders equally likely, as far as their counts are right.
@Suite struct UniformWalkTests {
  @Test(arguments: [TaskMix(tasks: [[1, 1, 1, 1], [2, 2]]), .uneven, .family])
  func withStepsLeftAsWeightsAllInterleavingsAreEquallyLikely(mix: TaskMix) {
    let fit = Fit(mix.learnedOrders(under: URW()), toEqualShares: mix.allOrders())
    #expect(fit.isGood, "\(fit)")
  }

  @Test(arguments: [
    TaskMix.uneven, .family, TaskMix(tasks: [[11, 11, 11, 5], [5, 5, 5, 5], [12, 5]]),
  ])
  func allOrdersOfUnequallyManyStepsOnTheDrawnActorAreEquallyLikely(mix: TaskMix) {
    let fit = Fit(
      mix.learnedOrders(under: SURW(), on: 5), toEqualShares: mix.allOrders(on: 5))
    #expect(fit.isGood, "\(fit)")
  }

  @Test(arguments: [.uneven, TaskMix(tasks: [[11, 5, 5], [5, 12, 5, 5], [5]])])
  func noOrderOfUnequallyManyStepsIsRepeated(mix: TaskMix) {
    let walk = SURW(repeatsOrders: false)
    let count = mix.allOrders(on: 5).count
    let first = mix.order(under: walk, seed: 1_000_000, on: 5)
    let others = mix.orders(under: walk, runs: UInt64(count - 1), on: 5)
    #expect(Set(others.keys).union([first]).count == count)
  }

  @Test func aTaskThatTakesMoreStepsThanWasKnownGoesOn() {
    for repeatsOrders in [true, false] {
      let walk = SURW(repeatsOrders: repeatsOrders)
      _ = TaskMix(tasks: [[5], [5]]).order(under: walk, seed: 1)
      let longer = TaskMix(tasks: [[5, 5, 5], [5, 5]])
      for seed in 2..<40 as Range<UInt64> {
        #expect(longer.order(under: walk, seed: seed).count == 5)
      }
    }
  }

  @Test func whichActorIsOrderedIsDrawnEvenlyAndTheGlobalExecutorHalfAsOften() {
    let profile = TaskProfile()
    let run = ListedRun()
    run.tasks = [RunTask(name: 0, parent: nil), RunTask(name: 1, parent: 0)]
    // Two tasks meet on the actors 3, 4 and 5 and outside of actors; 6 and 7 are used by one.
    for (task, executors) in [[0, 3, 4, 5, 6], [0, 3, 4, 5, 7]].enumerated() {
      for (ordinal, executor) in executors.enumerated() {
        run.steps.append(
          RanStep(taskNumber: task, executor: UInt64(executor), ordinal: ordinal))
      }
    }
    profile.learn(from: RunRecord(run))
    var random = SplitMix64(seed: 3)
    var counts: [UInt64: Int] = [:]
    for _ in 0..<TaskMix.runs { counts[profile.drawContended(&random) ?? 99, default: 0] += 1 }
    let fit = Fit(counts, to: [3: 2.0 / 7, 4: 2.0 / 7, 5: 2.0 / 7, 0: 1.0 / 7])
    #expect(fit.isGood, "\(fit)")
  }

  @Test func aTaskCountsWithAllThatDescendFromIt() {
    let profile = TaskProfile()
    let run = ListedRun()
    run.tasks = [
      RunTask(name: 7, parent: nil), RunTask(name: 8, parent: 0), RunTask(name: 9, parent: 1),
    ]
    for task in [0, 1, 1, 2, 2, 2] {
      let ordinal = run.steps.count { $0.taskNumber == task }
      run.steps.append(RanStep(taskNumber: task, executor: 4, ordinal: ordinal))
    }
    profile.learn(from: RunRecord(run))
    profile.weigh(on: nil)
    #expect([7, 8, 9].map { profile.weight(of: $0) } == [6, 5, 3])
  }

  @Test func whereRunsDifferTheMostStepsCount() {
    let profile = TaskProfile()
    for steps in [2, 5, 3] {
      let run = ListedRun()
      run.tasks = [RunTask(name: 7, parent: nil)]
      run.steps = (0..<steps).map { RanStep(taskNumber: 0, executor: 4, ordinal: $0) }
      profile.learn(from: RunRecord(run))
    }
    profile.weigh(on: 4)
    #expect(profile.weight(of: 7) == 5)
    profile.weigh(on: 3)
    #expect(profile.weight(of: 7) == 0)
  }
}
