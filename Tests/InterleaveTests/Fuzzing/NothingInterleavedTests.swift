import Interleave
import Testing

@Suite struct NothingInterleavedTests {
  @Test func aBodyOfOneTaskProvesNothing() async throws {
    let outcome = await fuzzed {
      let bank = Bank(balance: 100)
      _ = await bank.withdraw(80)
    }
    let failure = try #require(outcome.failure)
    #expect(failure.kind == .nothingInterleaved)
    #expect(outcome.report.schedules == 1)
    #expect(outcome.report.choices == 0)
  }

  @Test func anEmptyBodyProvesNothing() async {
    #expect(await fuzzed {}.failure?.kind == .nothingInterleaved)
  }

  @Test func twoTasksAreInterleaved() async {
    let outcome = await fuzzed {
      await withdrawTwice(from: Bank(balance: 100))
    }
    #expect(outcome.failure == nil, "\(outcome)")
    #expect(outcome.report.choices > 0)
    #expect(outcome.report.contendedActors.contains("Bank"))
  }

  @Test func itNeedNotBeChecked() async {
    let outcome = await fuzzed({ $0.checks.remove(.nothingInterleaved) }) {
      _ = await Bank(balance: 100).withdraw(80)
    }
    #expect(outcome.failure == nil, "\(outcome)")
    #expect(outcome.report.isExhaustive)
  }
}
