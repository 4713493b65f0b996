import InterleaveEngine
import Testing

/// What shrinking may cost.
@Suite struct ShrinkingBudgetTests {
  @Test func theCostIsKeptTo() throws {
    var most = 0
    for program in [SimulatedProgram.deep(4, 4), .stampede(4)] {
      for failing in program.failingSchedules(5) {
        func shrink(cost: Int) -> ScheduleShrinker.Result {
          var shrinker = ScheduleShrinker()
          shrinker.budget.cost = cost
          return shrinker.shrink(failing) { strategy in
            var trial = program.run(strategy)
            trial.cost = 100
            return trial
          }
        }
        #expect(shrink(cost: 10_000).runs <= 100)
        most = max(most, shrink(cost: 1_000_000).runs)
      }
    }
    #expect(most > 100, "some would have taken more")
  }

  @Test func atMostAFifthGoesToShowingThatNoFewerPreemptionsFail() throws {
    // Shrinking itself takes few runs of it, and there are far more schedules than runs.
    let program = SimulatedProgram.deep(2, 8)
    for failing in program.failingSchedules(5) {
      var shrinker = ScheduleShrinker()
      shrinker.budget.runs = .max / 200
      shrinker.budget.cost = 100_000
      shrinker.budget.searchPercent = 50
      var searches: [ObjectIdentifier: Int] = [:]
      var kept: [BoundedSearch] = []
      var last: BoundedSearch?
      let result = shrinker.shrink(failing) { strategy in
        if let search = strategy as? BoundedSearch {
          if last !== search { kept.append(search) }
          last = search
          searches[ObjectIdentifier(search), default: 0] += 1
        }
        var trial = program.run(strategy)
        trial.cost = 100
        return trial
      }
      guard result.schedule.preemptions > 0, let proof = kept.last else { continue }
      #expect(searches[ObjectIdentifier(proof), default: 0] <= 200)
    }
  }
}
