import Foundation
import Interleave
import InterleaveEngine

/// Estimates how many interleavings there are of programs whose steps are interrupted inside, each
/// from 300 walks of 10 seeds, and counts them by a proof.
///
/// - Returns: Of ten estimates that give a number, nine are no farther from the right one than a
///   fifth of it; of ten that give bounds, it is between these in nine.
func measureEstimates() async throws -> Bool {
  try await Task(executorPreference: MachineThread()) {
    var settings = MachineSettings()
    settings.interruptions = .before
    let machine = try Machine(settings: settings)
    var table = MarkdownTable(
      "program", "interleavings", "runs of the proof", "least", "mean", "most", "within a fifth",
      "said \"about\"", "of these within a fifth", "between the bounds")
    var all = EstimateTally()
    for program in DividedProgram.all {
      guard let exact = machine.prove(program.body) else {
        preconditionFailure("there is no proof of \(program.name)")
      }
      var tally = EstimateTally()
      for seed in 1...10 as ClosedRange<UInt64> {
        guard let estimate = machine.estimate(program.body, walks: 300, seed: seed) else {
          preconditionFailure("nothing is told of \(program.name)")
        }
        tally.add(estimate, of: Double(exact.number))
      }
      table.add(
        [program.name, exact.number.grouped, exact.runs.grouped] + tally.spread + tally.counts)
      all.merge(tally)
    }
    table.add(["all", "", "", "", "", ""] + all.counts)
    print(table)
    return all.isGood
  }.value
}

/// How near estimates came to a number that is known.
private struct EstimateTally {
  private var ratios: [Double] = []
  private var near = 0
  private var told = 0
  private var nearOfTold = 0
  private var bounded = 0

  mutating func add(_ estimate: FuzzReport.InterleavingEstimate, of exact: Double) {
    let ratio = estimate.estimate / exact
    let isNear = abs(ratio - 1) <= 0.2
    let isTold = "\(estimate)".hasPrefix("about")
    ratios.append(ratio)
    near += isNear ? 1 : 0
    told += isTold ? 1 : 0
    nearOfTold += isNear && isTold ? 1 : 0
    bounded += estimate.lowerBound <= exact && exact <= estimate.upperBound ? 1 : 0
  }

  mutating func merge(_ other: EstimateTally) {
    ratios += other.ratios
    near += other.near
    told += other.told
    nearOfTold += other.nearOfTold
    bounded += other.bounded
  }

  var spread: [String] {
    let mean = ratios.reduce(0, +) / Double(max(1, ratios.count))
    return [ratios.min() ?? 0, mean, ratios.max() ?? 0].map { $0.fixed(2) }
  }

  var counts: [String] {
    ["\(near) of \(ratios.count)", "\(told)", "\(nearOfTold)", "\(bounded)"]
  }

  var isGood: Bool { nearOfTold * 10 >= told * 9 && bounded * 10 >= ratios.count * 9 }
}

extension Machine {
  /// Runs all interleavings of a program's segments.
  fileprivate func prove(
    _ body: @escaping @Sendable () async -> Void
  ) -> (number: Int, runs: Int)? {
    let search = Reduction(grain: .segments)
    var runs = 0
    while runs < 200_000, search.advance() {
      runs += 1
      _ = run(search, RunStart(index: 0, seed: 0)) { Task { await body() } }
      search.learn(from: self)
      finish()
    }
    guard search.isExhausted, search.dividedStep == nil else { return nil }
    return (search.interleavings, runs)
  }

  /// What walks say of how many there are; nil where one says nothing.
  fileprivate func estimate(
    _ body: @escaping @Sendable () async -> Void, walks: Int, seed: UInt64
  ) -> FuzzReport.InterleavingEstimate? {
    let kinds: [any Strategy] = [RandomWalk(grain: .segments), StratifiedWalk(grain: .segments)]
    let looking = OddsOfRuns()
    var odds: [InterleavingOdds] = []
    for walk in 0..<walks {
      let strategy = kinds[walk % kinds.count]
      let start = RunStart(index: walk, seed: SplitMix64.seed(seed, stream: UInt64(walk)))
      _ = run(strategy, start) { Task { await body() } }
      defer { finish() }
      guard let seen = looking.look(at: self, drawnBy: strategy) else { return nil }
      odds.append(seen)
    }
    return FuzzReport.InterleavingEstimate(by: odds, afterTrying: 0)
  }
}

/// A program whose steps are interrupted inside.
private struct DividedProgram: Sendable {
  var name: String
  var body: @Sendable () async -> Void

  static let all: [DividedProgram] = [
    DividedProgram(name: "two sections of a lock, twice") {
      let shared = Shared()
      await inTasks(2) { _ in for _ in 0..<2 { shared.lock.withLock { shared.count += 1 } } }
    },
    DividedProgram(name: "three tasks, two sections each") {
      let shared = Shared()
      await inTasks(3) { _ in for _ in 0..<2 { shared.lock.withLock { shared.count += 1 } } }
    },
    DividedProgram(name: "a check, and an act upon it") {
      let shared = Shared()
      await inTasks(3) { _ in
        let seen = shared.lock.withLock { shared.count }
        shared.lock.withLock { shared.count = seen + 1 }
      }
    },
    DividedProgram(name: "locks within locks") {
      let (outer, inner) = (Shared(), Shared())
      await inTasks(3) { _ in
        outer.lock.withLock { inner.lock.withLock { inner.count += 1 } }
        inner.lock.withLock { inner.count += 1 }
      }
    },
    DividedProgram(name: "locks on actors") {
      let shared = Shared()
      let desks = (0..<3).map { _ in Desk(shared) }
      await inTasks(3) { number in await desks[number].work() }
    },
    DividedProgram(name: "an actor for all, and a lock") {
      let shared = Shared()
      let desk = Desk(shared)
      await inTasks(3) { number in
        if number == 0 { shared.lock.withLock { shared.count += 1 } }
        await desk.work()
      }
    },
    DividedProgram(name: "a task that is cancelled") {
      let shared = Shared()
      let task = Task {
        for _ in 0..<3 where !Task.isCancelled { shared.lock.withLock { shared.count += 1 } }
      }
      let other = Task { shared.lock.withLock { shared.count += 1 } }
      task.cancel()
      _ = await (task.value, other.value)
    },
    DividedProgram(name: "two that cancel a third") {
      let shared = Shared()
      let task = Task {
        for _ in 0..<2 where !Task.isCancelled { shared.lock.withLock { shared.count += 1 } }
      }
      await inTasks(2) { _ in
        shared.lock.withLock { shared.count += 1 }
        task.cancel()
      }
      await task.value
    },
    DividedProgram(name: "children of a group with locks") {
      let shared = Shared()
      await withTaskGroup(of: Int.self) { group in
        for number in 0..<3 {
          group.addTask {
            shared.lock.withLock { shared.count += 1 }
            return number
          }
        }
        for await _ in group {}
      }
    },
    DividedProgram(name: "continuations under a lock") {
      let shared = Shared()
      let desk = Desk(shared)
      await inTasks(3) { number in
        if number == 2 { shared.open() } else { await desk.wait() }
      }
    },
    DividedProgram(name: "actors with a lock of each's own") {
      let desks = (0..<3).map { _ in Desk(Shared()) }
      await inTasks(4) { number in await desks[number % 3].work() }
    },
  ]
}

/// Makes so many tasks, and waits for them.
private func inTasks(_ count: Int, _ body: @escaping @Sendable (Int) async -> Void) async {
  let tasks = (0..<count).map { number in Task { await body(number) } }
  for task in tasks { await task.value }
}

private final class Shared: @unchecked Sendable {
  let lock = NSLock()
  var count = 0
  private var isOpen = false
  private var waiting: [CheckedContinuation<Void, Never>] = []

  func open() {
    let all = lock.withLock {
      isOpen = true
      defer { waiting = [] }
      return waiting
    }
    for continuation in all { continuation.resume() }
  }

  func wait() async {
    await withCheckedContinuation { continuation in
      let isOpen = lock.withLock {
        if !self.isOpen { waiting.append(continuation) }
        return self.isOpen
      }
      if isOpen { continuation.resume() }
    }
  }
}

private actor Desk {
  private let shared: Shared
  private var count = 0

  init(_ shared: Shared) { self.shared = shared }

  func work() {
    let seen = shared.lock.withLock { shared.count }
    shared.lock.withLock { shared.count = seen + 1 }
    count += 1
  }

  func wait() async {
    await shared.wait()
    count += 1
  }
}
