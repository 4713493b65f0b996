import Interleave
import Testing

/// Runs that do not come to their end, each beside a twin that does.
@Suite struct StandstillTests {
  // MARK: Deadlock

  @Test func twoTasksThatAwaitEachOtherAreADeadlock() async throws {
    let outcome = await fuzzed {
      let first = Box<Task<Void, Never>>()
      let second = Task { if let task = await first.value { await task.value } }
      let other = Task { await second.value }
      await first.set(other)
      await other.value
    }
    let failure = try #require(outcome.failure)
    #expect(failure.kind == .deadlock)
    #expect(failure.message.contains("task 0.0 waits"))
    #expect(failure.message.contains("task 0.1 waits"))
    #expect(failure.message.contains("StandstillTests.swift"))
  }

  @Test func twoTasksOfWhichOneAwaitsTheOtherPass() async {
    let outcome = await fuzzed {
      let first = Box<Task<Void, Never>>(Task {})
      let second = Task { if let task = await first.value { await task.value } }
      await Task { await second.value }.value
    }
    #expect(outcome.failure == nil, "\(outcome)")
  }

  @Test func aGroupWhoseChildAwaitsTheParentIsADeadlock() async throws {
    let outcome = await fuzzed {
      let box = Box<Task<Void, Never>>()
      let parent = Task {
        await Task.yield()
        await withTaskGroup { group in
          group.addTask { if let task = await box.value { await task.value } }
        }
      }
      await box.set(parent)
      await parent.value
    }
    let failure = try #require(outcome.failure)
    #expect(failure.kind == .deadlock)
    #expect(failure.message.contains("task 0.0 waits"))
    #expect(failure.message.contains("for the result of task 0.0,"))
  }

  @Test func aGroupWhoseChildrenAwaitOthersPasses() async {
    let outcome = await fuzzed {
      let other = Task { await Task.yield() }
      await withTaskGroup { group in
        group.addTask { await other.value }
        group.addTask { await other.value }
      }
    }
    #expect(outcome.failure == nil, "\(outcome)")
  }

  @Test func locksThatAreTakenInOppositeOrderAreADeadlock() async throws {
    let outcome = await fuzzed {
      let (a, b) = (AsyncLock(), AsyncLock())
      async let one: Void = transferUnder(a, b)
      async let other: Void = transferUnder(b, a)
      _ = await (one, other)
    }
    let failure = try #require(outcome.failure)
    #expect(failure.kind == .deadlock)
    #expect(failure.message.contains("AsyncLock.lock()"))
    #expect(failure.message.contains("task 0.0 waits"))
    #expect(failure.message.contains("task 0.1 waits"))
    #expect(failure.interleaving.preemptions <= 1)
  }

  @Test func locksThatAreTakenInOneOrderPass() async {
    let outcome = await fuzzed {
      let (a, b) = (AsyncLock(), AsyncLock())
      async let one: Void = transferUnder(a, b)
      async let other: Void = transferUnder(a, b)
      _ = await (one, other)
    }
    #expect(outcome.failure == nil, "\(outcome)")
  }

  // MARK: Lost wake-up

  @Test func aContinuationThatIsStoredAfterTheSignalIsALostWakeUp() async throws {
    let outcome = await fuzzed {
      let gate = Gate()
      async let opened: Void = gate.open()
      await gate.waitCarelessly()
      await opened
    }
    let failure = try #require(outcome.failure)
    #expect(failure.kind == .lostWakeUp)
    #expect(failure.message.contains("task 0 waits"))
    #expect(failure.message.contains("Gate.waitCarelessly()"))
  }

  @Test func aContinuationThatIsStoredBeforeTheSignalPasses() async {
    let outcome = await fuzzed {
      let gate = Gate()
      async let opened: Void = gate.open()
      await gate.wait()
      await opened
    }
    #expect(outcome.failure == nil, "\(outcome)")
  }

  @Test func aDroppedContinuationForWhichTheBodyWaitsIsALostWakeUp() async throws {
    let outcome = await fuzzed {
      async let other: Void = Task.yield()
      await withUnsafeContinuation { (_: UnsafeContinuation<Void, Never>) in }
      await other
    }
    #expect(outcome.failure?.kind == .lostWakeUp, "\(outcome)")
  }

  // MARK: Leaked tasks

  @Test func aTaskThatOutlivesTheBodyIsLeaked() async throws {
    let line = #line + 3
    let outcome = await fuzzed {
      let (stream, continuation) = AsyncStream.makeStream(of: Int.self)
      Task { for await _ in stream {} }
      async let other: Void = Task.yield()
      await other
      withExtendedLifetime(continuation) {}
      Keeper.shared.keep(continuation)
    }
    let failure = try #require(outcome.failure)
    #expect(failure.kind == .leakedTask)
    #expect(failure.message.contains("task 0.0 waits"))
    #expect(failure.message.contains("StandstillTests.swift:\(line)"))
  }

  @Test func aTaskThatEndsAfterTheBodyPasses() async {
    let outcome = await fuzzed {
      let (stream, continuation) = AsyncStream.makeStream(of: Int.self)
      Task { for await _ in stream {} }
      Task { continuation.finish() }
    }
    #expect(outcome.failure == nil, "\(outcome)")
  }

  @Test func aTaskThatGoesOnForEverIsLeaked() async throws {
    let outcome = await fuzzed(schedules: 5, { $0.stepLimit = 2000 }) {
      Task { while true { await Task.yield() } }
      await Task.yield()
    }
    let failure = try #require(outcome.failure)
    #expect(failure.kind == .leakedTask)
    #expect(failure.message.contains("go on and on"))
  }

  @Test func leakedTasksNeedNotBeChecked() async {
    let outcome = await fuzzed(schedules: 5, { $0.checks.remove(.leakedTasks) }) {
      let (stream, continuation) = AsyncStream.makeStream(of: Int.self)
      Task { for await _ in stream {} }
      Keeper.shared.keep(continuation)
      await withdrawTwice(from: Bank(balance: 100))
    }
    #expect(outcome.failure == nil, "\(outcome)")
  }

  // MARK: Leaked continuations

  @Test(.unoptimised) func aContinuationThatIsDroppedWhenTheBodyHasEndedIsLeaked() async throws {
    let outcome = await fuzzed {
      Task { await waitForNobody() }
      await withdrawTwice(from: Bank(balance: 100))
    }
    let failure = try #require(outcome.failure)
    #expect(failure.kind == .leakedContinuation)
    #expect(failure.message.contains("waitForNobody()"))
  }

  @Test func leakedContinuationsNeedNotBeChecked() async {
    let outcome = await fuzzed(
      schedules: 5, { $0.checks.subtract([.leakedContinuations, .leakedTasks]) }
    ) {
      Task { await waitForNobody() }
      await withdrawTwice(from: Bank(balance: 100))
    }
    #expect(outcome.failure == nil, "\(outcome)")
  }

  // MARK: Livelock

  @Test(.unoptimised) func tasksThatYieldToEachOtherForEverAreALivelock() async throws {
    let outcome = await fuzzed(schedules: 5, { $0.stepLimit = 3000 }) {
      let turn = Box(0)
      async let a: Void = giveWay(to: 1, turn)
      async let b: Void = giveWay(to: 0, turn)
      _ = await (a, b)
    }
    let failure = try #require(outcome.failure)
    #expect(failure.kind == .livelock)
    #expect(failure.message.contains("giveWay"))
  }

  @Test func aPollingLoopThatNothingEndsIsALivelock() async throws {
    let outcome = await fuzzed(schedules: 5, { $0.stepLimit = 3000 }) {
      let ready = Box(false)
      async let other: Void = Task.yield()
      while await ready.value == false { try await Task.sleep(for: .seconds(1)) }
      await other
    }
    let failure = try #require(outcome.failure)
    #expect(failure.kind == .livelock)
    #expect(failure.message.contains("StandstillTests.swift"))
  }

  @Test func aPollingLoopThatSomebodyEndsPasses() async {
    let outcome = await fuzzed {
      let ready = Box(false)
      Task {
        try await Task.sleep(for: .seconds(3600))
        await ready.set(true)
      }
      while await ready.value == false { try await Task.sleep(for: .seconds(60)) }
    }
    #expect(outcome.failure == nil, "\(outcome)")
  }

  @Test func aTaskThatPollsAnActorWithoutABreakPasses() async {
    let outcome = await fuzzed(schedules: 50) {
      let ready = Box(false)
      async let other: Void = ready.set(true)
      while await ready.value == false {}
      await other
    }
    #expect(outcome.failure == nil, "\(outcome)")
  }

  @Test func aLivelockAtTheUsualLimitIsToldInShort() async throws {
    let outcome = await fuzzed(schedules: 5) {
      let turn = Box(0)
      async let a: Void = giveWay(to: 1, turn)
      async let b: Void = giveWay(to: 0, turn)
      _ = await (a, b)
    }
    let failure = try #require(outcome.failure)
    #expect(failure.kind == .livelock)
    #expect(failure.description.split(separator: "\n").count < 200)
    #expect(failure.interleaving.preemptions == 0)
  }

  @Test func livelocksNeedNotBeChecked() async {
    let outcome = await fuzzed(
      schedules: 3,
      {
        $0.stepLimit = 1000
        $0.checks.remove(.livelocks)
      }
    ) {
      let turn = Box(0)
      async let a: Void = giveWay(to: 1, turn)
      async let b: Void = giveWay(to: 0, turn)
      _ = await (a, b)
    }
    #expect(outcome.failure == nil, "\(outcome)")
  }
}

/// A lock that suspends those who wait for it, first come first served.
private actor AsyncLock {
  private var isHeld = false
  private var waiters: [CheckedContinuation<Void, Never>] = []

  func lock() async {
    guard isHeld else {
      isHeld = true
      return
    }
    await withCheckedContinuation { waiters.append($0) }
  }

  func unlock() {
    if waiters.isEmpty { isHeld = false } else { waiters.removeFirst().resume() }
  }
}

private func transferUnder(_ outer: AsyncLock, _ inner: AsyncLock) async {
  await outer.lock()
  await inner.lock()
  await inner.unlock()
  await outer.unlock()
}

private actor Gate {
  private var isOpen = false
  private var waiter: CheckedContinuation<Void, Never>?

  func open() {
    isOpen = true
    waiter?.resume()
    waiter = nil
  }

  func wait() async {
    guard !isOpen else { return }
    await withCheckedContinuation { waiter = $0 }
  }

  /// Looks, lets others in, and only then begins to wait.
  func waitCarelessly() async {
    guard !isOpen else { return }
    await Task.yield()
    await withCheckedContinuation { waiter = $0 }
  }
}

private func waitForNobody() async {
  await withCheckedContinuation { (_: CheckedContinuation<Void, Never>) in }
}

/// Lets the other go first; the other does the same.
private func giveWay(to other: Int, _ turn: Box<Int>) async {
  while await turn.value != 2 {
    await turn.set(other)
    await Task.yield()
  }
}

/// Keeps continuations of streams, so that their streams do not end.
private final class Keeper: @unchecked Sendable {
  static let shared = Keeper()
  private var kept: AsyncStream<Int>.Continuation?

  func keep(_ continuation: AsyncStream<Int>.Continuation) { kept = continuation }
}
