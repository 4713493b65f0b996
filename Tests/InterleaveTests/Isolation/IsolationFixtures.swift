import Foundation
import Interleave
import InterleaveBugs
import Testing

#if canImport(Darwin)
  import Darwin
#elseif canImport(Glibc)
  import Glibc
#endif

// Tests that crash and hang, between others that pass. IsolationTests runs them in
// processes of their own.

@Suite(.fixture) struct StopFixtures {
  private func run(_ name: String) async throws {
    try await #require(StopProgram.named(name)).body()
  }

  @Test(.fuzzed(schedules: 200, seed: 1)) func crashes() async throws { try await run("bounds") }
  @Test(.fuzzed(schedules: 200, seed: 1)) func exits() async throws { try await run("exit") }
  @Test(.fuzzed(schedules: 200, seed: 1)) func blocks() async throws { try await run("lock") }

  @Test(.fuzzed(schedules: 200, seed: 1)) func passes() async throws {
    try await #require(StopProgram.named("bounds")).mended()
  }

  @Test func passesUnfuzzed() async throws {
    for _ in 0..<20 { try await Task.sleep(for: .milliseconds(20)) }
    #expect(Bool(true))
  }

  @Test(.fuzzed(schedules: 200, seed: 1)) func failsAnExpectation() async throws {
    let bank = Bank(balance: 100)
    await withdrawTwice(from: bank)
    #expect(await bank.balance >= 0)
  }
}

@Suite(.fixture) struct HeapFixtures {
  /// Gives back memory that was never handed out, which the allocator notices while it holds
  /// its own lock.
  @Test(.fuzzed(schedules: 200, seed: 1)) func breaksTheHeap() async {
    let bank = Bank(balance: 100)
    await withdrawTwice(from: bank)
    guard await bank.balance < 0, let memory = malloc(64) else { return }
    // By way of a number, or else the optimiser sees that nobody uses the memory.
    free(UnsafeMutableRawPointer(bitPattern: Int(bitPattern: memory) | 8))
  }
}

@Suite(.fixture) struct PlainCrashFixtures {
  @Test func crashesUnfuzzed() async throws {
    try await fuzz { await withdrawTwice(from: Bank(balance: 100), atOnce: true) }
    fatalError("outside of any run")
  }
}
