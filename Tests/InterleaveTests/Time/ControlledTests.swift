import Foundation
import Interleave
import Testing

/// One run under control, for tests that are not fuzzed.
@Suite(.enabled(if: !fixturesAreEnabled)) struct ControlledTests {
  private struct Broken: Error {}

  @Test func itReturnsWhatTheBodyReturnsAndThrowsWhatItThrows() async throws {
    #expect(try await controlled { 7 } == 7)
    await #expect(throws: Broken.self) { try await controlled { throw Broken() } }
  }

  @Test func tasksRunInOneOrder() async throws {
    let body: @Sendable () async -> [String] = {
      let journal = Journal()
      await withTaskGroup { group in
        for name in ["a", "b", "c"] { group.addTask { await journal.add(name) } }
      }
      return await journal.lines
    }
    for _ in 0..<20 { #expect(try await controlled(body) == ["a", "b", "c"]) }
  }

  @Test func allClocksAreVirtual() async throws {
    let passed = try await controlled {
      let (start, day) = (ContinuousClock.now, Date.now)
      try await Task.sleep(for: .seconds(86_400))
      #expect(Date.now.timeIntervalSince(day) == 86_400)
      return ContinuousClock.now - start
    }
    #expect(passed == .seconds(86_400))
  }

  private func hang() async throws {
    try await controlled {
      await withUnsafeContinuation { (_: UnsafeContinuation<Void, Never>) in }
    }
  }

  @Test func aBodyThatHangsFailsAtOnce() async throws {
    let failure = try #require(await #expect(throws: FuzzFailure.self) { try await hang() })
    #expect(failure.kind == .lostWakeUp)
    #expect(failure.message.contains("task 0 waits in closure #1 in ControlledTests.hang()"))
    #expect(failure.message.hasSuffix("for a continuation to be resumed"), "\(failure.message)")
    #expect(failure.test == "aBodyThatHangsFailsAtOnce()")
    #expect(!failure.description.contains("INTERLEAVE_SEED"))
  }

  @Test func aBodyThatSleepsForEverFailsAtOnce() async throws {
    let failure = try #require(
      await #expect(throws: FuzzFailure.self) {
        try await controlled { try await Task.sleep(for: .seconds(1_000_000_000)) }
      })
    #expect(failure.kind == .livelock)
  }

  @Test func whatGoesOnAfterTheBodyIsLeftAlone() async throws {
    let line = try await controlled {
      Task { while true { try await Task.sleep(for: .seconds(1)) } }
      Task { await withUnsafeContinuation { (_: UnsafeContinuation<Void, Never>) in } }
      return "ended"
    }
    #expect(line == "ended")
  }

  @Test func expectationsFailWhereTheyStand() async throws {
    try await withKnownIssue {
      try await controlled { #expect(Bool(false), "seen from inside") }
    } matching: { issue in
      issue.comments.contains("seen from inside")
        && issue.sourceLocation?.fileName == "ControlledTests.swift"
    }
  }

  @Test func invariantsAreChecked() async throws {
    let failure = try #require(
      await #expect(throws: FuzzFailure.self) {
        try await controlled {
          let bank = Bank(balance: 100)
          always(bank, "never below 50") { $0.balance >= 50 }
          _ = await bank.withdraw(80)
        }
      })
    #expect(failure.kind == .invariant)
    #expect(failure.message.contains("never below 50"))
  }

  @Test func aCallersCancellationReachesTheBody() async {
    let task = Task {
      while !Task.isCancelled { await Task.yield() }
      return try await controlled { Task.isCancelled }
    }
    task.cancel()
    #expect(await (try? task.value) == true)
  }

  @Test func insideAFuzzedBodyItIsThere() async {
    let outcome = await fuzzed(schedules: 20) {
      let bank = Bank(balance: 100)
      async let other: Void = withdrawTwice(from: bank, atOnce: true)
      let isDrawn = try await controlled { await bank.withdraw(1_000) }
      #expect(!isDrawn)
      await other
    }
    #expect(outcome.failure == nil, "\(outcome)")
  }

  // MARK: The trait

  @Test(.controlled) func aTestWithTheTraitRunsInVirtualTime() async throws {
    let clock = VirtualClock()
    let debouncer = Debouncer(delay: .seconds(3_600), clock: clock)
    await debouncer.call()
    await clock.advance(by: .seconds(3_600))
    #expect(await debouncer.count == 1)
  }

  @Test(.controlled, arguments: [1, 2]) func soDoesEachCase(hours: Int) async throws {
    let start = ContinuousClock.now
    try await Task.sleep(for: .seconds(hours * 3_600))
    #expect(ContinuousClock.now - start == .seconds(hours * 3_600))
  }

  @Test func failuresOfTestsWithTheTraitAreIssuesOfTheirs() async throws {
    let result = try await runFixtures("ControlledFixtures")
    #expect(result.exitCode == 1)
    #expect(result.lines(with: "recorded an issue").count == 3, "\(result)")
    #expect(result.lines(with: "Test hangs() recorded an issue").count == 1)
    #expect(result.output.contains("lost wake-up"))
    #expect(result.output.contains("↳ seen from inside"))
    #expect(result.lines(with: "Test throwsAnError() recorded an issue").count == 1)
    #expect(result.lines(with: "Test passes() passed").count == 1)
  }
}

@Suite(.fixture, .controlled) struct ControlledFixtures {
  @Test func passes() async throws { try await Task.sleep(for: .seconds(3_600)) }

  @Test func hangs() async {
    await withUnsafeContinuation { (_: UnsafeContinuation<Void, Never>) in }
  }

  @Test func expects() async {
    await Task.yield()
    #expect(Bool(false), "seen from inside")
  }

  @Test func throwsAnError() async throws {
    struct Broken: Error {}
    throw Broken()
  }
}
