import Interleave
import Testing

/// Asks something again and again until it is told to stop.
private actor Poller {
  private var task: Task<Void, Never>?

  func start() {
    task = Task {
      while !Task.isCancelled {
        do { try await Task.sleep(for: .seconds(5)) } catch { return }
      }
    }
  }

  func stop() { task?.cancel() }
}

/// What an ordinary async test leaves behind.
@Suite struct ExpectNoLeftoversTests {
  /// Expects one issue with texts in it, at the line of the caller.
  private func expectIssue(
    _ texts: String..., line: Int = #line,
    of body: @escaping @Sendable () async throws -> Void
  ) async throws {
    try await withKnownIssue {
      try await expectNoLeftovers(fileID: "A/B.swift", filePath: #filePath, line: line, body)
    } matching: { issue in
      let text = issue.comments.map(\.rawValue).joined()
      #expect(issue.sourceLocation?.line == line)
      for part in texts { #expect(text.contains(part), "\(text)") }
      return true
    }
  }

  @Test func aBodyThatTidiesUpPasses() async throws {
    let value = try await expectNoLeftovers {
      let poller = Poller()
      await poller.start()
      await poller.stop()
      return 7
    }
    #expect(value == 7)
  }

  @Test func aTaskThatSleepsOnIsLeftOver() async throws {
    try await expectIssue(
      "the body has ended, but left something over:\n* task 0.0 waits in",
      "until 5 s of virtual time have passed; it was made in Poller.start() (ExpectNoLeftovers"
    ) { await Poller().start() }
  }

  @Test func aTaskThatWaitsForEverIsLeftOver() async throws {
    try await expectIssue("* task 0.0 waits in", "for a continuation to be resumed") {
      let (stream, continuation) = AsyncStream.makeStream(of: Int.self)
      Task { for await _ in stream {} }
      await waitUntilIdle()
      withExtendedLifetime(continuation) {}
      Task {
        try await Task.sleep(for: .seconds(1)); continuation.yield(1)
      }
    }
  }

  @Test func aContinuationThatWasDroppedIsLeftOver() async throws {
    try await expectIssue("* task 0.0 waits in", "for a continuation that nobody holds any more") {
      Task { await withCheckedContinuation { (_: CheckedContinuation<Void, Never>) in } }
    }
  }

  @Test func aTaskThatRunsOnAndOnIsLeftOver() async throws {
    try await expectIssue("* task 0.0 goes on and on in closure #1", "it was made in") {
      Task { while true { await Task.yield() } }
    }
  }

  @Test func whatEndsAtOnceIsNotLeftOver() async throws {
    try await expectNoLeftovers {
      let journal = Journal()
      Task { for n in 0..<5 { await journal.add("\(n)") } }
    }
  }

  @Test func whatEndsInTheTimeAllowedIsNotLeftOver() async throws {
    let body: @Sendable () async -> Void = {
      Task { try await Task.sleep(for: .seconds(10)) }
    }
    try await expectNoLeftovers(within: .seconds(10), body)
    try await withKnownIssue {
      try await expectNoLeftovers(within: .seconds(9), body)
    } matching: { issue in
      issue.comments.contains { $0.rawValue.contains("9 s of virtual time after that") }
    }
  }

  @Test func whatIsMeantToGoOnIsNotLeftOver() async throws {
    try await expectNoLeftovers { await allowingLeaks { await Poller().start() } }
  }

  @Test func whatIsStillOpenIsLeftOver() async throws {
    try await expectIssue(
      "* each connection must be closed once (#2 was not closed):", "#2 opened by task 0 at Expect"
    ) {
      let connections = StubResource("connection")
      await connections.close(try await connections.open())
      _ = try await connections.open()
    }
  }

  @Test func whatIsClosedIsNotLeftOver() async throws {
    try await expectNoLeftovers { try await StubResource("connection").with { _ in } }
  }

  @Test func aBodyThatThrowsIsLookedAtToo() async throws {
    struct Broken: Error {}
    try await expectIssue("left something over", "task 0.0 waits") {
      await #expect(throws: Broken.self) {
        try await expectNoLeftovers {
          await Poller().start()
          throw Broken()
        }
      }
    }
  }

  @Test func aBodyThatHangsIsAFailureOfItsOwn() async throws {
    let failure = try #require(
      await #expect(throws: FuzzFailure.self) {
        try await expectNoLeftovers {
          await withUnsafeContinuation { (_: UnsafeContinuation<Void, Never>) in }
        }
      })
    #expect(failure.kind == .lostWakeUp)
  }

  @Test func insideAFuzzedBodyTheRunChecks() async throws {
    let outcome = await fuzzed(schedules: 5) {
      async let other: Void = Task.yield()
      try await expectNoLeftovers {
        Task { await withUnsafeContinuation { (_: UnsafeContinuation<Void, Never>) in } }
      }
      await other
    }
    #expect(try #require(outcome.failure).kind == .leakedTask)
  }
}
