import Foundation
import InterleaveBugs
import InterleaveEngine
import Testing

@testable import Interleave

#if canImport(Darwin)
  import Darwin
#elseif canImport(Glibc)
  import Glibc
#endif

/// What an exploration came to, but for the time it took.
private struct Result: Equatable, CustomStringConvertible {
  var report: FuzzReport
  var failure: String?
  var schedulesTried: Int

  init(_ outcome: FuzzOutcome) {
    report = outcome.report
    report.elapsed = .zero
    failure = outcome.failure.map { "\($0)" }
    schedulesTried = outcome.failure?.schedulesTried ?? 0
  }

  var description: String { "\(report)\n\(report.warnings)\n\(failure ?? "passed")" }
}

/// Notes who came, in two lists.
private actor Visitors {
  private(set) var names: [Int] = []

  func come(_ name: Int) { names.append(name) }
}

/// Lets five tasks come to one place, and four to another, in whatever order.
///
/// - Returns: They came in an order that is rare.
private func isRareOrder() async -> Bool {
  let (first, second) = (Visitors(), Visitors())
  await withTaskGroup(of: Void.self) { group in
    for name in 0..<5 { group.addTask { await first.come(name) } }
    for name in 0..<4 { group.addTask { await second.come(name) } }
  }
  let (some, others) = (await first.names, await second.names)
  return some.starts(with: [2, 4, 0]) && others.starts(with: [1, 3])
}

private struct RareOrder: Error {}

/// However many processes explore, they come to the same.
@Suite(.enabled(if: !fixturesAreEnabled)) struct WorkersTests {
  /// Fuzzes with 1, 2 and 3 workers, and expects the same of all.
  private func sameForAll(
    schedules: Int, _ configure: (inout FuzzConfiguration) -> Void = { _ in },
    sourceLocation: SourceLocation = #_sourceLocation,
    _ run: (Fuzzer) async -> FuzzOutcome
  ) async throws -> Result {
    var results: [Result] = []
    for workers in 1...3 {
      var configuration = FuzzConfiguration()
      configuration.schedules = schedules
      configuration.seed = 1
      configuration.corpus = .none
      configuration.workers = workers
      configure(&configuration)
      results.append(Result(await run(Fuzzer(configuration))))
      #expect(results[workers - 1] == results[0], "\(workers)", sourceLocation: sourceLocation)
    }
    return results[0]
  }

  @Test(arguments: ["account", "aba", "deep_4_4"])
  func aBugIsFoundAtTheSameSchedule(name: String) async throws {
    let program = try #require(BugProgram.named(name))
    let result = try await sameForAll(schedules: 1_000) {
      await $0.run(named: name, program.body)
    }
    #expect(result.failure != nil)
  }

  @Test(arguments: [1, 2, 3] as [UInt64])
  func aRareBugIsFoundAtTheSameSchedule(seed: UInt64) async throws {
    let result = try await sameForAll(schedules: 3_000, { $0.seed = seed }) {
      await $0.run(named: "rare") { if await isRareOrder() { throw RareOrder() } }
    }
    #expect(result.failure != nil)
    #expect(result.schedulesTried > ShareCut.first, "\(result)")
  }

  @Test(arguments: [
    FuzzConfiguration.StrategyChoice.portfolio, .randomWalk, .surw, .pct,
  ])
  func whatPassesIsReportedAlike(strategy: FuzzConfiguration.StrategyChoice) async throws {
    let result = try await sameForAll(schedules: 700, { $0.strategy = strategy }) {
      await $0.run(named: "passes") { _ = await isRareOrder() }
    }
    #expect(result.failure == nil, "\(result)")
    #expect(result.report.schedules == 700)
    #expect(result.report.contendedActors.isEmpty == false)
    #expect(result.report.residualRisk != nil)
    #expect(result.report.strategies.reduce(0) { $0 + $1.schedules } == 699)
  }

  @Test func aProofIsTheSame() async throws {
    let result = try await sameForAll(schedules: 2_000) {
      await $0.run(named: "proof") {
        let visitors = Visitors()
        await withTaskGroup(of: Void.self) { group in
          for name in 0..<3 { group.addTask { await visitors.come(name) } }
        }
      }
    }
    #expect(result.report.isExhaustive)
    #expect(result.report.warnings.isEmpty)
  }

  @Test func aRuleEndsAllAtTheSameSchedule() async throws {
    let result = try await sameForAll(
      schedules: 100_000,
      {
        $0.until = .risk(below: 0.02)
        $0.strategy = .randomWalk
      }
    ) {
      await $0.run(named: "until") { await withdrawTwice(from: Bank(balance: 100), atOnce: true) }
    }
    #expect(result.report.ending == .risk(below: 0.02))
    #expect(result.report.schedules > ShareCut.first)
  }

  @Test func inputsAreTheSame() async throws {
    let found = try await sameForAll(schedules: 2_000) {
      await $0.run(named: "inputs", over: .int(in: 0...400)) { number in
        let bank = Bank(balance: 100)
        await withdrawTwice(from: bank)
        if number % 50 == 17, await bank.balance < 0 { throw RareOrder() }
      }
    }
    #expect(found.failure?.contains("17") == true)
    #expect(found.schedulesTried > ShareCut.first, "\(found)")
  }

  @Test func cancellationsAreTheSame() async throws {
    let result = try await sameForAll(schedules: 600, { $0.cancellation = .anyTask }) {
      await $0.run(named: "cancelled") {
        await withdrawTwice(from: Bank(balance: 100), atOnce: true)
      }
    }
    #expect(result.failure == nil, "\(result)")
    #expect(result.report.cancellations > 300)
  }

  @Test func aCrashOfAWorkerIsAFailureAsAnyOther() async throws {
    let result = try await sameForAll(schedules: 3_000, { $0.shrinking.runs = 200 }) {
      await $0.run(named: "crash") {
        if await isRareOrder() { fatalError("they came in a rare order") }
      }
    }
    #expect(result.failure?.contains("they came in a rare order") == true, "\(result)")
    #expect(result.schedulesTried > ShareCut.first, "\(result)")
  }

  @Test func aHangOfAWorkerIsAFailureAsAnyOther() async throws {
    let result = try await sameForAll(schedules: 3_000, { $0.shrinking.runs = 200 }) {
      await $0.run(named: "hang") {
        if await isRareOrder() { wait(for: DispatchSemaphore(value: 0)) }
      }
    }
    #expect(result.failure?.contains("blocks its thread for ever") == true, "\(result)")
    #expect(result.schedulesTried > ShareCut.first, "\(result)")
  }

  @Test func processesOfTheirOwnMayHaveWorkers() async throws {
    let result = try await sameForAll(
      schedules: 1_000,
      {
        $0.isolation = .process
        $0.shrinking.runs = 50
        $0.seed = 2
      }
    ) {
      await $0.run(named: "rare") { if await isRareOrder() { throw RareOrder() } }
    }
    #expect(result.failure?.contains("RareOrder") == true)
    #expect(result.schedulesTried > ShareCut.first)
  }

  @Test func anOrderIsMissedAlike() async throws {
    let result = try await sameForAll(schedules: 300, { $0.ordering = ["never" < "reached"] }) {
      await $0.run(named: "order") {
        await withdrawTwice(from: Bank(balance: 100), atOnce: true)
        await checkpoint("reached")
      }
    }
    #expect(result.failure != nil, "\(result)")
  }

  // MARK: What befalls workers

  @Test func aKilledChildLosesNothing() async throws {
    let parent = getpid()
    let configure: @Sendable (inout FuzzConfiguration) -> Void = { $0.interruptions = .never }
    let whole = Result(await fuzzed(schedules: 900, configure) { _ = await isRareOrder() })
    for workers in 2...3 {
      let runs = try #require(WorkBoard(workers: 1, first: 0))
      let outcome = await fuzzed(
        schedules: 900,
        {
          configure(&$0)
          $0.workers = workers
        }
      ) {
        _ = await isRareOrder()
        guard getpid() != parent, runs.take(worker: 0) == 20 else { return }
        // What a step does to its process is contained.
        Thread.detachNewThread { kill(getpid(), SIGKILL) }
        while true { pause() }
      }
      var result = Result(outcome)
      #expect(result.report.warnings.count == 1)
      #expect(result.report.warnings.first?.contains("was killed") == true)
      result.report.warnings = []
      #expect(result == whole)
    }
  }

  @Test func theFirstFailureStopsTheOthers() async throws {
    let runs = try #require(WorkBoard(workers: 1, first: 0))
    let outcome = await fuzzed(
      schedules: 100_000,
      {
        $0.workers = 2; $0.strategy = .randomWalk
      }
    ) {
      _ = runs.take(worker: 0)
      if await isRareOrder() { throw RareOrder() }
    }
    let failure = try #require(outcome.failure)
    #expect(failure.schedulesTried > ShareCut.first)
    let made = try #require(runs.take(worker: 0))
    #expect(made < 50_000)
  }

  @Test func workersEndWhenTheTimeIsUp() async {
    let outcome = await fuzzed(
      schedules: .max,
      {
        $0.workers = 2
        $0.strategy = .randomWalk
        $0.duration = .milliseconds(200)
      }
    ) { _ = await isRareOrder() }
    #expect(outcome.failure == nil)
    #expect(outcome.report.ending == .duration)
    #expect(outcome.report.schedules > 0)
  }

  @Test func aCancelledTestEndsItsWorkers() async {
    let begun = WorkBoard(workers: 1, first: 0)
    let task = Task {
      await fuzzed(
        schedules: .max,
        {
          $0.workers = 2; $0.strategy = .randomWalk
        }
      ) {
        _ = begun?.take(worker: 0)
        _ = await isRareOrder()
      }
    }
    while begun?.current(of: 0) ?? 0 < 1_000 { await Task.yield() }
    task.cancel()
    let outcome = await task.value
    #expect(outcome.report.ending == .cancellation)
  }

  @Test func whatABodyWritesStaysInTheChild() async throws {
    let parent = getpid()
    let inChildren = try #require(WorkBoard(workers: 1, first: 0))
    let here = Counter()
    let outcome = await fuzzed(
      schedules: 500,
      {
        $0.workers = 2; $0.strategy = .randomWalk
      }
    ) {
      await withdrawTwice(from: Bank(balance: 100), atOnce: true)
      here.count += 1
      if getpid() != parent { _ = inChildren.take(worker: 0) }
    }
    #expect(outcome.report.schedules == 500)
    // Two of the schedules that were run here are repeated.
    #expect(here.count == ShareCut.first + 2)
    // Of the others, the hundredth is.
    #expect(inChildren.take(worker: 0) == 500 - ShareCut.first + 1)
  }

  // MARK: What cannot be shared

  @Test func aStrategyThatGoesThroughSchedulesExploresAlone() async throws {
    let outcome = await fuzzed(
      schedules: 300,
      {
        $0.workers = 2; $0.strategy = .delayBounded
      }
    ) {
      _ = await isRareOrder()
    }
    #expect(
      outcome.report.warnings == [
        "`workers: 2` made no difference: the strategy `delayBounded` is one that chooses all "
          + "schedules by itself, since it goes through them one after another or may learn from "
          + "them all"
      ])
  }

  @Test func withoutIsolationAllRunsAreMadeHere() async {
    let here = Counter()
    let outcome = await fuzzed(
      schedules: 300,
      {
        $0.workers = 2; $0.isolation = .none
      }
    ) {
      here.count += 1
      _ = await isRareOrder()
    }
    #expect(here.count >= 300)
    #expect(
      outcome.report.warnings == [
        "`workers: 2` made no difference: `isolation: .none` keeps all runs in this process"
      ])
  }
}

/// Counts on the one thread on which runs are made.
private final class Counter: @unchecked Sendable {
  var count = 0
}

private func wait(for semaphore: DispatchSemaphore) { semaphore.wait() }
