import Interleave
import Testing

private struct Overdrawn: Error, Equatable {
  var balance: Int
}

/// Errors and expectations, wherever in the body's tasks they come up.
@Suite struct ExpectationFailureTests {
  @Test func aThrownErrorIsFoundAndShrunk() async throws {
    let outcome = await fuzzed {
      let bank = Bank(balance: 100)
      await withdrawTwice(from: bank)
      let balance = await bank.balance
      if balance < 0 { throw Overdrawn(balance: balance) }
    }
    let failure = try #require(outcome.failure)
    #expect(failure.kind == .thrownError)
    #expect(failure.message.contains("Overdrawn(balance: -60)"))
    #expect(failure.interleaving.preemptions == 1)
    #expect(failure.isMinimal)
  }

  @Test func errorsThatTheBodyCatchesAreNoFailures() async {
    let outcome = await fuzzed {
      let bank = Bank(balance: 100)
      await withdrawTwice(from: bank)
      try? await Task { throw Overdrawn(balance: 0) }.value
    }
    #expect(outcome.failure == nil, "\(outcome)")
  }

  @Test func anExpectationOfTheRootIsFoundAtItsLine() async throws {
    let line = #line + 4
    let outcome = await fuzzed {
      let bank = Bank(balance: 100)
      await withdrawTwice(from: bank)
      #expect(await bank.balance >= 0, "the bank must not be overdrawn")
    }
    let failure = try #require(outcome.failure)
    #expect(failure.kind == .expectation)
    #expect(failure.sourceLocation?.line == line)
    #expect(failure.sourceLocation?.filePath == #filePath)
    #expect(failure.message.contains("the bank must not be overdrawn"))
    #expect(failure.interleaving.preemptions == 1)
    #expect(failure.original.steps >= failure.interleaving.steps.count)
  }

  @Test func aBankThatActsAtOncePasses() async {
    let outcome = await fuzzed(schedules: 1000) {
      let bank = Bank(balance: 100)
      await withdrawTwice(from: bank, atOnce: true)
      #expect(await bank.balance >= 0)
      try #require(await bank.balance == 20)
    }
    #expect(outcome.failure == nil, "\(outcome)")
    #expect(outcome.report.isExhaustive || outcome.report.schedules == 1000)
    #expect(outcome.report.distinctInterleavings > 1)
  }

  @Test func aRequirementOfTheRootIsAnExpectation() async throws {
    let line = #line + 4
    let outcome = await fuzzed {
      let bank = Bank(balance: 100)
      await withdrawTwice(from: bank)
      try #require(await bank.balance >= 0)
    }
    let failure = try #require(outcome.failure)
    #expect(failure.kind == .expectation)
    #expect(failure.sourceLocation?.line == line)
  }

  @Test func childTasksMayExpect() async throws {
    let line = #line + 6
    let outcome = await fuzzed {
      let bank = Bank(balance: 100)
      await withTaskGroup { group in
        for _ in 0..<2 { group.addTask { _ = await bank.withdraw(80) } }
        await group.waitForAll()
        group.addTask { #expect(await bank.balance >= 0) }
      }
    }
    let failure = try #require(outcome.failure)
    #expect(failure.kind == .expectation)
    #expect(failure.sourceLocation?.line == line)
  }

  @Test func unstructuredTasksMayExpect() async throws {
    let line = #line + 4
    let outcome = await fuzzed {
      let bank = Bank(balance: 100)
      await withdrawTwice(from: bank)
      await Task { #expect(await bank.balance >= 0) }.value
    }
    let failure = try #require(outcome.failure)
    #expect(failure.kind == .expectation)
    #expect(failure.sourceLocation?.line == line)
  }

  @Test func detachedTasksMayExpect() async throws {
    let line = #line + 4
    let outcome = await fuzzed {
      let bank = Bank(balance: 100)
      await withdrawTwice(from: bank)
      await Task.detached { #expect(await bank.balance >= 0) }.value
    }
    let failure = try #require(outcome.failure)
    #expect(failure.kind == .expectation)
    #expect(failure.sourceLocation?.line == line)
  }

  @Test func detachedTasksMayRequire() async throws {
    let line = #line + 4
    let outcome = await fuzzed {
      let bank = Bank(balance: 100)
      await withdrawTwice(from: bank)
      try await Task.detached { try #require(await bank.balance >= 0) }.value
    }
    let failure = try #require(outcome.failure)
    #expect(failure.kind == .expectation)
    #expect(failure.sourceLocation?.line == line)
  }

  @Test func expectationsThatHoldInEveryKindOfTaskPass() async {
    let outcome = await fuzzed {
      let bank = Bank(balance: 100)
      await withdrawTwice(from: bank, atOnce: true)
      await withTaskGroup { group in
        group.addTask { #expect(await bank.balance == 20) }
      }
      await Task { #expect(await bank.balance == 20) }.value
      try await Task.detached { try #require(await bank.balance == 20) }.value
    }
    #expect(outcome.failure == nil, "\(outcome)")
  }

  @Test func knownIssuesAreNoFailures() async {
    let outcome = await fuzzed {
      let bank = Bank(balance: 100)
      await withdrawTwice(from: bank)
      await withKnownIssue(isIntermittent: true) { #expect(await bank.balance >= 0) }
    }
    #expect(outcome.failure == nil, "\(outcome)")
  }

  @Test func theSameSeedFindsTheSameFailure() async throws {
    let body: @Sendable () async throws -> Void = {
      let bank = Bank(balance: 100)
      await withdrawTwice(from: bank)
      #expect(await bank.balance >= 0)
    }
    let failures = [await fuzzed(seed: 7, body: body), await fuzzed(seed: 7, body: body)].map(
      \.failure)
    let first = try #require(failures[0])
    let second = try #require(failures[1])
    #expect(first.schedulesTried == second.schedulesTried)
    #expect(first.interleaving == second.interleaving)
    #expect(first.original == second.original)
    #expect(first.seed == 7)
  }
}
