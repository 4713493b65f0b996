import Interleave
import Testing

/// When it is said that no schedule with fewer preemptions fails.
@Suite struct MinimalityTests {
  private struct Overdrawn: Error {}

  /// Two withdrawals at the same time, of which one looks first if it is careless.
  private static func withdrawTwice(
    carelessly isCareless: @escaping @Sendable () -> Bool
  ) async throws {
    let bank = Bank(balance: 100)
    await withTaskGroup(of: Void.self) { group in
      for _ in 0..<2 {
        group.addTask {
          _ = isCareless() ? await bank.withdraw(80) : await bank.withdrawAtOnce(80)
        }
      }
    }
    if await bank.balance < 0 { throw Overdrawn() }
  }

  @Test func whereAllSchedulesWereTriedItIs() async throws {
    let outcome = await fuzzed { try await Self.withdrawTwice { true } }
    let failure = try #require(outcome.failure)
    #expect(failure.interleaving.preemptions == 1)
    #expect(failure.isMinimal)
  }

  /// Only schedules with the same cancellation are tried: with another, fewer might do.
  @Test func whereACancellationIsHeldFixedItIsNot() async throws {
    let outcome = await fuzzed(schedules: 1_000, { $0.cancellation = .anyTask }) {
      try await Self.withdrawTwice { Task.isCancelled }
    }
    let failure = try #require(outcome.failure)
    #expect(failure.interleaving.cancellation != nil)
    #expect(failure.interleaving.preemptions > 0)
    #expect(!failure.isMinimal)
    #expect(!failure.description.contains("no schedule with fewer preemptions fails"))
  }
}
