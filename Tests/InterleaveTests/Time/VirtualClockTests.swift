import Interleave
import Testing

/// A clock that is moved by hand, in runs that Interleave controls.
@Suite struct VirtualClockTests {
  // MARK: Exactness

  @Test func aSleeperWakesAtItsDeadlineAndNoMomentBefore() async {
    let outcome = await fuzzedInTime {
      let clock = VirtualClock()
      let debouncer = Debouncer(delay: .seconds(1), clock: clock)
      await debouncer.call()
      await clock.advance(by: .nanoseconds(999_999_999))
      #expect(await debouncer.count == 0)
      await clock.advance(by: .nanoseconds(1))
      #expect(await debouncer.count == 1)
    }
    #expect(outcome.failure == nil, "\(outcome)")
  }

  @Test func eachCallPutsTheDeadlineOff() async {
    let outcome = await fuzzedInTime {
      let clock = VirtualClock()
      let debouncer = Debouncer(delay: .milliseconds(300), clock: clock)
      for _ in 0..<5 {
        await debouncer.call()
        await clock.advance(by: .milliseconds(299))
      }
      #expect(await debouncer.count == 0)
      await clock.advance(by: .milliseconds(1))
      #expect(await debouncer.count == 1)
      #expect(clock.sleeperCount == 0)
    }
    #expect(outcome.failure == nil, "\(outcome)")
  }

  @Test func aTestThatMovesTooFarIsFound() async throws {
    let outcome = await fuzzedInTime {
      let clock = VirtualClock()
      let debouncer = Debouncer(delay: .milliseconds(300), clock: clock)
      await debouncer.call()
      await clock.advance(by: .milliseconds(300))
      #expect(await debouncer.count == 0)
    }
    #expect(try #require(outcome.failure).kind == .expectation)
  }

  @Test func whatTheWokenSetAnewHappensToo() async {
    let outcome = await fuzzedInTime {
      let clock = VirtualClock()
      let journal = Journal()
      let ticker = Task {
        while true {
          try await clock.sleep(for: .seconds(1))
          await journal.add("\(clock.now)")
        }
      }
      await clock.advance(by: .milliseconds(3_500))
      #expect(await journal.lines == ["1 s", "2 s", "3 s"])
      #expect(clock.now == VirtualClock.Instant(offset: .milliseconds(3_500)))
      ticker.cancel()
    }
    #expect(outcome.failure == nil, "\(outcome)")
  }

  @Test func deadlinesPassInTheirOrderInEveryRun() async {
    let outcome = await fuzzedInTime {
      let clock = VirtualClock()
      let journal = Journal()
      for seconds in [3, 1, 2] {
        Task {
          try await clock.sleep(for: .seconds(seconds))
          await journal.add("\(seconds)")
        }
      }
      await clock.advance(by: .seconds(5))
      #expect(await journal.lines == ["1", "2", "3"])
    }
    #expect(outcome.failure == nil, "\(outcome)")
  }

  @Test func theOrderOfWhatIsDueAtOnceIsOpen() async throws {
    let outcome = await fuzzedInTime {
      let clock = VirtualClock()
      let journal = Journal()
      for name in ["a", "b"] {
        Task {
          try await clock.sleep(for: .seconds(1))
          await journal.add(name)
        }
      }
      await clock.advance(by: .seconds(1))
      let lines = await journal.lines
      #expect(lines == ["a", "b"])
    }
    let failure = try #require(outcome.failure)
    #expect(failure.kind == .expectation)
    #expect(failure.message.contains("[\"b\", \"a\"]"))
  }

  @Test func itGoesFromDeadlineToDeadlineUntilNobodySleeps() async {
    let outcome = await fuzzedInTime {
      let clock = VirtualClock()
      let journal = Journal()
      Task {
        for attempt in 0..<4 {
          await journal.add("\(clock.now)")
          try await clock.sleep(for: .seconds(1 << attempt))
        }
      }
      await clock.advanceUntilIdle()
      #expect(await journal.lines == ["0 s", "1 s", "3 s", "7 s"])
      #expect(clock.now.offset == .seconds(15))
    }
    #expect(outcome.failure == nil, "\(outcome)")
  }

  @Test func aMomentThatHasPassedLeavesTheTimeWhereItIs() async {
    let outcome = await fuzzedInTime(schedules: 5) {
      let clock = VirtualClock()
      async let other: Void = Task.yield()
      await clock.advance(to: VirtualClock.Instant(offset: .seconds(3)))
      await clock.advance(to: VirtualClock.Instant(offset: .seconds(2)))
      #expect(clock.now.offset == .seconds(3))
      try await clock.sleep(until: VirtualClock.Instant(offset: .seconds(1)))
      await other
    }
    #expect(outcome.failure == nil, "\(outcome)")
  }

  @Test func otherClocksStandStill() async {
    let outcome = await fuzzedInTime(schedules: 20) {
      let clock = VirtualClock()
      let before = ContinuousClock.now
      async let sleeper: Void = clock.sleep(for: .seconds(3_600))
      await clock.advance(by: .seconds(3_600))
      #expect(ContinuousClock.now - before < .seconds(1))
      try await sleeper
    }
    #expect(outcome.failure == nil, "\(outcome)")
  }

  // MARK: Cancellation

  @Test func aSleeperThatIsCancelledThrows() async {
    let outcome = await fuzzedInTime {
      let clock = VirtualClock()
      let sleeper = Task { try await clock.sleep(for: .seconds(1)) }
      async let cancelling: Void = sleeper.cancel()
      await cancelling
      await #expect(throws: CancellationError.self) { try await sleeper.value }
      #expect(clock.sleeperCount == 0)
    }
    #expect(outcome.failure == nil, "\(outcome)")
  }

  @Test func aSleeperIsResumedOnceWhetherItIsCancelledOrDue() async {
    let outcome = await fuzzedInTime {
      let clock = VirtualClock()
      let sleeper = Task { try await clock.sleep(for: .seconds(1)) }
      async let cancelling: Void = sleeper.cancel()
      await clock.advance(by: .seconds(1))
      _ = await sleeper.result
      await cancelling
      #expect(clock.sleeperCount == 0)
    }
    #expect(outcome.failure == nil, "\(outcome)")
  }

  // MARK: What goes wrong

  @Test func aClockThatNobodyMovesIsNamed() async throws {
    let outcome = await fuzzedInTime(schedules: 5) {
      async let other: Void = Task.yield()
      try await VirtualClock().sleep(for: .seconds(1))
      await other
    }
    let failure = try #require(outcome.failure)
    #expect(failure.kind == .lostWakeUp)
    #expect(failure.message.contains("VirtualClockTests.swift"), "\(failure)")
    #expect(failure.message.contains("for its `VirtualClock` to be advanced"), "\(failure)")
  }

  @Test func movingWithoutEndIsALivelock() async throws {
    let outcome = await fuzzed(schedules: 2, { $0.stepLimit = 2_000 }) {
      let clock = VirtualClock()
      Task { while true { try await clock.sleep(for: .seconds(1)) } }
      await clock.advanceUntilIdle()
    }
    #expect(try #require(outcome.failure).kind == .livelock)
  }

  @Test func nativelyNobodyCanKnowWhenAllIsDone() async {
    await withKnownIssue {
      await VirtualClock().advance(by: .seconds(1))
    } matching: { issue in
      issue.comments.contains {
        $0.rawValue.hasPrefix("`advance(by:)` must know when nothing else can run")
      }
    }
    await withKnownIssue {
      await waitUntilIdle()
    } matching: { issue in
      issue.comments.contains { $0.rawValue.contains("the trait `.controlled` or `.fuzzed`") }
    }
  }

  @Test func nativelyItSleepsAndTellsTheTime() async throws {
    let clock = VirtualClock()
    #expect(clock.now.offset == .zero)
    try await clock.sleep(until: clock.now)
    let sleeper = Task { try await clock.sleep(for: .seconds(1)) }
    sleeper.cancel()
    await #expect(throws: CancellationError.self) { try await sleeper.value }
  }

  // MARK: Idleness

  @Test func waitingUntilIdleSeesAllThatCanHappen() async {
    let outcome = await fuzzedInTime {
      let journal = Journal()
      Task {
        for n in 0..<5 {
          await Task.yield()
          await journal.add("\(n)")
        }
        Task { await journal.add("more") }
      }
      await waitUntilIdle()
      #expect(await journal.lines.count == 6)
    }
    #expect(outcome.failure == nil, "\(outcome)")
  }

  @Test func aYieldDoesNot() async throws {
    let outcome = await fuzzedInTime {
      let journal = Journal()
      Task { await journal.add("done") }
      await Task.yield()
      #expect(await journal.lines.count == 1)
    }
    #expect(try #require(outcome.failure).kind == .expectation)
  }

  @Test func noTimePassesWhileItWaits() async {
    let outcome = await fuzzedInTime {
      let journal = Journal()
      Task {
        try await Task.sleep(for: .seconds(1))
        await journal.add("late")
      }
      await waitUntilIdle()
      #expect(await journal.lines == [])
    }
    #expect(outcome.failure == nil, "\(outcome)")
  }

  @Test func severalMayWaitAndEachGoesOnWhenAllOthersRest() async {
    let outcome = await fuzzedInTime {
      let journal = Journal()
      await withTaskGroup { group in
        for name in ["a", "b"] {
          group.addTask {
            await waitUntilIdle()
            await journal.add("\(name) begins")
            for _ in 0..<3 { await Task.yield() }
            await journal.add("\(name) ends")
          }
        }
      }
      let names = await journal.lines.map { String($0.prefix(1)) }
      #expect(names[0] == names[1])
      #expect(names[2] == names[3])
    }
    #expect(outcome.failure == nil, "\(outcome)")
  }

  @MainActor @Test func itWorksFromTheMainActorToo() async throws {
    try await controlled { @MainActor in
      let clock = VirtualClock()
      let debouncer = Debouncer(delay: .seconds(1), clock: clock)
      await debouncer.call()
      await clock.advance(by: .seconds(1))
      #expect(await debouncer.count == 1)
    }
  }
}
