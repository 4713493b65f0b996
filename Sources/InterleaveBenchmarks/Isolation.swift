import Examples
import Foundation
import Interleave

/// What isolation costs while nothing crashes, for programs of few and of many steps.
///
/// - Returns: It is no more than is allowed, for each program.
func measureIsolation() async -> Bool {
  var table = MarkdownTable(
    "program", "steps a schedule", "without, µs a schedule", "with, µs a schedule", "cost")
  var isSmall = true
  for program in IsolationProgram.all {
    let cost = await IsolationCost(of: program)
    cost.add(to: &table)
    isSmall = isSmall && cost.isSmall
  }
  print(
    "\(table)\n\nprocessor time; the least of \(IsolationCost.rounds) campaigns each, by turns: whatever "
      + "else goes on can only add to it; at most \(IsolationCost.most.fixed(0)) % is allowed")
  return isSmall
}

/// A program that never fails, to see what else takes time.
private struct IsolationProgram: Sendable {
  var name: String
  /// How many schedules take some hundredths of a second.
  var schedules: Int
  var run: @Sendable (Fuzzer) async -> FuzzOutcome

  static let all: [IsolationProgram] = [
    IsolationProgram(name: "bank, 4 tasks × 5", schedules: 1_500) { fuzzer in
      let program = Withdrawals.fourByFive
      return await fuzzer.run(named: "bank") { _ = await program.run() }
    },
    IsolationProgram(name: "cart, mended", schedules: 4_000) { fuzzer in
      let race = SystemRace.all.first { $0.system == "cart" }
      guard let race else { preconditionFailure("there is no race in the cart") }
      return await race.inMendedSystem(fuzzer)
    },
    IsolationProgram(name: "chat, 30 users, 200 messages", schedules: 8) { fuzzer in
      await fuzzer.run(named: "chat") { try await ChatLoad.run(users: 30, messages: 200) }
    },
  ]
}

/// The processor time that campaigns take with and without isolation, by turns.
private struct IsolationCost {
  static let rounds = 40
  /// The most that it may cost, in percent.
  static let most = 3.0

  private let program: IsolationProgram
  private var steps = 0
  private var times: [FuzzConfiguration.Isolation: [Double]] = [:]

  init(of program: IsolationProgram) async {
    self.program = program
    // The first runs fill caches, and the memory that all later ones use.
    for mode in [FuzzConfiguration.Isolation.none, .automatic] { _ = await time(mode) }
    for round in 0..<Self.rounds {
      let isEven = round.isMultiple(of: 2)
      let modes: [FuzzConfiguration.Isolation] =
        isEven ? [.none, .automatic] : [.automatic, .none]
      for mode in modes { times[mode, default: []].append(await time(mode)) }
    }
  }

  private mutating func time(_ isolation: FuzzConfiguration.Isolation) async -> Double {
    var configuration = FuzzConfiguration()
    configuration.schedules = program.schedules
    configuration.strategy = .custom("portfolio") { Portfolio() }
    configuration.seed = 1
    configuration.corpus = .none
    configuration.isolation = isolation
    let began = processorTime()
    let outcome = await program.run(Fuzzer(configuration))
    guard case .passed(let report) = outcome else {
      preconditionFailure("\(program.name) failed: \(outcome)")
    }
    steps = report.steps / report.schedules
    return processorTime() - began
  }

  private func least(_ mode: FuzzConfiguration.Isolation) -> Double {
    Sample(times[mode] ?? []).least
  }

  private var percent: Double { (least(.automatic) / least(.none) - 1) * 100 }
  var isSmall: Bool { percent <= Self.most }

  func add(to table: inout MarkdownTable) {
    func words(_ mode: FuzzConfiguration.Isolation) -> String {
      (least(mode) / Double(program.schedules) * 1_000_000).fixed(1)
    }
    table.add(
      program.name, "\(steps)", words(.none), words(.automatic), "\(percent.fixed(1)) %")
  }
}
