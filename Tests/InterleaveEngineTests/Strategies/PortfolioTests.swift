import InterleaveBugs
import InterleaveEngine
import Testing

@Suite struct PortfolioTests {
  /// Runs a body under a portfolio, the baseline first, and tells what it spent.
  private func spent(
    by portfolio: @escaping @Sendable () -> Portfolio, on program: String, runs: Int
  ) async throws -> [StrategyShare] {
    let body = try #require(BugProgram.named(program)).body
    return try await onThread {
      let hunt = try Hunt()
      let portfolio = portfolio()
      for index in 0..<runs { hunt.run(body, portfolio, seed: 5, index: index) }
      return portfolio.spent
    }
  }

  @Test func everyStrategyOfTheDefaultIsUsedFromTheStart() async throws {
    let shares = try await spent(by: { Portfolio() }, on: "deep_4_4", runs: 200)
    // One has nothing to do where a program says of nothing that it should see it sometimes.
    #expect(shares.allSatisfy { $0.schedules >= 5 || $0.name == "near" })
    #expect(shares.last?.schedules == 0)
    #expect(shares.reduce(0) { $0 + $1.schedules } == 199)
  }

  /// What they find, they find in few runs.
  @Test func theFirstRunsGoToThoseWhoFindMostInTheirFirst() async throws {
    let shares = try await spent(by: { Portfolio() }, on: "deep_4_4", runs: 25)
    let runs = Dictionary(uniqueKeysWithValues: shares.map { ($0.name, $0.schedules) })
    #expect(
      runs.filter { $0.value > 0 } == [
        "lockstep": 8, "delayBounded": 9, "pct": 1, "stratifiedWalk": 6,
      ])
  }

  @Test func theSearchByDelaysIsSeldomUsedLater() async throws {
    let shares = try await spent(by: { Portfolio() }, on: "deep_4_4", runs: 601)
    let delays = try #require(shares.first { $0.name == "delayBounded" })
    #expect((11...20).contains(delays.schedules), "\(delays.schedules)")
  }

  @Test func aStrategyThatReachesNothingNewKeepsItsGuaranteedShareAndNoMore() async throws {
    let shares = try await spent(
      by: { Portfolio(of: [("same", Baseline(), 1), ("walk", RandomWalk(), 1)]) },
      on: "deep_4_4", runs: 401)
    #expect((95...140).contains(shares[0].schedules), "\(shares[0].schedules)")
    #expect(shares[0].newInterleavings == 0)
    #expect(shares[1].newInterleavings > 200)
  }

  @Test func aStrategyThatHasNothingLeftIsNotAskedAgain() async throws {
    let shares = try await spent(
      by: { Portfolio(of: [("few", DelayBounded(maxDelays: 0), 1), ("walk", RandomWalk(), 1)]) },
      on: "account", runs: 101)
    #expect(shares.map(\.schedules) == [1, 99])
  }

  @Test func theSameSeedsGiveTheSameUse() async throws {
    let first = try await spent(by: { Portfolio() }, on: "philosophers_3", runs: 150)
    let second = try await spent(by: { Portfolio() }, on: "philosophers_3", runs: 150)
    #expect(first == second)
  }

  private static let suite = BugProgram.all + BugProgram.compared

  @Test(arguments: suite.map(\.name).filter { $0 != "safestack" })
  func everyBugOfTheSuiteIsFound(name: String) async throws {
    let program = try #require(BugProgram.named(name))
    let found = try await onThread {
      try Hunt().run(program.body, seed: 1, atMost: 300)
    }
    #expect(found != nil)
  }

  @Test(arguments: suite.map(\.name))
  func noMendedTwinFails(name: String) async throws {
    let program = try #require(BugProgram.named(name))
    let found = try await onThread {
      try Hunt().run(program.mended, seed: 1, atMost: 15)
    }
    #expect(found == nil)
  }

  @Test func theSuiteNamesEachProgramOnce() {
    #expect(BugProgram.all.count >= 30)
    #expect(BugProgram.compared.count >= 5)
    #expect(Set(Self.suite.map(\.name)).count == Self.suite.count)
  }
}

/// Runs programs of the suite on one thread.
private final class Hunt {
  private let machine: Machine
  private let outcome = Outcome()

  /// What the root task came to; used on one thread.
  private final class Outcome: @unchecked Sendable {
    var failed = false
  }

  init() throws {
    machine = try Machine(settings: MachineSettings())
  }

  /// Runs a body under a portfolio until it fails.
  ///
  /// - Returns: The number of the run that failed; nil if none did.
  func run(
    _ body: @escaping @Sendable () async throws -> Void, seed: UInt64, atMost runs: Int
  ) -> Int? {
    let portfolio = Portfolio()
    return (0..<runs).first { run(body, portfolio, seed: seed, index: $0) }
  }

  /// Runs a body once, under the baseline if it is the first run.
  ///
  /// - Returns: Whether it failed.
  @discardableResult
  func run(
    _ body: @escaping @Sendable () async throws -> Void, _ strategy: any Strategy, seed: UInt64,
    index: Int
  ) -> Bool {
    let start = RunStart(index: index, seed: SplitMix64.seed(seed, stream: UInt64(index)))
    let chosen: any Strategy = index == 0 ? Baseline() : strategy
    outcome.failed = false
    let end = machine.run(chosen, start) { [outcome] in
      Task(priority: .medium) {
        do { try await body() } catch { outcome.failed = true }
      }
    }
    if index == 0 { strategy.end(machine.record) }
    machine.finish()
    return outcome.failed || end != .clean
  }
}
