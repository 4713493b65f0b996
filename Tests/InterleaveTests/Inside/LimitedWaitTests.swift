import Dispatch
import Foundation
import Interleave
import InterleaveBugs
import InterleaveEngine
import Testing

/// Steps that block for a limited time, while others go on.
@Suite(.enabled(if: Interruptions.obstacle == nil)) struct LimitedWaitTests {
  /// Fuzzes a body in which there may be no choice.
  private func passes(
    _ width: FuzzConfiguration.PoolWidth = .unlimited, schedules: Int = 200,
    sourceLocation: SourceLocation = #_sourceLocation,
    _ body: @escaping @Sendable () async throws -> Void
  ) async {
    let outcome = await fuzzed(
      schedules: schedules,
      {
        $0.poolWidth = width
        $0.checks.remove(.nothingInterleaved)
      }, body: body)
    #expect(outcome.failure == nil, "\(outcome)", sourceLocation: sourceLocation)
    #expect(
      outcome.report.warnings.isEmpty, "\(outcome.report.warnings)", sourceLocation: sourceLocation)
  }

  // MARK: What is opened in time

  @Test(arguments: Signal.Kind.allCases)
  func whatATaskOpensInTimeIsThere(kind: Signal.Kind) async {
    await passes {
      let signal = Signal(kind)
      let opening = Task { signal.open() }
      #expect(signal.wait(seconds: 1))
      await opening.value
    }
  }

  @Test(arguments: Signal.Kind.allCases)
  func whatATaskOpensAfterASleepIsThereOrNotByTheTimeThatTakes(kind: Signal.Kind) async {
    await passes(schedules: 50) {
      let signal = Signal(kind)
      let start = ContinuousClock.now
      let opening = Task {
        try await Task.sleep(for: .seconds(10))
        signal.open()
      }
      #expect(!signal.wait(seconds: 1))
      #expect(ContinuousClock.now - start >= .seconds(1))
      #expect(ContinuousClock.now - start < .seconds(2))
      #expect(signal.wait(seconds: 60))
      #expect(ContinuousClock.now - start >= .seconds(10))
      #expect(ContinuousClock.now - start < .seconds(11))
      try await opening.value
    }
  }

  @Test(arguments: Signal.Kind.allCases)
  func whatFindsNoThreadDoesNotComeInTime(kind: Signal.Kind) async throws {
    let outcome = await fuzzed(schedules: 300) {
      let signal = Signal(kind)
      let opening = Task { signal.open() }
      #expect(signal.wait(seconds: 1))
      await opening.value
    }
    let failure = try #require(outcome.failure, "\(outcome)")
    #expect(failure.kind == .expectation, "\(failure)")
    #expect(failure.interleaving.poolWidth == 1, "\(failure)")
  }

  @Test func whoWaitsForALimitedTimeIsInterruptedLater() async throws {
    let outcome = await fuzzed(schedules: 400, { $0.poolWidth = .unlimited }) {
      let signal = Signal(.semaphore)
      let count = Locked(0)
      let opening = Task { signal.open() }
      _ = signal.wait(seconds: 1)
      await both({ addInTwoSections(count) }, { addInTwoSections(count) })
      #expect(count.get() == 2)
      await opening.value
    }
    let failure = try #require(outcome.failure, "\(outcome)")
    #expect(failure.interleaving.interruptions == 1, "\(failure)")
    #expect(!outcome.report.warnings.contains { $0.contains("came to") })
  }

  // MARK: Sleeps

  @Test(arguments: Sleep.allCases) func othersGoOnWhileAStepSleeps(sleep: Sleep) async {
    await passes(schedules: 40) {
      let isDone = Locked(false)
      let other = Task { isDone.set(true) }
      sleep(milliseconds: 1)
      #expect(isDone.get(), "it takes no time to speak of")
      await other.value
    }
  }

  @Test func whatOthersChangeMeanwhileIsFoundWithoutInterruptions() async throws {
    let outcome = await fuzzed(schedules: 50, { $0.interruptions = .before }) {
      let count = Locked(0)
      await both({ addAfterASleep(count) }, { addAfterASleep(count) })
      #expect(count.get() == 2)
    }
    let failure = try #require(outcome.failure, "\(outcome)")
    #expect(failure.schedulesTried == 1, "\(failure)")
    #expect(failure.interleaving.preemptions == 0, "\(failure)")
  }

  @Test func whoSleepsLessWakesFirst() async {
    await passes(schedules: 40) {
      let woken = Locked([Int]())
      await all(3) { number in
        Sleep.usleep(milliseconds: 3 - number)
        woken { $0.append(number) }
      }
      #expect(woken.get() == [2, 1, 0])
    }
  }

  @Test func theClocksMoveByNoMoreThanOthersTake() async {
    await passes(schedules: 40) {
      let start = ContinuousClock.now
      await all(3) { _ in Sleep.nanosleep(milliseconds: 2) }
      #expect(ContinuousClock.now - start >= .milliseconds(2))
      #expect(ContinuousClock.now - start < .milliseconds(3))
    }
  }

  @Test func anActorThatSleepsIsBusy() async {
    await passes(schedules: 40) {
      let sleeper = Sleeper()
      async let first: Void = sleeper.sleep()
      async let second: Void = sleeper.sleep()
      _ = await (first, second)
    }
  }

  @Test func whoSleepsKeepsItsThread() async throws {
    let body: @Sendable () async -> Void = {
      let isDone = Locked(false)
      let other = Task { isDone.set(true) }
      Sleep.usleep(milliseconds: 1)
      #expect(!isDone.get())
      await other.value
    }
    await passes(1, schedules: 40, body)
    let wide = await fuzzed(schedules: 40, { $0.poolWidth = .unlimited }, body: body)
    #expect(wide.failure?.kind == .expectation, "\(wide)")
  }
}

/// What can be opened once, and waited for a limited time.
final class Signal: @unchecked Sendable {
  enum Kind: CaseIterable { case semaphore, condition }

  private let kind: Kind
  private let semaphore = DispatchSemaphore(value: 0)
  private let condition = NSCondition()
  private var isOpen = false

  init(_ kind: Kind) {
    self.kind = kind
  }

  func open() {
    guard kind == .condition else {
      semaphore.signal()
      return
    }
    condition.lock()
    isOpen = true
    condition.signal()
    condition.unlock()
  }

  func wait(seconds: Double) -> Bool {
    guard kind == .condition else { return semaphore.wait(timeout: .now() + seconds) == .success }
    let limit = Date() + seconds
    condition.lock()
    defer { condition.unlock() }
    while !isOpen { if !condition.wait(until: limit) { return isOpen } }
    return true
  }
}

/// The ways in which a thread sleeps.
enum Sleep: CaseIterable {
  case usleep, nanosleep, thread

  func callAsFunction(milliseconds: Int) {
    switch self {
    case .usleep: _ = Foundation.usleep(UInt32(milliseconds * 1000))
    case .nanosleep:
      // Which module declares the members of this structure depends on what is compiled along.
      withUnsafeTemporaryAllocation(of: timespec.self, capacity: 1) { time in
        UnsafeMutableRawBufferPointer(time).storeBytes(
          of: (0, milliseconds * 1_000_000), as: (Int, Int).self)
        _ = Foundation.nanosleep(time.baseAddress!, nil)
      }
    case .thread: Thread.sleep(forTimeInterval: Double(milliseconds) / 1000)
    }
  }
}

private actor Sleeper {
  private var isAsleep = false

  func sleep() {
    #expect(!isAsleep)
    isAsleep = true
    Sleep.usleep(milliseconds: 1)
    isAsleep = false
  }
}

private func addInTwoSections(_ count: Locked<Int>) {
  let before = count.get()
  count.set(before + 1)
}

private func addAfterASleep(_ count: Locked<Int>) {
  let before = count.get()
  Sleep.usleep(milliseconds: 1)
  count.set(before + 1)
}
