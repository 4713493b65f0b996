import Interleave
import Testing

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
  private func outcome(_ body: @escaping @Sendable (Account) async -> Void) async -> FuzzOutcome {
    var configuration = FuzzConfiguration()
    configuration.strategy = .reduction
    configuration.seed = 1
    configuration.corpus = .none
    return await Fuzzer(configuration).run(named: "account") {
      let account = Account()
      always(account, "not overdrawn") { $0.balance >= 0 }
      async let first: Void = body(account)
      async let second: Void = body(account)
      _ = await (first, second)
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
}
