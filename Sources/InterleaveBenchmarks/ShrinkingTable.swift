import Foundation
import Interleave
import InterleaveBugs

/// Shows what becomes of failures that are dear to make small: crashes, hangs, long runs, and
/// schedules in which no deviation can be left out alone.
///
/// - Returns: All were found.
func showShrinking() async -> Bool {
  var table = MarkdownTable(
    "program", "kind", "steps, found", "steps", "deviations, found", "deviations", "preemptions",
    "fewest shown", "s, median", "s, worst")
  var isGood = true
  for program in DearFailure.all {
    var failures: [(failure: FuzzFailure, seconds: Double)] = []
    for seed in UInt64(1)...3 {
      let result = await program.shrink(seed: seed)
      guard let failure = result.failure else { continue }
      failures.append((failure, result.seconds))
    }
    let found = failures.map(\.failure)
    guard let first = found.first else {
      isGood = false
      table.add([program.name] + Array(repeating: "", count: 9))
      continue
    }
    func words(_ size: (FuzzFailure) -> Int) -> String {
      found.map { "\(size($0))" }.joined(separator: ", ")
    }
    let times = Sample(failures.map(\.seconds))
    table.add(
      program.name, first.kind.rawValue, words { $0.original.steps },
      words { $0.interleaving.wholeSteps }, words { $0.original.deviations },
      words { $0.interleaving.deviations.count }, words { $0.interleaving.preemptions },
      "\(found.count { $0.isMinimal }) of \(found.count)", times.median.fixed(2),
      times.most.fixed(2))
  }
  print(table)
  return isGood
}

/// A program whose failure is dear to make small.
private struct DearFailure {
  var name: String
  var body: @Sendable () async throws -> Void

  static let all: [DearFailure] = [
    DearFailure(stop: "fatalError"), DearFailure(stop: "exit"), DearFailure(stop: "lock"),
    DearFailure(name: "crash, 6 × 4") { await LongCrash.sell(customers: 6, looks: 4) },
    DearFailure(name: "crash, 20 × 10") { await LongCrash.sell(customers: 20, looks: 10) },
    DearFailure(name: "error, 20 × 10") { try await withdraw(tasks: 20, each: 10) },
    DearFailure(name: "error, 100 × 20") { try await withdraw(tasks: 100, each: 20) },
    DearFailure(bug: "deep_2_4"), DearFailure(bug: "deep_4_4"), DearFailure(bug: "reorder_30"),
    DearFailure(bug: "twostage_30"), DearFailure(bug: "philosophers_3"),
    DearFailure(name: "three swaps") { try await swap(pairs: 3) },
  ]

  init(name: String, body: @escaping @Sendable () async throws -> Void) {
    self.name = name
    self.body = body
  }

  private init(stop name: String) {
    guard let program = StopProgram.named(name) else { preconditionFailure("no program \(name)") }
    self.init(name: "\(program.kind.rawValue), \(name)", body: program.body)
  }

  private init(bug name: String) {
    guard let program = BugProgram.named(name) else { preconditionFailure("no program \(name)") }
    self.init(name: name, body: program.body)
  }

  /// Looks for the failure by a random walk, which deviates as much as can be, and makes it small.
  ///
  /// - Returns: The failure, and how many seconds went by since it was found.
  func shrink(seed: UInt64) async -> (failure: FuzzFailure?, seconds: Double) {
    var configuration = FuzzConfiguration()
    configuration.schedules = 2_000
    configuration.strategy = .randomWalk
    configuration.seed = seed
    configuration.corpus = .none
    configuration.hangLimit = .milliseconds(400)
    var asFound = configuration
    asFound.shrinking.runs = 0
    let clock = ContinuousClock()
    var start = clock.now
    _ = await Fuzzer(asFound).run(named: name, body)
    let search = clock.now - start
    start = clock.now
    let failure = await Fuzzer(configuration).run(named: name, body).failure
    return (failure, max(0, (clock.now - start - search) / .seconds(1)))
  }
}

private struct Overdrawn: Error {}

private func withdraw(tasks: Int, each: Int) async throws {
  let balance = await Withdrawals(
    tasks: tasks, each: each, balance: tasks * each - 1
  ).run()
  if balance < 0 { throw Overdrawn() }
}

/// Fails where each of some pairs comes the other way round.
private func swap(pairs: Int) async throws {
  let order = Marks()
  await withTaskGroup(of: Void.self) { group in
    for mark in 0..<2 * pairs {
      group.addTask {
        for _ in 0..<2 { await order.look() }
        await order.add(mark)
      }
    }
  }
  let marks = await order.marks
  let isSwapped = (0..<pairs).allSatisfy { pair in
    guard let first = marks.firstIndex(of: 2 * pair),
      let second = marks.firstIndex(of: 2 * pair + 1)
    else { return false }
    return second < first
  }
  if isSwapped { throw Overdrawn() }
}

private actor Marks {
  private(set) var marks: [Int] = []

  func look() {}
  func add(_ mark: Int) { marks.append(mark) }
}
