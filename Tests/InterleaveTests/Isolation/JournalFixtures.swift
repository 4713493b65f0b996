import Foundation
import Interleave
import InterleaveBugs
import Testing

#if canImport(Darwin)
  import Darwin
#elseif canImport(Glibc)
  import Glibc
#endif

// Tests whose process is ended while they are at it. JournalTests does so.

@Suite(.fixture) struct JournalFixtures {
  /// Takes long to be made smaller: each of its runs sleeps a little.
  @Test(.fuzzed(schedules: 2_000, seed: 1)) func takesLong() async {
    let bank = Bank(balance: 100)
    await withTaskGroup { group in
      for _ in 0..<6 { group.addTask { _ = await bank.withdraw(30) } }
    }
    usleep(20_000)
    #expect(await bank.balance >= 0)
  }

  /// The same, so that not even one run is over when somebody has waited for it.
  @Test(.fuzzed(schedules: 2_000, seed: 1)) func takesVeryLong() async {
    await withdrawTwice(from: Bank(balance: 100))
    usleep(6_000_000)
    Issue.record("it took very long")
  }

  /// A run of it never ends.
  @Test(.fuzzed(schedules: 200, seed: 1)) func hangs() async throws {
    try await #require(StopProgram.named("endlessLoop")).body()
  }

  /// A step takes long, and ends.
  @Test(.fuzzed(schedules: 2, seed: 1)) func isSlow() async {
    await withdrawTwice(from: Bank(balance: 100), atOnce: true)
    usleep(1_800_000)
  }
}

@Suite(.fixture) struct ClosingFixtures {
  private func closeAll() { for file in Int32(3)..<256 { close(file) } }

  @Test(.fuzzed(schedules: 20, seed: 1)) func closesAllFiles() async {
    await withdrawTwice(from: Bank(balance: 100), atOnce: true)
    closeAll()
  }

  @Test(.fuzzed(schedules: 200, seed: 1)) func closesAllFilesAndCrashes() async {
    let bank = Bank(balance: 100)
    await withdrawTwice(from: bank)
    guard await bank.balance < 0 else { return }
    closeAll()
    fatalError("no file is open")
  }

  @Test(.fuzzed(schedules: 20, seed: 1)) func makesACopyOfItself() async throws {
    await withdrawTwice(from: Bank(balance: 100), atOnce: true)
    // Swift does not let a program call it by its name.
    let symbol = try #require(dlsym(UnsafeMutableRawPointer(bitPattern: 0), "fork"))
    let fork = unsafeBitCast(symbol, to: (@convention(c) () -> Int32).self)
    let child = fork()
    if child == 0 { _exit(3) }
    var status: Int32 = 0
    #expect(waitpid(child, &status, 0) == child)
    #expect(status >> 8 & 0xFF == 3)
    // Both go on, the copy until its step ends.
    guard fork() != 0 else { return }
    #expect(wait(&status) > 0)
    #expect(status == 0)
  }
}
