import Foundation
import Interleave
import InterleaveBugs

/// Fuzzes 46 correct programs with default settings, one after the other and all at once, by turns.
///
/// - Returns: At once they take at most 1.2 times as long, and less than a fifth of their processor
///   time is the system's.
func measureSuite() async -> Bool {
  let programs = (BugProgram.all + BugProgram.inside).prefix(46)
  var table = MarkdownTable("46 tests", "s", "user, s", "system, s", "system's share")
  var times: [Bool: [Double]] = [:]
  var shares: [Double] = []
  for round in 1...3 {
    for isParallel in [false, true] {
      let began = (usage: ProcessorUse.now, time: ContinuousClock.now)
      if isParallel {
        await withTaskGroup(of: Void.self) { group in
          for program in programs { group.addTask { await fuzz(program) } }
        }
      } else {
        for program in programs { await fuzz(program) }
      }
      let spent = (ContinuousClock.now - began.time) / .seconds(1)
      let used = ProcessorUse.now - began.usage
      times[isParallel, default: []].append(spent)
      if isParallel { shares.append(used.systemShare) }
      table.add(
        "\(isParallel ? "all at once" : "one after the other"), round \(round)", spent.fixed(2),
        used.user.fixed(2), used.system.fixed(2), (100 * used.systemShare).fixed(0) + " %")
    }
  }
  print(table)
  let ratio = Sample(times[true] ?? []).median / Sample(times[false] ?? []).median
  if !MarkdownTable.isJSON { print("\nat once against one after the other: \(ratio.fixed(2))×") }
  return ratio <= 1.2 && Sample(shares).median < 0.2
}

private func fuzz(_ program: BugProgram) async {
  var configuration = FuzzConfiguration()
  configuration.seed = 1
  configuration.corpus = .none
  let outcome = await Fuzzer(configuration).run(named: program.name, program.mended)
  if let failure = outcome.failure { print("\(program.name): \(failure)") }
}

/// Processor time of this process and of the children that have ended, in seconds.
struct ProcessorUse {
  var user: Double
  var system: Double

  static var now: ProcessorUse {
    var used = tms()
    _ = times(&used)
    let second = Double(sysconf(Int32(_SC_CLK_TCK)))
    return ProcessorUse(
      user: Double(used.tms_utime + used.tms_cutime) / second,
      system: Double(used.tms_stime + used.tms_cstime) / second)
  }

  var systemShare: Double { system / max(0.01, user + system) }

  static func - (later: ProcessorUse, earlier: ProcessorUse) -> ProcessorUse {
    ProcessorUse(user: later.user - earlier.user, system: later.system - earlier.system)
  }
}
