import Foundation
import InterleaveAtomicBugs
import InterleaveBugs
import InterleaveEngine

/// Runs correct programs, whose steps are interrupted wherever that can be, by each strategy.
///
/// - Parameter schedules: How many of each program, by each strategy.
/// - Returns: Nothing was reported.
func runCorrectPrograms(schedules: Int, only filter: String = "") async throws -> Bool {
  if let obstacle = Interruptions.obstacle {
    print("no step can be interrupted inside: \(obstacle)")
    return true
  }
  let programs = (CorrectProgram.all + CorrectProgram.atomics + CorrectProgram.turning).filter {
    filter.isEmpty || $0.name.contains(filter)
  }
  // A run of the machine keeps its thread busy for long.
  return try await Task(executorPreference: MachineThread()) {
    let hunter = try Hunter()
    var table = SlowTable(
      ("program", false), ("schedules", true), ("interleavings", true), ("reported", false))
    var reports: [String] = []
    for program in programs {
      var all = Exploration()
      for interruptions in [Interruptions.before, .everywhere] {
        hunter.interruptions = interruptions
        for (name, make) in FindingBenchmark.strategies {
          let sample = hunter.sample(program.body, make(), seed: 1, cap: schedules)
          all.add(sample)
          guard let failure = sample.failure else { continue }
          reports.append(
            "\(program.name): schedule \(failure.schedule) of \(name), \(interruptions): "
              + failure.reason)
        }
      }
      table.add(
        program.name, all.schedules.grouped, all.seen.count.grouped,
        all.failure == nil ? "nothing" : "a failure")
    }
    table.end(reports + ["\n\(programs.count) correct programs, \(reports.count) reports"])
    return reports.isEmpty
  }.value
}
