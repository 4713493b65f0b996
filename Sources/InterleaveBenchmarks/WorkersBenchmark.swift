import Foundation
import Interleave

/// Measures how many schedules a second one worker and two explore, by turns, in rounds.
///
/// Each needs a processor of its own: on a machine that is busy otherwise the ratio says nothing.
/// Forking, and putting together what the workers tell, is part of what is measured.
///
/// - Returns: All campaigns passed.
func measureWorkers() async -> Bool {
  let (rounds, schedules) = (5, 100_000)
  var table = MarkdownTable(
    "program", "strategy", "schedules/s, 1 worker", "2 workers", "ratio, median", "least", "most",
    "processor, µs a schedule", "2 workers")
  var hasPassed = true
  let program = Withdrawals.fourByFive
  for strategy in [FuzzConfiguration.StrategyChoice.portfolio, .randomWalk] {
    var speeds: [[Double]] = [[], []]
    var costs: [[Double]] = [[], []]
    for _ in 0..<rounds {
      for workers in 1...2 {
        var configuration = FuzzConfiguration()
        configuration.schedules = schedules
        configuration.strategy = strategy
        configuration.seed = 1
        configuration.corpus = .none
        configuration.workers = workers
        let began = processorTimeOfAll()
        let outcome = await Fuzzer(configuration).run(named: "workers") { _ = await program.run() }
        hasPassed = hasPassed && outcome.failure == nil && outcome.report.schedules == schedules
        speeds[workers - 1].append(
          Double(outcome.report.schedules) / (outcome.report.elapsed / .seconds(1)))
        costs[workers - 1].append((processorTimeOfAll() - began) / Double(schedules) * 1e6)
      }
    }
    let ratio = Sample(zip(speeds[0], speeds[1]).map { $1 / $0 })
    table.add(
      program.name, strategy.name, Sample(speeds[0]).median.fixed(0),
      Sample(speeds[1]).median.fixed(0), ratio.median.fixed(2), ratio.least.fixed(2),
      ratio.most.fixed(2), Sample(costs[0]).median.fixed(1), Sample(costs[1]).median.fixed(1))
  }
  print(table)
  return hasPassed
}

/// What this process and its children that have ended have used of processors, in seconds.
private func processorTimeOfAll() -> Double {
  var used = tms()
  _ = times(&used)
  let ticks = used.tms_cutime + used.tms_cstime
  return processorTime() + Double(ticks) / Double(sysconf(Int32(_SC_CLK_TCK)))
}
