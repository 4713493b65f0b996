import InterleaveBugs
import InterleaveEngine

/// Measures what a strategy itself costs for each step of a run.
enum StrategyCost {
  /// Times every strategy on programs of few and of many tasks, and prints a table.
  ///
  /// A strategy's own cost is what a step takes beyond one under the baseline. The
  /// schedules differ, so small differences mean nothing.
  static func measure() throws {
    let hunter = try Hunter()
    print("| program | strategy | ns per step | its own |")
    print("| --- | --- | ---: | ---: |")
    for (name, runs) in [("account", 20_000), ("deep_4_4", 4_000), ("reorder_30", 2_000)] {
      guard let program = BugProgram.named(name) else { continue }
      _ = hunter.time(program.body, Baseline(), runs: runs)
      let base = perStep(hunter.time(program.body, Baseline(), runs: runs))
      print("| \(name) | baseline | \(base.fixed(0)) | |")
      for (strategy, make) in FindingBenchmark.strategies {
        let cost = perStep(hunter.time(program.body, make(), runs: runs))
        print("| \(name) | \(strategy) | \(cost.fixed(0)) | \(max(0, cost - base).fixed(0)) |")
      }
    }
  }

  private static func perStep(_ time: (steps: Int, elapsed: Duration)) -> Double {
    let (seconds, attoseconds) = time.elapsed.components
    return (Double(seconds) * 1e9 + Double(attoseconds) / 1e9) / Double(max(1, time.steps))
  }
}
