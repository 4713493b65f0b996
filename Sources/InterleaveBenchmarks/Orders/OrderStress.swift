import Foundation
import Interleave

/// Runs programs of queues and threads natively, and under control: the orders that show natively
/// must be among those that runs reach, and none may be one that the construct's rule forbids.
///
/// - Returns: It is so.
func stressOrders() async -> Bool {
  var table = MarkdownTable(
    "program", "natively", "orders", "schedules", "orders", "of", "not reached", "forbidden")
  var problems: [String] = []
  for program in OrderProgram.all {
    let native = await program.runNatively()
    let reached = await program.runControlled()
    let missing = native.orders.subtracting(reached.orders).sorted()
    let forbidden = native.orders.union(reached.orders).subtracting(program.allowed).sorted()
    table.add(
      program.name, native.runs.grouped, "\(native.orders.count)", reached.runs.grouped,
      "\(reached.orders.count)", "\(program.allowed.count)", missing.joined(separator: " "),
      forbidden.joined(separator: " "))
    if !missing.isEmpty {
      problems.append("\(program.name): natively, but never in a run: \(missing)")
    }
    for order in forbidden {
      let who = native.orders.contains(order) ? "natively" : "in a run"
      problems.append("\(program.name): \(who), against its rule: \(order)")
    }
    problems += reached.complaints.map { "\(program.name): \($0)" }
  }
  print(table)
  for problem in problems { print("\n\(problem)") }
  return problems.isEmpty
}

/// A program that writes down what it does in the order in which that is done.
struct OrderProgram: Sendable {
  var name: String
  /// The orders that the rule of its construct allows.
  var allowed: Set<String>
  var run: @Sendable (OrderLog) -> Void

  init(
    _ name: String, _ allowed: Set<String>, _ run: @escaping @Sendable (OrderLog) -> Void
  ) {
    self.name = name
    self.allowed = allowed
    self.run = run
  }

  private static let nativeDuration = Duration.seconds(2)
  private static let schedules = 4_000

  /// Runs it for some seconds, beside threads that keep the machine busy.
  fileprivate func runNatively() async -> (runs: Int, orders: Set<String>) {
    let isOver = OrderLog()
    for _ in 0..<3 {
      Thread.detachNewThread { while isOver.text.isEmpty { sched_yield() } }
    }
    defer { isOver.mark("over") }
    // It blocks its thread.
    return await withCheckedContinuation { continuation in
      Thread.detachNewThread {
        let end = ContinuousClock.now + Self.nativeDuration
        var (runs, orders) = (0, Set<String>())
        while ContinuousClock.now < end {
          let log = OrderLog()
          run(log)
          orders.insert(log.text)
          runs += 1
        }
        continuation.resume(returning: (runs, orders))
      }
    }
  }

  /// Runs it under many schedules.
  fileprivate func runControlled() async -> (
    runs: Int, orders: Set<String>, complaints: [String]
  ) {
    var configuration = FuzzConfiguration()
    configuration.corpus = .none
    configuration.seed = 1
    configuration.schedules = Self.schedules
    configuration.strategy = .randomWalk
    configuration.interruptions = .everywhere
    configuration.checks.remove(.nothingInterleaved)
    let seen = OrderLog()
    let outcome = await Fuzzer(configuration).run(named: name) {
      let log = OrderLog()
      run(log)
      seen.mark(log.text + "\n")
    }
    return (
      outcome.report.schedules, Set(seen.text.split(separator: "\n").map(String.init)),
      (outcome.failure.map { ["\($0)"] } ?? []) + outcome.report.warnings + outcome.report.escapes
    )
  }
}

/// What a program did, in the order in which it did it.
final class OrderLog: @unchecked Sendable {
  private let lock = NSLock()
  private var marks = ""

  func mark(_ mark: String) {
    lock.lock()
    marks += mark
    lock.unlock()
  }

  var text: String {
    lock.lock()
    defer { lock.unlock() }
    return marks
  }
}

/// All ways to do what some do one after the other, each in its own order.
func merges(_ lines: [String]) -> Set<String> {
  let open = lines.indices.filter { !lines[$0].isEmpty }
  guard !open.isEmpty else { return [""] }
  return open.reduce(into: []) { all, index in
    var rest = lines
    let first = rest[index].removeFirst()
    all.formUnion(merges(rest).map { String(first) + $0 })
  }
}

/// One of the first, then one of the second.
func * (first: Set<String>, second: Set<String>) -> Set<String> {
  Set(first.flatMap { one in second.map { one + $0 } })
}
