import Examples
import Foundation
import Interleave
import InterleaveBugs

/// Fuzzes each program of the suites as a test would, with the default settings: from each of some
/// seeds its bug must be found, and its mended twin must pass a number of schedules without a word.
struct Twins {
  /// What the command was asked to do.
  struct Options {
    var seeds = 20
    var schedules = 10_000
    var only: [String] = []

    /// - Throws: What is wrong with the arguments.
    init(_ arguments: [String]) throws {
      var rest = arguments[...]
      while let option = rest.popFirst() {
        switch option {
        case "--seeds": seeds = try FindingOptions.number(rest.popFirst(), option, atLeast: 0)
        case "--schedules":
          schedules = try FindingOptions.number(rest.popFirst(), option, atLeast: 0)
        case "--only": only = (rest.popFirst() ?? "").split(separator: ",").map(String.init)
        default: throw FindingOptions.Unreadable(description: "unknown option \(option)")
        }
      }
      let known = Twins.groups.flatMap { [$0.name] + $0.programs.map(\.name) }
      for name in only where !known.contains(name) {
        throw FindingOptions.Unreadable(description: "unknown program \(name): there are \(known)")
      }
    }
  }

  private struct Program {
    var name: String
    var racy: @Sendable () async throws -> Void
    var mended: @Sendable () async throws -> Void

    init(_ program: BugProgram) {
      (name, racy, mended) = (program.name, program.body, program.mended)
    }

    init(_ race: CallbackRace) {
      (name, racy, mended) = ("callback_\(race.name)", race.racy, race.mended)
    }
  }

  private static let groups: [(name: String, programs: [Program])] = [
    ("whole", BugProgram.all.map(Program.init)),
    ("compared", BugProgram.compared.map(Program.init)),
    ("inside", BugProgram.inside.map(Program.init)),
    ("threads", BugProgram.threads.map(Program.init)),
    ("starvation", BugProgram.starvation.map(Program.init)),
    ("callbacks", CallbackRace.all.map(Program.init)),
  ]

  private let options: Options
  private var reports: [String] = []
  private var table = SlowTable(
    ("program", false), ("found", true), ("schedules, most", true), ("shrunk to", false),
    ("twin: schedules", true), ("seconds", true), ("reported", false))

  /// Fuzzes all programs that were asked for, and prints a row for each.
  ///
  /// - Returns: All were found, and nothing was reported of their twins.
  static func check(_ options: Options) async -> Bool {
    var twins = Twins(options: options)
    for (group, programs) in groups {
      for program in programs where options.includes(program.name, of: group) {
        await twins.check(program)
      }
    }
    twins.table.end(twins.reports.map { "\n\($0)" } + ["\n\(twins.reports.count) reports"])
    return twins.reports.isEmpty
  }

  private mutating func check(_ program: Program) async {
    let found = await find(program)
    let (twin, time) = await runTwin(program)
    let complaints = Self.complaints(twin)
    table.add(
      program.name, "\(found.count) of \(options.seeds)", found.most.grouped, found.size,
      twin.report.schedules.grouped, (time / .seconds(1)).fixed(1),
      complaints.isEmpty ? "nothing" : "\(complaints.count)")
    reports += found.missed.map { "\(program.name), not found from \($0)" }
    reports += complaints.map { "\(program.name), mended: \($0)" }
  }

  /// From how many seeds a bug is found, and how small the first makes it.
  private func find(
    _ program: Program
  ) async -> (count: Int, most: Int, size: String, missed: [String]) {
    var (most, size) = (0, "")
    var missed: [String] = []
    for seed in (0..<options.seeds).map({ UInt64($0) + 1 }) {
      var configuration = FuzzConfiguration()
      configuration.corpus = .none
      configuration.seed = seed
      // How small it becomes is looked at once.
      if seed > 1 { configuration.shrinking.runs = 50 }
      let outcome = await Fuzzer(configuration).run(named: program.name, program.racy)
      guard let failure = outcome.failure else {
        missed.append("seed \(seed): \(outcome)")
        continue
      }
      most = max(most, failure.schedulesTried)
      guard seed == 1 else { continue }
      let (steps, preemptions) = (failure.interleaving.wholeSteps, failure.interleaving.preemptions)
      size = "\(steps) steps, \(preemptions) preemptions"
    }
    return (options.seeds - missed.count, most, size, missed)
  }

  private func runTwin(_ program: Program) async -> (FuzzOutcome, Duration) {
    var configuration = FuzzConfiguration()
    configuration.corpus = .none
    configuration.seed = 1
    configuration.schedules = options.schedules
    // It is about tests that cannot fail, and some of these have one order once they are mended.
    configuration.checks.remove(.nothingInterleaved)
    var outcome: FuzzOutcome?
    let time = await ContinuousClock().measure {
      outcome = await Fuzzer(configuration).run(named: program.name, program.mended)
    }
    return (outcome ?? .passed(FuzzReport()), time)
  }

  /// What is said of a program that has no bug.
  private static func complaints(_ outcome: FuzzOutcome) -> [String] {
    (outcome.failure.map { [$0.text(width: 100)] } ?? []) + outcome.report.warnings
      + outcome.report.escapes
  }
}

extension Twins.Options {
  fileprivate func includes(_ program: String, of group: String) -> Bool {
    only.isEmpty || only.contains(group) || only.contains(program)
  }
}
