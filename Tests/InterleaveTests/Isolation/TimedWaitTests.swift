import Foundation
import Interleave
import Synchronization
import Testing

/// Calls that block a thread for a limited time, from within a step.
///
/// The limits are so long that no test would end that really waited for them.
@Suite(.timeLimit(.minutes(10))) struct TimedWaitTests {
  /// Runs a body a few times, beside two tasks.
  private func runs(_ body: @escaping @Sendable () async throws -> Void) async -> FuzzOutcome {
    await fuzzed(schedules: 20) {
      async let first: Void = Task.yield()
      async let second: Void = Task.yield()
      try await body()
      _ = await (first, second)
    }
  }

  /// Runs what waits for an hour, and expects the clocks of the run to have moved by as much.
  private func expectAnHour(
    sourceLocation: SourceLocation = #_sourceLocation, _ wait: @escaping @Sendable () -> Bool
  ) async {
    let outcome = await runs {
      let (start, date) = (ContinuousClock.now, Date())
      #expect(!wait())
      #expect(ContinuousClock.now - start >= .seconds(3599))
      #expect(ContinuousClock.now - start < .seconds(3601))
      #expect(Date().timeIntervalSince(date) >= 3599)
    }
    #expect(outcome.failure == nil, "\(outcome)", sourceLocation: sourceLocation)
  }

  @Test func aSemaphoreThatOnlyStepsKnowTimesOutAtOnce() async {
    await expectAnHour {
      DispatchSemaphore(value: 0).wait(timeout: .now() + 3600) == .success
    }
    await expectAnHour {
      DispatchSemaphore(value: 0).wait(wallTimeout: .now() + 3600) == .success
    }
  }

  @Test func aGroupThatOnlyStepsKnowTimesOutAtOnce() async {
    await expectAnHour {
      let group = DispatchGroup()
      group.enter()
      defer { group.leave() }
      return group.wait(timeout: .now() + 3600) == .success
    }
  }

  @Test func aConditionThatOnlyStepsKnowTimesOutAtOnce() async {
    await expectAnHour {
      let condition = NSCondition()
      let limit = Date() + 3600
      condition.lock()
      defer { condition.unlock() }
      while Date() < limit { if condition.wait(until: limit) { return true } }
      return false
    }
  }

  @Test func aLockThatThisThreadHoldsTimesOutAtOnce() async {
    await expectAnHour {
      let lock = NSLock()
      lock.lock()
      defer { lock.unlock() }
      return lock.lock(before: Date() + 3600)
    }
  }

  @Test func whatIsThereAlreadyTakesNoTime() async {
    let outcome = await runs {
      let semaphore = DispatchSemaphore(value: 0)
      semaphore.signal()
      let start = ContinuousClock.now
      #expect(waits(for: semaphore))
      #expect(ContinuousClock.now == start)
    }
    #expect(outcome.failure == nil, "\(outcome)")
  }

  @Test func whatAnotherThreadSignalsIsWaitedFor() async {
    let outcome = await runs {
      let semaphore = DispatchSemaphore(value: 0)
      DispatchQueue.global().async { semaphore.signal() }
      #expect(waits(for: semaphore))
    }
    #expect(outcome.failure == nil, "\(outcome)")
  }

  @Test func aConditionThatAnotherThreadSignalsIsWaitedFor() async {
    let outcome = await runs {
      let box = Delivery()
      DispatchQueue.global().async { box.fill() }
      #expect(box.waitUntilFull(for: 3600))
    }
    #expect(outcome.failure == nil, "\(outcome)")
  }
}

private func waits(for semaphore: DispatchSemaphore) -> Bool {
  semaphore.wait(timeout: .now() + 3600) == .success
}

/// Is filled on one thread, and waited for on another.
private final class Delivery: @unchecked Sendable {
  private let condition = NSCondition()
  private var isFull = false

  func fill() {
    condition.lock()
    isFull = true
    condition.broadcast()
    condition.unlock()
  }

  func waitUntilFull(for seconds: TimeInterval) -> Bool {
    condition.lock()
    defer { condition.unlock() }
    let limit = Date() + seconds
    while !isFull { if !condition.wait(until: limit) { return isFull } }
    return true
  }
}

/// Threads that a run does not control, and that may still resume its tasks.
@Suite struct ForeignGraceTests {
  @Test func whereNobodyIsWaitedForAThreadThatIsLateCountsAsStuck() async throws {
    let isOver = DispatchSemaphore(value: 0)
    let begun = Mutex(0)
    let outcome = await fuzzed {
      $0.foreignGrace = .zero
      $0.interruptions = .never
    } body: {
      async let other: Void = Task.yield()
      await withCheckedContinuation { continuation in
        begun.withLock { $0 += 1 }
        Thread.detachNewThread {
          isOver.wait()
          continuation.resume()
        }
      }
      await other
    }
    for _ in 0..<begun.withLock({ $0 }) { isOver.signal() }
    let failure = try #require(outcome.failure, "\(outcome)")
    #expect(failure.kind == .lostWakeUp || failure.kind == .deadlock, "\(failure)")
  }
}
