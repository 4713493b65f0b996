import CInterleave
import Dispatch
import Foundation
import InterleaveEngine
import Testing

#if canImport(Darwin)
  import Darwin
#elseif canImport(Glibc)
  import Glibc
#endif

/// Deadlines that a step makes by the run's clocks and hands to what goes by the system's.
@Suite(.timeLimit(.minutes(5))) struct ForeignDeadlineTests {
  /// Lets something resume a continuation of a run after a tenth of a second.
  ///
  /// - Returns: The time that really passed until then, in milliseconds, to the microsecond; runs
  ///   wait for their turn before.
  private func delay(
    _ arm: @escaping @Sendable (_ resume: @escaping @Sendable () -> Void) -> Void
  ) async throws -> Double {
    var settings = MachineSettings()
    settings.foreignGrace = 120_000_000_000
    let began = Moment()
    let ended = Moment()
    let run = try await controlled(settings: settings) {
      await withCheckedContinuation { continuation in
        began.note()
        arm {
          ended.note()
          continuation.resume()
        }
      }
    }
    #expect(run.end == .clean)
    let microseconds = Double(ended.nanoseconds - began.nanoseconds) / 1e3
    return microseconds.rounded() / 1e3
  }

  private let queue = DispatchQueue(label: "elsewhere")

  /// A tenth of a second of a calendar that may be set right meanwhile, by the clock that never is.
  private let leastByCalendar = 99.0

  @Test func workForLaterIsDoneLater() async throws {
    let byUptime = try await delay { resume in
      queue.asyncAfter(deadline: .now() + .milliseconds(100)) { resume() }
    }
    let byCalendar = try await delay { resume in
      queue.asyncAfter(wallDeadline: .now() + .milliseconds(100)) { resume() }
    }
    let item = try await delay { resume in
      let item = DispatchWorkItem { resume() }
      queue.asyncAfter(deadline: .now() + .milliseconds(100), execute: item)
    }
    let withFlags = try await delay { resume in
      queue.asyncAfter(deadline: .now() + .milliseconds(100), flags: .barrier) { resume() }
    }
    let delays = [byUptime, item, withFlags]
    #expect(delays.allSatisfy { $0 >= 100 }, "\(delays)")
    #expect(byCalendar >= leastByCalendar)
  }

  @Test func workForLongAgoIsDoneAtOnce() async throws {
    let byUptime = try await delay { resume in
      queue.asyncAfter(deadline: .now() - .seconds(10)) { resume() }
    }
    let byCalendar = try await delay { resume in
      queue.asyncAfter(wallDeadline: .now() - .seconds(10)) { resume() }
    }
    #expect(byUptime < 120_000 && byCalendar < 120_000)
  }

  @Test func aDispatchTimerFiresWhenItIsDue() async throws {
    for isByCalendar in [false, true] {
      let delay = try await delay { resume in
        let timer = DispatchSource.makeTimerSource(queue: queue)
        if isByCalendar {
          timer.schedule(wallDeadline: .now() + .milliseconds(100))
        } else {
          timer.schedule(deadline: .now() + .milliseconds(100))
        }
        timer.setEventHandler {
          timer.cancel()
          resume()
        }
        timer.activate()
      }
      #expect(delay >= (isByCalendar ? leastByCalendar : 100))
    }
  }

  @Test func aTimerThatRepeatsGoesOnByTheSystemsClocks() async throws {
    let fired = Counter()
    let delay = try await delay { resume in
      let timer = DispatchSource.makeTimerSource(queue: queue)
      timer.schedule(deadline: .now(), repeating: .milliseconds(50))
      timer.setEventHandler {
        guard fired.increment() == 3 else { return }
        timer.cancel()
        resume()
      }
      timer.activate()
    }
    #expect(delay >= 100)
  }

  /// What a wait for a twentieth of a second of something that never comes takes, in
  /// milliseconds of the run's time; it really takes at least as long.
  private func wait(_ body: @escaping @Sendable () -> Bool) async throws -> Double? {
    let began = seconds()
    let run = try await controlled {
      let clock = ContinuousClock()
      let start = clock.now
      let isInTime = body()
      return isInTime ? nil : (clock.now - start) / .milliseconds(1)
    }
    #expect(run.end == .clean)
    #expect(seconds() - began >= 0.05)
    return try run.value?.get()
  }

  @Test func aStepThatWaitsInVainWaitsAsLongAsItSays() async throws {
    let semaphore = DispatchSemaphore(value: 0)
    let group = DispatchGroup()
    group.enter()
    let condition = NSCondition()
    let waits: [Double?] = [
      try await wait { semaphore.wait(timeout: .now() + .milliseconds(50)) == .success },
      try await wait { semaphore.wait(wallTimeout: .now() + .milliseconds(50)) == .success },
      try await wait { group.wait(timeout: .now() + .milliseconds(50)) == .success },
      try await wait { DispatchWorkItem {}.wait(timeout: .now() + .milliseconds(50)) == .success },
      try await wait {
        condition.lock()
        defer { condition.unlock() }
        return condition.wait(until: Date() + 0.05)
      },
    ]
    group.leave()
    #expect(waits.allSatisfy { $0.map { $0 >= 49 && $0 < 60 } ?? false }, "\(waits)")
  }

  @Test func aLockOfManyReadersIsWaitedForAsLongAsIsSaid() async throws {
    let lock = ReaderLock()
    pthread_rwlock_wrlock(lock.address)
    let waits: [Double?] = [
      try await wait { pthread_rwlock_timedrdlock(lock.address, &lock.deadline) == 0 },
      try await wait { pthread_rwlock_timedwrlock(lock.address, &lock.deadline) == 0 },
    ]
    pthread_rwlock_unlock(lock.address)
    #expect(waits.allSatisfy { $0.map { $0 >= 49 && $0 < 60 } ?? false }, "\(waits)")
  }
}

private func seconds() -> Double { ProcessInfo.processInfo.systemUptime }

/// A moment of real time, noted on one thread and read on another.
private final class Moment: @unchecked Sendable {
  private let lock = NSLock()
  private var noted: Int64 = 0

  var nanoseconds: Int64 { lock.withLock { noted } }

  func note() { lock.withLock { noted = il_exact_real_time() } }
}

private final class Counter: @unchecked Sendable {
  private let lock = NSLock()
  private var value = 0

  func increment() -> Int {
    lock.withLock {
      value += 1
      return value
    }
  }
}

private final class ReaderLock: @unchecked Sendable {
  let address = UnsafeMutablePointer<pthread_rwlock_t>.allocate(capacity: 1)

  init() { pthread_rwlock_init(address, nil) }

  deinit {
    pthread_rwlock_destroy(address)
    address.deallocate()
  }

  /// A twentieth of a second from now, by the calendar.
  var deadline: timespec {
    get {
      let moment = Date().timeIntervalSince1970 + 0.05
      return timespec(
        tv_sec: Int(moment), tv_nsec: Int((moment - moment.rounded(.down)) * 1_000_000_000))
    }
    set {}
  }
}
