import Foundation
import Interleave
import Testing

/// Fuzzed tests are under control, whatever the tests are built with.
@Suite struct FuzzedTests {
  private static let configuration = {
    var configuration = FuzzConfiguration()
    configuration.schedules = 100
    configuration.seed = 1
    configuration.corpus = .none
    return configuration
  }()

  static func run(
    isolation: FuzzConfiguration.Isolation = .automatic, schedules: Int = 100, shrinks: Bool = true,
    _ body: @escaping @Sendable () async throws -> Void
  ) async -> FuzzFailure? {
    var configuration = configuration
    configuration.schedules = schedules
    configuration.isolation = isolation
    if !shrinks { configuration.shrinking.runs = 0 }
    if case .failed(let failure, _) = await Fuzzer(configuration).run(named: "body", body) {
      return failure
    }
    return nil
  }

  @Test(.fuzzed(schedules: 100)) func aMendedBankIsNeverOverdrawn() async throws {
    try await withdrawTwice(isMended: true)
  }

  @Test(arguments: [FuzzConfiguration.Isolation.automatic, .process, .none])
  func aRaceBetweenStepsIsFound(_ isolation: FuzzConfiguration.Isolation) async throws {
    let failure = await Self.run(isolation: isolation) { try await withdrawTwice(isMended: false) }
    #expect(try #require(failure).kind == .thrownError)
    #expect(failure?.interleaving.preemptions == 1)
  }

  @Test func aCrashIsFound() async throws {
    let failure = await Self.run {
      let bank = Bank(balance: 100)
      async let first: Void = bank.withdraw(80)
      async let second: Void = bank.withdraw(80)
      _ = await (first, second)
      let balance = await bank.balance
      // Without checks, a precondition would be none.
      guard balance >= 0 else { fatalError("overdrawn") }
    }
    #expect(try #require(failure).kind == .crash)
    #expect(failure?.message.contains("overdrawn") == true)
  }

  @Test func aHangIsFound() async throws {
    var configuration = Self.configuration
    configuration.hangLimit = .milliseconds(200)
    let outcome = await Fuzzer(configuration).run(named: "hang") {
      let bank = Bank(balance: 100)
      async let first: Void = bank.withdraw(80)
      async let second: Void = bank.withdraw(80)
      _ = await (first, second)
      let isOverdrawn = await bank.balance < 0
      while isOverdrawn { spin() }
    }
    guard case .failed(let failure, _) = outcome else {
      Issue.record("the hang was not found")
      return
    }
    #expect(failure.kind == .hang)
  }

  @Test func timeAndRandomnessBelongToTheRun() async throws {
    let failure = await Self.run {
      async let first: Void = Task.yield()
      async let second: Void = Task.yield()
      let (began, word) = (ContinuousClock.now, UInt64.random(in: 0...UInt64.max))
      try await Task.sleep(for: .seconds(7200))
      _ = await (first, second)
      guard ContinuousClock.now - began == .seconds(7200), word != 0, UUID() != UUID() else {
        throw Unexpected()
      }
    }
    #expect(failure == nil)
  }
}

private struct Unexpected: Error {}

@inline(never) private func spin() {}
