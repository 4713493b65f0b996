import Foundation
import Interleave
import Testing

// Tests that fail, warn or end early on purpose. FuzzTraitTests, FuzzTests and
// others run them in processes of their own.

@Suite(.fixture) struct TraitFixtures {
  @Test(.fuzzed(schedules: 300, seed: 1)) func fails() async {
    let bank = Bank(balance: 100)
    await withdrawTwice(from: bank)
    #expect(await bank.balance >= 0, "the bank must not be overdrawn")
  }

  @Test(.fuzzed(schedules: 300, seed: 1)) func failsEveryTime() async {
    let bank = Bank(balance: 100)
    await withdrawTwice(from: bank)
    for _ in 0..<5 { #expect(await bank.balance == 1000, "always wrong") }
  }

  @Test(.fuzzed(schedules: 300, seed: 1)) func failsInADetachedTask() async {
    let bank = Bank(balance: 100)
    await withdrawTwice(from: bank)
    await Task.detached { #expect(await bank.balance >= 0, "seen from afar") }.value
  }

  @Test(.fuzzed(schedules: 300, seed: 1)) func requires() async throws {
    let bank = Bank(balance: 100)
    await withdrawTwice(from: bank)
    try #require(await bank.balance >= 0, "required")
  }

  @Test(.fuzzed(schedules: 300, seed: 1)) func throwsAnError() async throws {
    struct Overdrawn: Error {}
    let bank = Bank(balance: 100)
    await withdrawTwice(from: bank)
    if await bank.balance < 0 { throw Overdrawn() }
  }

  @Test(.fuzzed(schedules: 300, seed: 1)) func getsStuck() async throws {
    async let other: Void = Task.yield()
    await withUnsafeContinuation { (_: UnsafeContinuation<Void, Never>) in }
    await other
  }

  @Test(.fuzzed(schedules: 300, seed: 1)) func passes() async throws {
    let bank = Bank(balance: 100)
    await withdrawTwice(from: bank, atOnce: true)
    #expect(await bank.balance == 20)
  }

  @Test(.fuzzed(schedules: 300, seed: 1)) func interleavesNothing() async {
    #expect(await withdrawOneAfterTheOther())
  }

  @Test(.fuzzed(schedules: 300, seed: 1), arguments: [100, 200, 90])
  func fuzzesEachCase(balance: Int) async {
    let bank = Bank(balance: balance)
    await withdrawTwice(from: bank)
    #expect(await bank.balance >= 0, "overdrawn from \(balance)")
  }

  @Test(.fuzzed(schedules: 300, seed: 1)) func isCancelled() async throws {
    let bank = Bank(balance: 100)
    await withdrawTwice(from: bank)
    if await bank.balance < 0 { try Test.cancel("no bank today") }
  }

  /// Where steps are run as wholes, a thread is the system's.
  @Test(.fuzzed(schedules: 10, seed: 1, interruptions: .never)) func escapes() async {
    let bank = Bank(balance: 100)
    await withdrawTwice(from: bank, atOnce: true)
    await withCheckedContinuation { continuation in
      Thread { continuation.resume() }.start()
    }
  }

  @Test(.fuzzed(schedules: 10, seed: 1)) func fuzzesInside() async throws {
    try await fuzz { await withdrawTwice(from: Bank(balance: 100), atOnce: true) }
  }
}

/// Two tasks, of which the second begins when the first has ended.
private func withdrawOneAfterTheOther() async -> Bool {
  let bank = Bank(balance: 100)
  let first = await Task { await bank.withdraw(50) }.value
  let second = await Task { await bank.withdraw(50) }.value
  return first && second
}

@Suite(.fixture) struct CaseFixtures {
  @Test(.fuzzed(schedules: 10, seed: 1), arguments: [0, 1, 2])
  func interleavesInSomeCases(clients: Int) async {
    let bank = Bank(balance: 100)
    await withTaskGroup { group in
      for _ in 0..<clients { group.addTask { _ = await bank.withdraw(10) } }
    }
  }

  @Test(.fuzzed(schedules: 10, seed: 1), arguments: [1, 2, 3])
  func interleavesInNoCase(amount: Int) async {
    _ = await withdrawOneAfterTheOther()
  }

  @Test(.fuzzed(schedules: 10, seed: 1), arguments: [1, 2, 3])
  func isOfOneTaskInEachCase(amount: Int) async {
    _ = await Bank(balance: 100).withdraw(amount)
  }
}

@Suite(.fixture, .fuzzed(schedules: 20, seed: 1)) struct SuiteFixtures {
  @Test func inheritsAndPasses() async {
    await withdrawTwice(from: Bank(balance: 100), atOnce: true)
  }

  @Test func inheritsAndFails() async {
    let bank = Bank(balance: 100)
    await withdrawTwice(from: bank)
    #expect(await bank.balance >= 0)
  }

  @Test func inheritsAndInterleavesNothing() async {
    #expect(await withdrawOneAfterTheOther())
  }

  @Test func inheritsAndIsNotAsync() { #expect(Bool(true)) }

  @Test(.fuzzed(schedules: 7, seed: 1)) func hasItsOwn() async {
    await withdrawTwice(from: Bank(balance: 100), atOnce: true)
  }

  @Test(.fuzzed(schedules: 7, seed: 1)) func hasItsOwnAndInterleavesNothing() async {
    #expect(await withdrawOneAfterTheOther())
  }

  @Suite(.fuzzed(schedules: 9, seed: 1)) struct Inner {
    @Test func inheritsFromTheInnerSuite() async {
      await withdrawTwice(from: Bank(balance: 100), atOnce: true)
    }

    @Test func inheritsFromTheInnerSuiteAndInterleavesNothing() async {
      #expect(await withdrawOneAfterTheOther())
    }
  }
}

@Suite(.fixture) struct CallFixtures {
  @Test func fails() async throws {
    var configuration = FuzzConfiguration()
    configuration.seed = 1
    try await fuzz(configuration) {
      let bank = Bank(balance: 100)
      await withdrawTwice(from: bank)
      #expect(await bank.balance >= 0, "the bank must not be overdrawn")
    }
  }

  @Test func failsQuietly() async {
    await #expect(throws: FuzzFailure.self) {
      try await fuzz {
        let bank = Bank(balance: 100)
        await withdrawTwice(from: bank)
        #expect(await bank.balance >= 0)
      }
    }
  }

  @Test func fuzzesInside() async throws {
    try await fuzz {
      try await fuzz { await withdrawTwice(from: Bank(balance: 100)) }
    }
  }

  @Test func statesInvariantsOutside() {
    always(Bank(balance: 100)) { $0.balance >= 0 }
    eventually(Bank(balance: 100)) { $0.balance >= 0 }
  }

  @Test func isCancelled() async throws {
    try await fuzz {
      await withdrawTwice(from: Bank(balance: 100))
      try Test.cancel("no bank today")
    }
  }

  @Test func escapes() async throws {
    try await fuzz(interruptions: .never) {
      await withdrawTwice(from: Bank(balance: 100), atOnce: true)
      await withCheckedContinuation { continuation in
        Thread { continuation.resume() }.start()
      }
    }
  }

  @Test func isMisconfigured() async throws {
    try await fuzz { await withdrawTwice(from: Bank(balance: 100)) }
  }
}

@Suite(.fixture) struct OutcomeFixtures {
  @Test func prints() async throws {
    try await fuzz(schedules: 40, seed: 1, strategy: .randomWalk) {
      let box = Box<Int>(0)
      async let one: Void = box.set(1)
      async let other: Void = box.set(2)
      _ = await (one, other)
      print("printed by the body")
    }
  }

  @Test func returnsWhoCameFirst() async throws {
    try await fuzz(schedules: 40, seed: 1, strategy: .randomWalk) {
      let box = Box<Int>(0)
      async let one: Void = box.set(1)
      async let other: Void = box.set(2)
      _ = await (one, other)
      return await box.value == 1 ? 2 : 1
    }
  }
}
