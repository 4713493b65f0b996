import Interleave
import Testing

/// Code that must have ended in a time, natively and in all orders of its end and the deadline.
@Suite struct DeadlineTests {
  private struct Broken: Error, Equatable {}

  @Test func whatEndsInTimeIsReturned() async throws {
    #expect(try await withDeadline(.seconds(60)) { 7 } == 7)
  }

  @Test func whatItThrowsInTimeIsThrown() async {
    await #expect(throws: Broken.self) { try await withDeadline(.seconds(60)) { throw Broken() } }
  }

  private static let line = #line + 3

  private static func hang() async throws {
    try await withDeadline(.milliseconds(1)) { try await Task.sleep(for: .seconds(3_600)) }
  }

  @Test func whatIsLateIsCancelledAndNamed() async throws {
    let line = Self.line
    let error = await #expect(throws: DeadlineExceeded.self) {
      try await Self.hang()
    }
    let late = try #require(error)
    #expect(late.limit == .milliseconds(1))
    #expect(late.location.line == line)
    #expect(
      "\(late)"
        == "DeadlineExceeded: what `withDeadline` at DeadlineTests.swift:\(line) runs had not ended after 1 ms"
    )
  }

  @Test func cancellingTheCallerCancelsTheCode() async {
    let task = Task {
      try await withDeadline(.seconds(3_600)) {
        try await Task.sleep(for: .seconds(3_600))
        return 1
      }
    }
    task.cancel()
    await #expect(throws: CancellationError.self) { try await task.value }
  }

  // MARK: In runs

  @Test func ofResultAndDeadlineEitherMayComeFirst() async throws {
    let journal = Journal()
    let outcome = await fuzzed(schedules: 300) {
      do {
        let value = try await withDeadline(.seconds(1)) {
          try await Task.sleep(for: .seconds(1))
          return "in time"
        }
        await journal.add(value)
      } catch let error as DeadlineExceeded {
        await journal.add("late after \(error.limit.components.seconds) s")
      }
    }
    #expect(outcome.failure == nil, "\(outcome)")
    #expect(Set(await journal.lines) == ["in time", "late after 1 s"])
  }

  @Test func codeOutlivesTheCallInNoOrder() async {
    let outcome = await fuzzed(schedules: 300) {
      let journal = Journal()
      let caller = Task {
        _ = try? await withDeadline(.seconds(1)) {
          await journal.add("begins")
          do { try await Task.sleep(for: .seconds(1)) } catch {}
          await journal.add("ends")
        }
        return await journal.lines
      }
      async let cancelling: Void = caller.cancel()
      #expect(await caller.value == ["begins", "ends"])
      await cancelling
    }
    #expect(outcome.failure == nil, "\(outcome)")
  }

  @Test func aCancelledCallersCodeIsNotLate() async {
    let outcome = await fuzzed(schedules: 300) {
      let caller = Task {
        try await withDeadline(.seconds(1)) {
          try await Task.sleep(for: .milliseconds(1))
          return 1
        }
      }
      async let cancelling: Void = caller.cancel()
      switch await caller.result {
      case .success(let value): #expect(value == 1)
      case .failure(let error): #expect(error is CancellationError)
      }
      await cancelling
    }
    #expect(outcome.failure == nil, "\(outcome)")
  }

  @Test func codeThatHangsFailsAtOnceInVirtualTime() async throws {
    let outcome = await fuzzed {
      let bank = Bank(balance: 100)
      async let other: Void = withdrawTwice(from: bank)
      try await withDeadline(.seconds(3_600)) {
        while await bank.balance >= 0 { try await Task.sleep(for: .seconds(60)) }
      }
      await other
    }
    let failure = try #require(outcome.failure)
    #expect(failure.kind == .thrownError)
    #expect(failure.message.contains("had not ended after 1 hour"))
    #expect(failure.sourceLocation?.description.hasPrefix("DeadlineTests.swift:") == true)
  }

  @Test func codeThatDoesNotHeedBeingCancelledIsALostWakeUp() async throws {
    let outcome = await fuzzed(schedules: 5) {
      try await withDeadline(.seconds(1)) {
        await withUnsafeContinuation { (_: UnsafeContinuation<Void, Never>) in }
      }
    }
    let failure = try #require(outcome.failure)
    #expect(failure.kind == .lostWakeUp)
    #expect(failure.message.contains("DeadlineTests.swift"), "\(failure)")
  }

  @Test func anyClockMeasures() async {
    let outcome = await fuzzed {
      let clock = VirtualClock()
      let caller = Task {
        try await withDeadline(.seconds(5), clock: clock) {
          try await Task.sleep(for: .seconds(3_600))
        }
      }
      await clock.advance(by: .seconds(5))
      await #expect(throws: DeadlineExceeded.self) { try await caller.value }
    }
    #expect(outcome.failure == nil, "\(outcome)")
  }
}

/// A deadline as the standard library will have it (SE-0526): an instant, not a duration.
private func withDeadline<Value: Sendable, Measure: Clock>(
  _ expiration: Measure.Instant, clock: Measure,
  _ body: @escaping @Sendable () async throws -> Value
) async throws -> (Value, isOfAnInstant: Bool) {
  (try await body(), true)
}

/// The one of an instant and the one of a duration are told apart by what they are given.
@Test func aDeadlineOfTheStandardLibraryIsAnotherOne() async throws {
  let own = try await withDeadline(.seconds(5)) { 1 }
  #expect(own == 1)
  let timed = try await withDeadline(.seconds(5), clock: SuspendingClock()) { 2 }
  #expect(timed == 2)
  let clock = ContinuousClock()
  let other = try await withDeadline(clock.now.advanced(by: .seconds(5)), clock: clock) { 3 }
  #expect(other == (3, true))
}
