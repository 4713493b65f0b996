import Interleave
import InterleaveEngine
import Synchronization
import Testing

/// Tasks that wait by looking again and again: those for whom they wait get their turns, so that
/// only who waits for what never comes is told to go on for ever.
@Suite(.timeLimit(.minutes(10))) struct WaitingTests {
  // MARK: Yielding

  @Test func tasksThatPollForEachOtherPass() async {
    let outcome = await fuzzed(schedules: 100) { await meet(times: 20) }
    #expect(outcome.failure == nil, "\(outcome)")
  }

  @Test func tasksOfWhichEachPollsForTheOtherToBeginAreALivelock() async throws {
    let outcome = await fuzzed(schedules: 100, { $0.stepLimit = 20_000 }) {
      await meet(times: 1, afterYou: true)
    }
    let failure = try #require(outcome.failure, "\(outcome)")
    #expect(failure.kind == .livelock, "\(failure)")
    #expect(failure.schedulesTried == 1)
    #expect(failure.interleaving.preemptions == 0)
    #expect(failure.message.contains("task 0.0 in"), "\(failure)")
    #expect(failure.message.contains("task 0.1 in"), "\(failure)")
    #expect(failure.message.contains("task 0.0 polls Post"), "\(failure)")
    #expect(failure.message.contains("task 0.1 polls Post"), "\(failure)")
  }

  @Test(arguments: [1, 4])
  func whoWorksForLongIsPolledForByAnyNumber(pollers: Int) async {
    let outcome = await fuzzed(schedules: 50) {
      let mill = Mill()
      await withTaskGroup { group in
        group.addTask { await mill.grind(times: 2_000) }
        for _ in 0..<pollers {
          group.addTask { while await mill.isBusy { await Task.yield() } }
        }
      }
    }
    #expect(outcome.failure == nil, "\(outcome)")
  }

  @Test func whoPollsForWorkThatNobodyDoesIsALivelock() async throws {
    let outcome = await fuzzed(schedules: 50) {
      let mill = Mill()
      async let other: Void = Task.yield()
      while await mill.isBusy { await Task.yield() }
      await other
    }
    let failure = try #require(outcome.failure, "\(outcome)")
    #expect(failure.kind == .livelock, "\(failure)")
    #expect(failure.schedulesTried == 1)
  }

  @Test func whoYieldsAtWorkIsPolledFor() async {
    let outcome = await fuzzed(schedules: 50, { $0.strategy = .urw }) {
      let isDone = Mutex(false)
      async let work: Void = {
        for _ in 0..<2_000 { await Task.yield() }
        isDone.withLock { $0 = true }
      }()
      while !isDone.withLock({ $0 }) { await Task.yield() }
      await work
    }
    #expect(outcome.failure == nil, "\(outcome)")
  }

  @Test func pollingTakesTimeInTheEnd() async {
    let outcome = await fuzzed(schedules: 3) {
      let box = Box(false)
      async let sleeper: Void = {
        try? await Task.sleep(for: .seconds(1))
        await box.set(true)
      }()
      while await box.value == false { await Task.yield() }
      await sleeper
    }
    #expect(outcome.failure == nil, "\(outcome)")
  }

  @Test func noTimeLimitRunsOutWhileOthersWork() async {
    struct TooLate: Error {}
    let outcome = await fuzzed(schedules: 50) {
      let mill = Mill()
      let watchdog = Task {
        try await Task.sleep(for: .seconds(1))
        throw TooLate()
      }
      async let work: Void = mill.grind(times: 2_000)
      while await mill.isBusy { await Task.yield() }
      await work
      watchdog.cancel()
      if case .failure(let error) = await watchdog.result, error is TooLate { throw error }
    }
    #expect(outcome.failure == nil, "\(outcome)")
  }

  // MARK: Inside a step

  /// On a pool of one thread, who waits inside a step keeps out whom it waits for.
  private static let hasThreads: @Sendable (inout FuzzConfiguration) -> Void = {
    $0.poolWidth = .unlimited
    $0.hangLimit = .seconds(1)
  }

  @Test(.enabled(if: Interruptions.obstacle == nil))
  func whoAsksInsideAStepUntilItIsCancelledPasses() async {
    let outcome = await fuzzed(schedules: 100, Self.hasThreads) {
      let task = Task { while !Task.isCancelled {} }
      async let other: Void = task.cancel()
      await task.value
      await other
    }
    #expect(outcome.failure == nil, "\(outcome)")
  }

  @Test(.enabled(if: Interruptions.obstacle == nil && !fixturesAreEnabled))
  func whoAsksInsideAStepWhetherItIsCancelledAndNeverIsHangs() async throws {
    let outcome = await fuzzed(schedules: 100, Self.hasThreads) {
      let task = Task { while !Task.isCancelled {} }
      async let other: Void = Task.yield()
      await task.value
      await other
    }
    let failure = try #require(outcome.failure, "\(outcome)")
    #expect(failure.kind == .hang, "\(failure)")
    #expect(failure.schedulesTried == 1)
    #expect(failure.interleaving.deviations.isEmpty, "\(failure)")
  }

  @Test(.enabled(if: Interruptions.obstacle == nil))
  func whoLooksUnderALockInsideAStepPasses() async {
    let outcome = await fuzzed(schedules: 100, Self.hasThreads) {
      let (first, second) = (Flag(), Flag())
      async let one: Void = first.raise(andAwait: second)
      async let other: Void = second.raise(andAwait: first)
      _ = await (one, other)
    }
    #expect(outcome.failure == nil, "\(outcome)")
  }

  @Test(.enabled(if: Interruptions.obstacle == nil), arguments: [false, true])
  func whoTriesALockThatAnInterruptedStepHoldsPasses(isPolite: Bool) async {
    let outcome = await fuzzed(schedules: 100, Self.hasThreads) {
      let count = Mutex(0)
      let addThrice: @Sendable () async -> Void = {
        for _ in 0..<3 {
          while !(count.withLockIfAvailable { $0 += Task.isCancelled ? 2 : 1 } != nil) {
            if isPolite { await Task.yield() }
          }
        }
      }
      async let one: Void = addThrice()
      async let other: Void = addThrice()
      _ = await (one, other)
    }
    #expect(outcome.failure == nil, "\(outcome)")
  }
}

/// Each of two tasks tells how far it has come, and polls for the other to have come as far.
///
/// - Parameter afterYou: Neither begins before the other has.
private func meet(times: Int, afterYou: Bool = false) async {
  let (here, there) = (Post(), Post())
  @Sendable func walk(_ mine: Post, _ theirs: Post) async {
    if afterYou { while await theirs.round == 0 { await Task.yield() } }
    for round in 1...times {
      await mine.advance()
      while await theirs.round < round { await Task.yield() }
    }
  }
  async let one: Void = walk(here, there)
  async let other: Void = walk(there, here)
  _ = await (one, other)
}

private actor Post {
  private(set) var round = 0

  func advance() { round += 1 }
}

private actor Mill {
  private(set) var isBusy = true
  private var ground = 0

  private func grind() { ground += 1 }
  private func stop() { isBusy = false }

  nonisolated func grind(times: Int) async {
    for _ in 0..<times { await grind() }
    await stop()
  }
}

private final class Flag: Sendable {
  private let isRaised = Mutex(false)

  /// Waits without suspending.
  func raise(andAwait other: Flag) {
    isRaised.withLock { $0 = true }
    while !other.isRaised.withLock({ $0 }) {}
  }
}
