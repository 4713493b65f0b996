import InterleaveEngine
import Testing

@Suite struct ScheduleShrinkerTests {
  @Test func probe() {
    let shapes: [(String, SimulatedProgram)] = [
      ("bank2", .bank(2)), ("reorder10", .reorder(10)), ("two30", .twostage(30)), ("bank3", .bank(3)), ("reorder30", .reorder(30)), ("twostage10", .twostage(10)),
      ("uneven10", .uneven(10)), ("unevenBefore10", .uneven(10, beforeLast: true)),
      ("stampede5", .stampede(5)), ("deep2/4", .deep(2, 4)), ("deep4/4", .deep(4, 4)), ("deep4/8", .deep(4, 8))]
    for (name, p) in shapes {
      for joins in [false] {
      var results: [ScheduleShrinker.Result] = []
      let raw = p.failingSchedules(20)
      var budget = ScheduleShrinker.Budget(); budget.runs = 1000; budget.searchPercent = 0; budget.joinsEquivalent = joins
      let clock = ContinuousClock()
      let t = clock.measure {
        results = raw.map { ScheduleShrinker(budget: budget).shrink($0) { p.run($0) } } }
      func mean(_ f: (ScheduleShrinker.Result) -> Int) -> Double { Double(results.map(f).reduce(0, +)) / Double(max(1, results.count)) }
      func meanR(_ f: (RecordedSchedule) -> Int) -> Double { Double(raw.map(f).reduce(0, +)) / Double(max(1, raw.count)) }
      print(name, joins, raw.count, "raw", meanR { $0.steps.count }, meanR { $0.preemptions }, "->", mean { $0.schedule.steps.count }, "dev", mean { $0.deviations.count }, "pre", mean { $0.schedule.preemptions }, "runs", mean { $0.runs }, "min", mean { $0.isMinimal ? 1 : 0 }, t)
      }
    }
  }
}
