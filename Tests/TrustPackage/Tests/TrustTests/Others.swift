import Foundation
import Interleave
import Testing

/// Fuzzed tests that neither crash nor hang: some fail, and some pass.
@Suite struct Others {
  @Test(.alike) func sellsTooMuch() async {
    let shop = Shop { $0 = Array($0.dropLast()) + [0] }
    async let first: Void = shop.sell()
    async let second: Void = shop.sell()
    _ = await (first, second)
    let till = Till()
    async let third: Void = till.add()
    async let fourth: Void = till.add()
    _ = await (third, fourth)
    #expect(await till.sum == 2)
  }

  @Test(.alike, arguments: [1, 2]) func failsInEachCase(customers: Int) async {
    let till = Till()
    await withTaskGroup { group in
      for _ in 0...customers { group.addTask { await till.add() } }
    }
    #expect(await till.sum == customers + 1)
  }

  @Test(.alike) func breaksAnInvariant() async throws {
    let till = Till()
    always(till) { $0.sum != 1 || $0.additions < 2 }
    async let first: Void = till.add()
    async let second: Void = till.add()
    _ = await (first, second)
  }

  @Test(.alike) func forgetsWhoWaits() async {
    let (stream, continuation) = AsyncStream.makeStream(of: Int.self)
    let till = Till()
    async let added: Void = till.add()
    if await till.sum == 1 { continuation.finish() }
    await added
    for await _ in stream {}
  }

  @Test(.alike) func passes() async {
    let shop = Shop(isMended: true) { $0.removeLast() }
    async let first: Void = shop.sell()
    async let second: Void = shop.sell()
    _ = await (first, second)
    #expect(await shop.items == 0)
  }

  @Test(.alike) func sleepsForHours() async throws {
    let start = ContinuousClock.now
    try await withThrowingTaskGroup { group in
      for n in 1...3 { group.addTask { try await Task.sleep(for: .seconds(n * 3600)) } }
      try await group.waitForAll()
    }
    #expect(ContinuousClock.now - start >= .seconds(3 * 3600))
  }

  @Test(.alike) func passesOnTheMainActor() async {
    let counter = MainCounter()
    async let first: Void = counter.bump()
    async let second: Void = counter.bump()
    _ = await (first, second)
    #expect(await counter.value == 2)
  }
}

/// Reads, waits, and writes what it has read.
private actor Till {
  private(set) var sum = 0
  private(set) var additions = 0
  private let log = Log()

  func add() async {
    let sum = sum
    await log.append()
    additions += 1
    self.sum = sum + 1
  }
}

@MainActor final class MainCounter {
  private(set) var value = 0

  func bump() { value += 1 }
}
