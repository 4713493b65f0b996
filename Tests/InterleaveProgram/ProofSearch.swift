import Foundation
import Interleave

@globalActor private actor Porch {
  static let shared = Porch()
}

@globalActor private actor Garden {
  static let shared = Garden()
}

private actor Till {
  private(set) var balance = 0

  func add(_ amount: Int) { balance += amount }
}

private final class Box: @unchecked Sendable {
  private let lock = NSLock()
  private var value = 0

  func get() -> Int { lock.withLock { value } }
  func raise() { lock.withLock { value += 1 } }
}

private struct Wrong: Error {}

/// Searches for the proof of a program, for tests that let another process go on.
///
/// Everything else is said by the environment: how many schedules there are, and where the search
/// is kept.
enum ProofSearch {
  private static let programs: [String: @Sendable () async throws -> Void] = [
    // What lies elsewhere in each process: actors that were there before the run.
    "global-actors": {
      async let porch: Void = { @Porch in _ = Task.isCancelled }()
      async let garden: Void = { @Garden in _ = Task.isCancelled }()
      async let both: Void = { @Garden in await Porch.run { _ = Task.isCancelled } }()
      _ = await (porch, garden, both)
    },
    "actors": {
      let till = Till()
      await withDiscardingTaskGroup { group in
        for amount in 1...4 { group.addTask { await till.add(amount) } }
      }
      if await till.balance != 10 { throw Wrong() }
    },
    // Steps that are searched in parts.
    "locks": {
      let box = Box()
      async let first: Void = { for _ in 0..<2 { box.raise() } }()
      async let second: Void = { for _ in 0..<2 { box.raise() } }()
      _ = await (first, second)
      if box.get() != 4 { throw Wrong() }
    },
  ]

  /// Returns where the arguments ask for something else.
  static func runIfAsked(_ arguments: [String]) async {
    guard arguments.count == 3, arguments[1] == "prove", let program = programs[arguments[2]]
    else { return }
    var configuration = FuzzConfiguration()
    configuration.strategy = .reduction
    configuration.corpus = .none
    let outcome = await Fuzzer(configuration).run(named: arguments[2], program)
    let report = outcome.report
    let end = outcome.failure != nil ? "failed" : report.isExhaustive ? "proved" : "unfinished"
    print(end, report.schedules, report.distinctInterleavings)
    for warning in report.warnings where warning.contains("search") { print(warning) }
    exit(0)
  }
}

extension Porch {
  static func run(_ body: @Porch () -> Void) async { await body() }
}
