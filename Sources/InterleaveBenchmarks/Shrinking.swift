import Interleave
import InterleaveEngine

/// Finds and shrinks the bank's race from 100 seeds.
///
/// - Returns: Every seed found it and came down to one preemption.
func measureShrinking() async throws -> Bool {
  let seeds = 100
  var found: [Double] = []
  var preemptions: [Double] = []
  var deviations: [Double] = []
  var runs: [Double] = []
  var minimal = 0
  for seed in 0..<UInt64(seeds) {
    guard let result = try shrinkBank(seed: seed) else { continue }
    found.append(Double(result.tried))
    preemptions.append(Double(result.shrunk.schedule.preemptions))
    deviations.append(Double(result.shrunk.deviations.count))
    runs.append(Double(result.shrunk.runs))
    if result.shrunk.isMinimal { minimal += 1 }
  }
  guard !found.isEmpty else {
    print("no seed found the race")
    return false
  }
  var table = MarkdownTable("bank, \(seeds) seeds", "median", "worst")
  for (name, values) in [
    ("schedules until found", found), ("preemptions after shrinking", preemptions),
    ("deviations after shrinking", deviations), ("runs spent on shrinking", runs),
  ] {
    table.add(name, Sample(values).median.fixed(0), Sample(values).most.fixed(0))
  }
  print(table)
  print("\nfound from \(found.count) seeds; shown to be minimal: \(minimal)")
  return found.count == seeds && preemptions.allSatisfy { $0 == 1 }
}

/// What the root task of a run leaves behind.
private final class Balance: @unchecked Sendable {
  var value = 0
}

/// Looks for the race with one seed, and shrinks the first failure.
private func shrinkBank(
  seed: UInt64
) throws -> (tried: Int, shrunk: ScheduleShrinker.Result)? {
  let machine = try Machine(settings: MachineSettings())
  let program = Withdrawals.twoByOne
  func trial(_ strategy: some Strategy, _ start: RunStart) -> Trial {
    let balance = Balance()
    let end = machine.run(strategy, start) { Task { balance.value = await program.run() } }
    precondition(end == .clean, "a run of the bank ended \(end)")
    defer { machine.finish() }
    return Trial(fails: balance.value < 0, schedule: machine.recordedSchedule())
  }
  let walk = RandomWalk()
  for index in 0..<100 {
    let first = trial(
      walk, RunStart(index: index, seed: SplitMix64.seed(seed, stream: UInt64(index))))
    guard first.fails else { continue }
    let shrunk = ScheduleShrinker().shrink(first.schedule) { strategy in
      trial(strategy, RunStart(index: 0, seed: 0))
    }
    return (index + 1, shrunk)
  }
  return nil
}
