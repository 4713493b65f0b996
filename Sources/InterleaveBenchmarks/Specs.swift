import Examples
import Foundation
import Interleave

/// Finds and shrinks the race of every spec example from 200 seeds, and looks for one in the mended
/// twins with 10,000 programs each.
///
/// - Returns: The median sizes are those of the smallest programs, and no mended twin failed.
func measureSpecs() async -> Bool {
  let seeds = 200
  var isGood = true
  var table = MarkdownTable(
    "\(seeds) seeds", "found", "schedules", "lanes", "operations", "preemptions", "smallest",
    "ms")
  for example in SpecExample.all {
    var failures: [FuzzFailure] = []
    var times: [Double] = []
    for seed in 0..<UInt64(seeds) {
      let began = ContinuousClock.now
      let outcome = await example.racy(fuzzer(schedules: 1_000, seed: seed))
      times.append((ContinuousClock.now - began) / .milliseconds(1))
      if let failure = outcome.failure { failures.append(failure) }
    }
    guard !failures.isEmpty else {
      table.add(example.name, "0", "", "", "", "", "", "")
      isGood = false
      continue
    }
    let lanes = Sample(failures.map { Double(laneCount($0.operations)) })
    let operations = Sample(failures.map { Double($0.operations.count) })
    let preemptions = Sample(failures.map { Double($0.interleaving.preemptions) })
    let smallest = failures.count { $0.operations == example.smallest }
    for failure in failures where failure.operations != example.smallest {
      show("not the smallest program: \(failure.operations.joined(separator: "; "))")
    }
    isGood =
      isGood && failures.count == seeds
      && lanes.median == Double(laneCount(example.smallest))
      && operations.median == Double(example.smallest.count)
      && preemptions.median == Double(example.preemptions)
    table.add(
      example.name, "\(failures.count)", Sample(failures.map { Double($0.schedulesTried) }).words,
      lanes.words, operations.words, preemptions.words, "\(smallest)", Sample(times).words)
  }
  show("median, worst\n\n\(table)")
  for example in SpecExample.all {
    let outcome = await example.mended(fuzzer(schedules: 160_000, seed: 1))
    show(
      "\(example.name), mended, 10,000 programs: \(outcome.failure?.terminalText ?? "nothing")")
    isGood = isGood && outcome.failure == nil
  }
  return isGood
}

/// Prints a line at once, even into a file: the whole takes minutes.
private func show(_ line: String) {
  FileHandle.standardOutput.write(Data("\(line)\n".utf8))
}

private func laneCount(_ operations: [String]) -> Int {
  Set(operations.map { $0.prefix { $0 != ":" } }.filter { $0 != "first" }).count
}

private func fuzzer(schedules: Int, seed: UInt64) -> Fuzzer {
  var configuration = FuzzConfiguration()
  configuration.schedules = schedules
  configuration.seed = seed
  configuration.corpus = .none
  return Fuzzer(configuration)
}

extension Sample {
  /// The median and the largest value.
  fileprivate var words: String { "\(median.fixed(0)), \(most.fixed(0))" }
}
