import Interleave
import Testing

/// Runs whose virtual time does not come to an end.
@Suite struct TimeLimitTests {
  @Test func codeThatPollsWithoutEndIsALivelockAtTheLimit() async throws {
    let outcome = await fuzzedInTime(schedules: 5) {
      let ready = Box(false)
      async let other: Void = Task.yield()
      while await ready.value == false { try await Task.sleep(for: .seconds(3_600)) }
      await other
    }
    let failure = try #require(outcome.failure)
    #expect(failure.kind == .livelock)
    #expect(
      failure.message.hasPrefix(
        "the run had not ended after 7 days of virtual time, which is its `timeLimit`. Waiting then:"
      ), "\(failure)")
    #expect(failure.message.contains("task 0 waits in"))
    #expect(failure.message.contains("TimeLimitTests.swift"), "\(failure)")
    #expect(failure.message.contains("until 169 hours of virtual time have passed"), "\(failure)")
  }

  @Test func sleepingForEverIsAHangToo() async throws {
    let outcome = await fuzzedInTime(schedules: 5) {
      async let other: Void = Task.yield()
      try await Task.sleep(for: .seconds(1_000_000_000))
      await other
    }
    #expect(try #require(outcome.failure).kind == .livelock)
  }

  @Test func sleepingUpToTheLimitPasses() async {
    let outcome = await fuzzedInTime(schedules: 20) {
      async let other: Void = Task.yield()
      try await Task.sleep(for: .seconds(7 * 86_400))
      await other
    }
    #expect(outcome.failure == nil, "\(outcome)")
  }

  @Test func theLimitCanBeSetAndTakenAway() async throws {
    let body: @Sendable () async throws -> Void = {
      async let other: Void = Task.yield()
      try await Task.sleep(for: .seconds(60))
      await other
    }
    let short = await fuzzedInTime(schedules: 5, { $0.timeLimit = .seconds(59) }, body: body)
    #expect(try #require(short.failure).message.contains("after 59 s of virtual time"))
    let none = await fuzzedInTime(schedules: 5, { $0.timeLimit = nil }) {
      try await body()
      try await Task.sleep(for: .seconds(1_000_000_000))
    }
    #expect(none.failure == nil, "\(none)")
  }

  @Test func aTaskThatPollsAfterTheBodyHasEndedIsLeaked() async throws {
    let outcome = await fuzzedInTime(schedules: 5) {
      Task { while true { try await Task.sleep(for: .seconds(3_600)) } }
      await Task.yield()
    }
    let failure = try #require(outcome.failure)
    #expect(failure.kind == .leakedTask)
    #expect(
      failure.message.hasPrefix(
        "the body has ended, but tasks that it made go on past `timeLimit`, 7 days of virtual time:"
      ),
      "\(failure)")
    #expect(failure.message.contains("it was made in"), "\(failure)")
  }

  @Test func aLongSleepThatIsCancelledLeavesNothingBehind() async {
    let outcome = await fuzzedInTime {
      let sleeper = Task { try await Task.sleep(for: .seconds(1_000_000_000)) }
      async let other: Void = Task.yield()
      sleeper.cancel()
      _ = await sleeper.result
      await other
    }
    #expect(outcome.failure == nil, "\(outcome)")
  }

  @Test(arguments: [FuzzConfiguration.TimeMode.whenIdle, .adversarial])
  func itHoldsWhateverTimersMayDo(mode: FuzzConfiguration.TimeMode) async throws {
    let hanging = await fuzzedInTime(schedules: 20, { $0.time = mode }) {
      async let other: Void = Task.yield()
      try await Task.sleep(for: .seconds(1_000_000_000))
      await other
    }
    #expect(try #require(hanging.failure).kind == .livelock)
    let ending = await fuzzedInTime(schedules: 100, { $0.time = mode }) {
      let sleeper = Task { try await Task.sleep(for: .seconds(1_000_000_000)) }
      for _ in 0..<3 { await Task.yield() }
      sleeper.cancel()
    }
    #expect(ending.failure == nil, "\(ending)")
  }

  @Test func livelocksNeedNotBeChecked() async {
    let outcome = await fuzzedInTime(schedules: 3, { $0.checks.remove(.livelocks) }) {
      async let other: Void = Task.yield()
      try await Task.sleep(for: .seconds(1_000_000_000))
      await other
    }
    #expect(outcome.failure == nil, "\(outcome)")
  }
}
