import InterleaveEngine
import Testing

/// When timers may fire.
@Suite struct TimerTests {
  /// A sleep beside work that is ready from the start.
  private func sleepBesideWork(
    _ duration: Duration, _ time: MachineSettings.Time
  ) async throws -> Set<[String]> {
    try await orders(time: time) {
      let trace = Trace()
      async let sleeper: Void = {
        try? await Task.sleep(for: duration)
        trace.add("timer")
      }()
      await Task.detached { trace.add("work") }.value
      await sleeper
      return trace.events
    }.seen
  }

  private let stall = MachineSettings.Time.asRuntime(stall: 10_000_000)
  private let anyOrder: Set<[String]> = [["work", "timer"], ["timer", "work"]]

  @Test func aTimerDueWithinTheStallMayFireAlthoughWorkWaits() async throws {
    #expect(try await sleepBesideWork(.milliseconds(5), stall) == anyOrder)
    #expect(try await sleepBesideWork(.milliseconds(10), stall) == anyOrder)
  }

  @Test func aTimerDueLaterThanTheStallWaitsForTheWork() async throws {
    #expect(try await sleepBesideWork(.milliseconds(11), stall) == [["work", "timer"]])
    #expect(try await sleepBesideWork(.seconds(3600), stall) == [["work", "timer"]])
  }

  @Test func timersFireOnlyWhenAllIsIdleIfAskedTo() async throws {
    #expect(try await sleepBesideWork(.milliseconds(1), .whenIdle) == [["work", "timer"]])
  }

  @Test func anyTimerMayFireAtAnyTimeIfAskedTo() async throws {
    #expect(try await sleepBesideWork(.seconds(3600), .adversarial) == anyOrder)
  }

  /// Two sleeps at the same time.
  private func twoSleeps(
    _ short: Duration, _ long: Duration, _ time: MachineSettings.Time
  ) async throws -> Set<[String]> {
    try await orders(time: time) {
      let trace = Trace()
      let sleep: @Sendable (String, Duration) async -> Void = { name, duration in
        try? await Task.sleep(for: duration)
        trace.add(name)
      }
      async let first: Void = sleep("short", short)
      async let second: Void = sleep("long", long)
      _ = await (first, second)
      return trace.events
    }.seen
  }

  @Test func timersThatLieWithinAStallOfEachOtherMayFireInAnyOrder() async throws {
    let seen = try await twoSleeps(.milliseconds(105), .milliseconds(110), stall)
    #expect(seen == [["short", "long"], ["long", "short"]])
  }

  @Test func timersThatLieFurtherApartFireInOrder() async throws {
    let seen = try await twoSleeps(.milliseconds(100), .milliseconds(200), stall)
    #expect(seen == [["short", "long"]])
  }

  @Test func timersThatFireWhenAllIsIdleDoSoInOrder() async throws {
    let seen = try await twoSleeps(.milliseconds(105), .milliseconds(110), .whenIdle)
    #expect(seen == [["short", "long"]])
  }

  /// A second sleep is due within the stall of the first one's deadline, but not of the
  /// moment since which work has waited.
  @Test func theStallCountsFromTheMomentSinceWhichWorkHasWaited() async throws {
    let seen = try await orders(time: stall) {
      let trace = Trace()
      let sleep: @Sendable (String, Duration) async -> Void = { name, duration in
        try? await Task.sleep(for: duration)
        trace.add(name)
      }
      async let first: Void = sleep("first", .milliseconds(8))
      async let second: Void = sleep("second", .milliseconds(15))
      await Task.detached { trace.add("work") }.value
      _ = await (first, second)
      return trace.events
    }.seen
    #expect(
      seen == [
        ["first", "work", "second"], ["work", "first", "second"], ["work", "second", "first"],
      ])
  }

  @Test func noTimerFiresBeforeItsDeadline() async throws {
    for time in [stall, .whenIdle, .adversarial] {
      let early = try await orders(time: time, most: 1_000) {
        let clock = ContinuousClock()
        let start = clock.now
        let sleep: @Sendable (Duration) async -> Bool = { duration in
          try? await Task.sleep(for: duration)
          return clock.now - start < duration
        }
        async let first = sleep(.milliseconds(4))
        async let second = sleep(.milliseconds(9))
        await Task.yield()
        async let third = sleep(.milliseconds(2))
        let results = await [first, second, third]
        return results.contains(true)
      }
      #expect(early.seen == [false])
    }
  }

  @Test func whenAllIsIdleTimeJumpsToTheNextTimer() async throws {
    for time in [stall, .whenIdle, .adversarial] {
      let elapsed = try await orders(time: time) {
        let clock = ContinuousClock()
        let start = clock.now
        try? await Task.sleep(for: .seconds(86_400))
        return clock.now - start
      }
      #expect(elapsed.seen == [.seconds(86_400)])
    }
  }
}
