import Foundation
import Interleave
import InterleaveEngine
import Testing

@Suite struct NothingInterleavedTests {
  @Test func tasksThatRunOneAfterTheOtherProveNothing() async throws {
    let outcome = await fuzzed {
      let bank = Bank(balance: 100)
      _ = await Task { await bank.withdraw(80) }.value
      _ = await Task { await bank.withdraw(80) }.value
    }
    let failure = try #require(outcome.failure)
    #expect(failure.kind == .nothingInterleaved)
    // Until one of them could have interrupted a step inside.
    #expect(outcome.report.schedules <= 16)
    #expect(outcome.report.choices == 0)
    #expect(failure.message.contains("`configuration.checks.remove(.nothingInterleaved)`"))
  }

  /// In whole steps the other task only ever comes when the body awaits it.
  @Test(.enabled(if: Interruptions.obstacle == nil))
  func whatCanOnlyBeInterleavedInsideAStepIsInterleaved() async throws {
    let outcome = await fuzzed {
      let number = LockedNumber()
      let other = Task { number.value = 1 }
      let looks = [number.value, number.value]
      await other.value
      #expect(looks[0] == looks[1])
    }
    let failure = try #require(outcome.failure)
    #expect(failure.kind == .expectation, "\(outcome)")
    #expect(failure.interleaving.preemptions == 1)
    #expect(outcome.report.choices > 0)
  }

  private final class LockedNumber: @unchecked Sendable {
    private let lock = NSLock()
    private var number = 0
    var value: Int {
      get { lock.withLock { number } }
      set { lock.withLock { number = newValue } }
    }
  }

  @Test func aBodyOfOneTaskIsWarnedOf() async throws {
    let outcome = await fuzzed {
      let bank = Bank(balance: 100)
      _ = await bank.withdraw(80)
    }
    #expect(outcome.failure == nil, "\(outcome)")
    let warning = try #require(outcome.report.warnings.first)
    #expect(outcome.report.warnings.count == 1)
    #expect(warning.contains("The body is a single task"))
    #expect(warning.contains("`configuration.checks.remove(.nothingInterleaved)`"))
  }

  @Test func aBodyThatNeverSuspendsIsWarnedOf() async {
    let outcome = await fuzzed {
      let values = [3, 1, 2].sorted()
      #expect(values == [1, 2, 3])
    }
    #expect(outcome.failure == nil, "\(outcome)")
    #expect(outcome.report.warnings.count == 1)
    #expect(outcome.report.warnings.first?.contains("The body never suspends") == true)
  }

  @Test func aMendedTestThatInterleavesNothingAnyMoreIsWarnedOf() async throws {
    try await withTemporaryFolder { folder in
      let racy = await fuzzed({ $0.corpus = .at(folder) }, named: "mended") {
        let bank = Bank(balance: 100)
        await withdrawTwice(from: bank)
        #expect(await bank.balance >= 0)
      }
      #expect(racy.failure?.corpusFile != nil)
      let mended = await fuzzed({ $0.corpus = .at(folder) }, named: "mended") {
        let bank = Bank(balance: 100)
        _ = await bank.withdraw(80)
        _ = await bank.withdraw(80)
        #expect(await bank.balance >= 0)
      }
      #expect(mended.failure == nil, "\(mended)")
      #expect(mended.report.replayed == 1)
      #expect(mended.report.warnings.contains { $0.contains("as a regression test") }, "\(mended)")
    }
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
