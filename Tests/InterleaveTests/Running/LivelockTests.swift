import Interleave
import Testing

/// Runs that go on and on: which of them are livelocks, which are hangs, and which only long.
@Suite(.timeLimit(.minutes(10))) struct LivelockTests {
  /// Its tasks never leave it.
  private actor Spinner {
    func nop() async {}

    func spin() async {
      while true { await nop() }
    }
  }

  @Test func aStepThatTurnsInACircleIsAHang() async throws {
    let outcome = await fuzzed({ $0.hangLimit = .milliseconds(300) }) {
      let spinner = Spinner()
      async let other: Void = Task.yield()
      while true { await spinner.nop() }
      await other
    }
    let failure = try #require(outcome.failure, "\(outcome)")
    #expect(failure.kind == .hang, "\(failure)")
    #expect(failure.message.contains("LivelockTests.swift"), "\(failure)")
  }

  @Test func aMethodThatCallsItsOwnActorForEverIsAHang() async throws {
    let outcome = await fuzzed({ $0.hangLimit = .milliseconds(300) }) {
      async let other: Void = Task.yield()
      await Spinner().spin()
      await other
    }
    let failure = try #require(outcome.failure, "\(outcome)")
    #expect(failure.kind == .hang, "\(failure)")
    // In which of the functions that it calls itself it was stopped depends on the moment.
    #expect(failure.message.contains("LivelockTests.Spinner."), "\(failure)")
  }

  @Test func nearlyAsManyStepsAsMayBeAreNoLivelock() async throws {
    let outcome = await fuzzed(schedules: 2, { $0.stepLimit = 10_000 }) {
      async let other: Void = Task.yield()
      for _ in 0..<4_900 { await Task.yield() }
      await other
    }
    #expect(outcome.failure == nil, "\(outcome)")
    // All of them at one instant of virtual time.
    #expect(outcome.report.steps > 2 * 9_000, "\(outcome)")
  }

  @Test func moreStepsThanMayBeAreALivelock() async throws {
    let outcome = await fuzzed(schedules: 2, { $0.stepLimit = 10_000 }) {
      async let other: Void = Task.yield()
      for _ in 0..<5_100 { await Task.yield() }
      await other
    }
    let failure = try #require(outcome.failure, "\(outcome)")
    #expect(failure.kind == .livelock, "\(failure)")
    #expect(failure.message.contains("`stepLimit`"), "\(failure)")
  }

  /// Polls for what is set, or, if another task comes first, never is.
  private func poll(isRacy: Bool) async -> FuzzOutcome {
    await fuzzed(schedules: 100) {
      let taken = Box(false)
      let ready = Box(false)
      async let first: Void = {
        if isRacy, await taken.value == true { return }
        await ready.set(true)
      }()
      async let second: Void = taken.set(true)
      while await ready.value == false { await Task.yield() }
      _ = await (first, second)
    }
  }

  @Test func pollingForWhatNeverComesIsALivelock() async throws {
    let outcome = await poll(isRacy: true)
    let failure = try #require(outcome.failure, "\(outcome)")
    #expect(failure.kind == .livelock, "\(failure)")
    #expect(failure.interleaving.preemptions <= 1, "\(failure)")
  }

  @Test func pollingForWhatComesPasses() async {
    let outcome = await poll(isRacy: false)
    #expect(outcome.failure == nil, "\(outcome)")
  }

  @Test func aDraftIsNotTakenForEndlessBecauseItIsLong() async throws {
    // Where the other task comes first, it takes 6,000 steps; where not, it never ends.
    let outcome = await fuzzed(schedules: 100, { $0.stepLimit = 20_000 }) {
      let taken = Box(false)
      async let other: Void = taken.set(true)
      let isEndless = await taken.value == true
      await other
      var left = 3_000
      while left > 0 || isEndless {
        await Task.yield()
        left -= 1
      }
    }
    let failure = try #require(outcome.failure, "\(outcome)")
    #expect(failure.kind == .livelock, "\(failure)")
    #expect(!failure.interleaving.steps.isEmpty, "\(failure)")
  }

  @Test func aFailureAfterManyStepsIsMadeSmall() async throws {
    struct Lost: Error {}
    let adjust: (inout FuzzConfiguration) -> Void = {
      $0.strategy = .randomWalk
      $0.shrinking.runs = 60
    }
    let outcome = await fuzzed(schedules: 20, adjust) {
      // More than 5,000 steps, in which nothing is to be chosen.
      for _ in 0..<2_600 { await Task.yield() }
      let counter = Box(0)
      @Sendable func addThrice() async {
        for _ in 0..<3 { await counter.set((counter.value ?? 0) + 1) }
      }
      async let first: Void = addThrice()
      async let second: Void = addThrice()
      _ = await (first, second)
      if await counter.value != 6 { throw Lost() }
    }
    let failure = try #require(outcome.failure, "\(outcome)")
    #expect(failure.interleaving.preemptions == 1, "\(failure)")
  }
}
