import Testing

@testable import Interleave

/// Two tasks that check, wait and act; mended, they act in the step that checks.
private actor Account {
  private(set) var balance = 100
  private var withdrawals = 0

  func withdrawTooLate(_ amount: Int) async {
    guard balance >= amount else { return }
    await Task.yield()
    balance -= amount
  }

  func withdraw(_ amount: Int) {
    guard balance >= amount else { return }
    balance -= amount
    withdrawals += 1
  }
}

@Suite struct ReductionStrategyTests {
  private func outcome(
    _ strategy: FuzzConfiguration.StrategyChoice = .reduction, clients: Int = 2,
    _ body: @escaping @Sendable (Account) async -> Void
  ) async -> FuzzOutcome {
    var configuration = FuzzConfiguration()
    configuration.strategy = strategy
    configuration.seed = 1
    configuration.corpus = .none
    return await Fuzzer(configuration).run(named: "account") {
      let account = Account()
      always(account, "not overdrawn") { $0.balance >= 0 }
      await withDiscardingTaskGroup { group in
        for _ in 0..<clients { group.addTask { await body(account) } }
      }
    }
  }

  @Test func aBodyWhoseInterleavingsAllPassIsProved() async {
    let outcome = await outcome { await $0.withdraw(80) }
    #expect(outcome.failure == nil)
    #expect(outcome.report.isExhaustive)
    #expect("\(outcome.report)".contains("a proof for this input"))
    #expect(outcome.report.schedules < 1_000)
  }

  @Test func aRaceIsFound() async {
    let outcome = await outcome { await $0.withdrawTooLate(80) }
    #expect(outcome.failure?.kind == .invariant)
    #expect(!outcome.report.isExhaustive)
  }

  @Test func thePortfolioProvesByItselfWhatHasFewInterleavings() async {
    let outcome = await outcome(.portfolio, clients: 3) { await $0.withdraw(80) }
    #expect(outcome.failure == nil)
    #expect(outcome.report.isExhaustive)
    #expect(
      outcome.report.summary.hasPrefix(
        "all \(outcome.report.distinctInterleavings) interleavings pass (a proof for this input "
          + "under the dependency relation)"))
    #expect(outcome.report.schedules < 1_000)
    #expect(outcome.report.warnings.isEmpty)
  }

  @Test func thePortfolioStillFindsARace() async {
    let outcome = await outcome(.portfolio) { await $0.withdrawTooLate(80) }
    #expect(outcome.failure?.kind == .invariant)
    #expect(!outcome.report.isExhaustive)
  }

  @Test func whereThereAreManyInterleavingsASearchTakesLittle() async throws {
    let outcome = await outcome(.portfolio, clients: 6) { account in
      for _ in 0..<3 { await account.withdraw(1) }
    }
    #expect(outcome.failure == nil)
    #expect(!outcome.report.isExhaustive)
    #expect(outcome.report.schedules == 1_000)
    let share = try #require(outcome.report.strategies.first { $0.name == "reduction" })
    #expect(share.schedules <= 400)
  }

  @Test func aTimerThatCompetesIsWhyNothingIsProved() async {
    let outcome = await outcome { account in
      async let sleep: Void? = try? Task.sleep(nanoseconds: 1_000)
      await account.withdraw(1)
      _ = await sleep
    }
    #expect(outcome.failure == nil)
    #expect(!outcome.report.isExhaustive)
    #expect(
      outcome.report.warnings == ["nothing was proved: a timer competed with other work"])
  }
}

/// An actor of whose own tasks one breaks what should hold, and the next one mends it.
///
/// Neither runs anywhere else, so that their steps depend on nothing but each other.
private actor Dipper {
  private(set) var level = 0

  func start() {
    Task { level = -1 }
    Task { level = 0 }
  }
}

@Suite struct LateInvariantTests {
  private func outcome(_ body: @escaping @Sendable () async -> Void) async -> FuzzOutcome {
    var configuration = FuzzConfiguration()
    configuration.strategy = .reduction
    configuration.seed = 1
    configuration.corpus = .none
    return await Fuzzer(configuration).run(named: "late invariant", body)
  }

  @Test func anInvariantThatIsStatedWhileItsActorWorksIsTriedBeforeAndAfterEachStep() async {
    let outcome = await outcome {
      let dipper = Dipper()
      await dipper.start()
      for _ in 0..<3 { await Task.yield() }
      always(dipper, "the level is never below 0") { $0.level >= 0 }
    }
    #expect(outcome.failure?.kind == .invariant)
  }
}
