import Foundation
import Interleave
import Testing

// Fuzzed tests, some of which fail, beside ordinary tests that keep the runtime
// busy. StressTests runs them a few times: their verdicts must not change.

@Suite(.fixture) struct StressFixtures {
  @Test(.fuzzed(schedules: 200, seed: 3)) func fuzzedAndFails() async {
    let bank = Bank(balance: 100)
    await withdrawTwice(from: bank)
    #expect(await bank.balance >= 0)
  }

  @Test(.fuzzed(schedules: 200, seed: 3)) func fuzzedAndPasses() async {
    let bank = Bank(balance: 100)
    await withdrawTwice(from: bank, atOnce: true)
    #expect(await bank.balance == 20)
  }

  @Test(.fuzzed(schedules: 200, seed: 3)) func fuzzedOnTheMainActor() async {
    let counter = MainCounter.shared
    async let a: Void = counter.bump()
    async let b: Void = counter.bump()
    _ = await (a, b)
    #expect(await counter.value % 2 == 0)
  }

  @Test(.fuzzed(schedules: 50, seed: 3)) func fuzzedWithSleeps() async throws {
    let start = ContinuousClock.now
    try await withThrowingTaskGroup { group in
      for n in 1...3 { group.addTask { try await Task.sleep(for: .seconds(n * 600)) } }
      try await group.waitForAll()
    }
    #expect(ContinuousClock.now - start >= .seconds(1800))
  }

  @Test(.fuzzed(schedules: 200, seed: 3), arguments: [90, 200])
  func fuzzedInCases(balance: Int) async {
    let bank = Bank(balance: balance)
    await Task.detached { await withdrawTwice(from: bank) }.value
    #expect(await bank.balance >= 0)
  }

  @Test func callsFuzz() async throws {
    var configuration = FuzzConfiguration()
    configuration.schedules = 200
    configuration.seed = 3
    try await fuzz(configuration) {
      let bank = Bank(balance: 100)
      always(bank) { $0.balance >= 0 }
      await withdrawTwice(from: bank, atOnce: true)
    }
  }

  // MARK: Ordinary tests

  @Test(arguments: 0..<4) func actorsCallActors(n: Int) async {
    let bank = Bank(balance: 10_000)
    await withTaskGroup { group in
      for _ in 0..<20 {
        group.addTask { for _ in 0..<5 { _ = await bank.withdraw(1) } }
      }
    }
    #expect(await bank.balance == 9_900)
  }

  @Test(arguments: 0..<4) func sleepsTakeTheirTime(n: Int) async throws {
    let start = ContinuousClock.now
    for _ in 0..<5 { try await Task.sleep(for: .milliseconds(4)) }
    #expect(ContinuousClock.now - start >= .milliseconds(20))
    #expect(abs(Date().timeIntervalSince1970 - realTime()) < 5)
  }

  @Test func theMainActorServesEveryone() async {
    let counter = MainCounter()
    await withTaskGroup { group in
      for _ in 0..<50 {
        group.addTask {
          await counter.bump()
          await Task.yield()
        }
      }
    }
    #expect(await counter.value == 50)
  }

  @Test func streamsDeliverInOrder() async {
    let (stream, continuation) = AsyncStream.makeStream(of: Int.self)
    Task.detached {
      for n in 0..<500 {
        continuation.yield(n)
        if n.isMultiple(of: 50) { await Task.yield() }
      }
      continuation.finish()
    }
    var received: [Int] = []
    for await n in stream { received.append(n) }
    #expect(received == Array(0..<500))
  }

  /// Seconds since 1970 as a clock says that no run makes virtual: the file system's.
  private func realTime() -> Double {
    let path = FileManager.default.temporaryDirectory.path + "/clock-\(UUID().uuidString)"
    defer { try? FileManager.default.removeItem(atPath: path) }
    guard FileManager.default.createFile(atPath: path, contents: nil),
      let attributes = try? FileManager.default.attributesOfItem(atPath: path),
      let date = attributes[.modificationDate] as? Date
    else { return 0 }
    return date.timeIntervalSince1970
  }
}

@MainActor private final class MainCounter {
  nonisolated static let shared = MainCounter()
  private(set) var value = 0

  nonisolated init() {}

  func bump() { value += 1 }
}
