import Interleave
import Testing

/// The tests that the README and the tutorial begin with; they fail, as is shown.
@Suite(.disabled("run by TutorialTests")) struct ShownTests {
  @Test(.fuzzed) func neverOverdrawn() async throws {
    let bank = Bank(balance: 100)
    async let first = bank.withdraw(80)
    async let second = bank.withdraw(80)
    _ = await (first, second)
    #expect(await bank.balance >= 0)
  }

  @Test func neverOverdrawnAtAnyMoment() async throws {
    try await fuzz {
      let bank = Bank(balance: 100)
      always(bank, "the balance must not be negative") { $0.balance >= 0 }
      async let first = bank.withdraw(80)
      async let second = bank.withdraw(80)
      _ = await (first, second)
    }
  }
}

/// The bank as the tutorial mends it.
private actor MendedBank {
  private(set) var balance = 100
  private let log = Ledger()

  func withdraw(_ amount: Int) async -> Bool {
    guard balance >= amount else { return false }
    balance -= amount
    await log.append()
    return true
  }
}

private actor Ledger {
  private(set) var entries = 0

  func append() { entries += 1 }
}

/// What the tutorial says comes true.
struct TutorialTests {
  private var fuzzer: Fuzzer {
    var configuration = FuzzConfiguration()
    configuration.seed = 1
    configuration.corpus = .none
    return Fuzzer(configuration)
  }

  @Test func theFirstStepFailsAndTheSecondTellsWhatCollided() async throws {
    let outcome = await fuzzer.run(named: "neverOverdrawn") {
      try await ShownTests().neverOverdrawn()
    }
    let failure = try #require(outcome.failure)
    #expect(failure.kind == .expectation)
    #if DEBUG
      let page = try Documentation.page("FromAFlakyTestToAFixedBug")
      let report = failure.asciiText(width: 100)
      let shown = try #require(page.firstMatch(of: /```text\n(What collided(?:.|\n)*?)```/)).1
      #expect(report.contains(shown), "the page must show what is in:\n\(report)")
    #endif
  }

  @Test func theInvariantIsBroken() async throws {
    await #expect(throws: FuzzFailure.self) {
      var configuration = FuzzConfiguration()
      configuration.corpus = .none
      try await fuzz(configuration) {
        let bank = Bank(balance: 100)
        always(bank, "the balance must not be negative") { $0.balance >= 0 }
        async let first = bank.withdraw(80)
        async let second = bank.withdraw(80)
        _ = await (first, second)
      }
    }
  }

  @Test func theThirdStepMendsIt() async throws {
    let outcome = await fuzzer.run(named: "mended") {
      let bank = MendedBank()
      async let first = bank.withdraw(80)
      async let second = bank.withdraw(80)
      _ = await (first, second)
      #expect(await bank.balance == 20)
    }
    #expect(outcome.failure == nil, "\(outcome)")
  }
}
