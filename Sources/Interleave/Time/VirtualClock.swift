// Time: clocks and deadlines in a test's own hand.

import InterleaveEngine
import Synchronization

/// A clock whose time passes only when a test says so.
///
/// For code that takes a clock. In a run that Interleave controls every clock is virtual, so where
/// a test need not say when time passes, `ContinuousClock()` will do: a sleep of an hour takes
/// none. Where it must, hand the code a virtual clock:
///
/// ```swift
/// @Test(.controlled) func theLastOfThreeIsSearched() async {
///   let clock = VirtualClock()
///   let search = Search(debounce: .milliseconds(300), clock: clock)
///   for text in ["s", "sw", "swi"] {
///     await search.type(text)
///     await clock.advance(by: .milliseconds(100))
///   }
///   #expect(await search.queries == [])
///   await clock.advance(by: .milliseconds(200))
///   #expect(await search.queries == ["swi"])
/// }
/// ```
///
/// ``advance(by:fileID:filePath:line:column:)`` knows when the code under test has come to rest,
/// which nobody can know of the native runtime. So it must be called in a fuzzed body, in
/// ``controlled(fileID:filePath:function:line:column:_:)`` or in a test with the trait `.controlled`.
/// Reading the time and sleeping work anywhere.
///
/// Make it inside the body: each run begins with a clock of its own.
public final class VirtualClock: Clock {
  /// A moment on a virtual clock.
  public struct Instant: InstantProtocol, CustomStringConvertible {
    /// The time since the clock was made.
    public let offset: Duration

    /// Makes a moment.
    ///
    /// - Parameter offset: The time since the clock was made.
    public init(offset: Duration) {
      self.offset = offset
    }

    /// The moment that is a time later.
    public func advanced(by duration: Duration) -> Instant {
      Instant(offset: offset + duration)
    }

    /// The time until another moment.
    public func duration(to other: Instant) -> Duration { other.offset - offset }

    public static func < (lhs: Instant, rhs: Instant) -> Bool { lhs.offset < rhs.offset }

    public var description: String { offset.spelledOut }
  }

  private typealias Waiter = CheckedContinuation<Void, any Error>

  private let queue = Mutex(SleepQueue<Waiter>())

  /// Makes a clock that stands at zero.
  public init() {}

  /// The moment to which the clock was advanced.
  public var now: Instant { Instant(offset: queue.withLock { $0.now }) }

  /// No time at all: it stands still by itself.
  public var minimumResolution: Duration { .nanoseconds(1) }

  /// How many tasks sleep on this clock.
  public var sleeperCount: Int { queue.withLock { $0.count } }

  /// Waits until the clock was advanced to a moment.
  ///
  /// - Parameters:
  ///   - deadline: The moment; where it has passed, nothing is waited for.
  ///   - tolerance: Is not used: a sleeper wakes at its deadline.
  /// - Throws: `CancellationError` if the task is cancelled before or while it sleeps.
  public func sleep(until deadline: Instant, tolerance: Duration? = nil) async throws {
    let number = queue.withLock { $0.makeNumber() }
    defer { queue.withLock { $0.forget(number) } }
    try await withTaskCancellationHandler {
      try await withCheckedThrowingContinuation { (waiter: Waiter) in
        let admission = queue.withLock { $0.add(number, until: deadline.offset, waiter) }
        switch admission {
        case .waits: break
        case .goesOn: waiter.resume()
        case .isCancelled: waiter.resume(throwing: CancellationError())
        }
      }
    } onCancel: {
      let waiter = queue.withLock { $0.cancel(number) }
      waiter?.resume(throwing: CancellationError())
    }
  }

  // MARK: Moving the time

  /// Moves the time on by a duration, and lets everything happen that is due by then.
  ///
  /// First, whatever can run does: so a task that was about to sleep sleeps now. Then the clock
  /// goes from deadline to deadline. At each it wakes those that are due, in an order that a fuzzed
  /// run chooses, and waits until nothing else can run, before it goes on to the next, which may
  /// have been set meanwhile. When it returns, the clock is at its new time, and every task of the
  /// run has ended, or waits: for a later time on this clock, for time on another one, or for
  /// something else. Nothing is waited for that runs outside of the run's control.
  ///
  /// - Parameter duration: How far to move; not negative.
  public func advance(
    by duration: Duration, fileID: String = #fileID, filePath: String = #filePath,
    line: Int = #line, column: Int = #column
  ) async {
    precondition(duration >= .zero, "`duration` must not be negative (was \(duration))")
    let location = FuzzFailure.SourceLocation(
      fileID: fileID, filePath: filePath, line: line, column: column)
    let end = now.advanced(by: duration).offset
    await wakeAll(upTo: end, "advance(by:)", location)
    queue.withLock { $0.move(to: end) }
  }

  /// Moves the time on to a moment, and lets everything happen that is due by then.
  ///
  /// - Parameter moment: Where to; a moment that has passed leaves the time where it is.
  public func advance(
    to moment: Instant, fileID: String = #fileID, filePath: String = #filePath,
    line: Int = #line, column: Int = #column
  ) async {
    let location = FuzzFailure.SourceLocation(
      fileID: fileID, filePath: filePath, line: line, column: column)
    await wakeAll(upTo: moment.offset, "advance(to:)", location)
    queue.withLock { $0.move(to: moment.offset) }
  }

  /// Moves the time on from deadline to deadline, until nobody sleeps on this clock any more.
  ///
  /// What sets a deadline again and again makes it go on for ever, which a run reports as a
  /// livelock.
  public func advanceUntilIdle(
    fileID: String = #fileID, filePath: String = #filePath, line: Int = #line,
    column: Int = #column
  ) async {
    let location = FuzzFailure.SourceLocation(
      fileID: fileID, filePath: filePath, line: line, column: column)
    await wakeAll(upTo: nil, "advanceUntilIdle()", location)
  }

  private func wakeAll(
    upTo limit: Duration?, _ name: String, _ location: FuzzFailure.SourceLocation
  ) async {
    let isControlled = Idleness.isKnown(to: name, location)
    repeat {
      if isControlled { await Idleness.reached() }
    } while wakeNext(upTo: limit)
  }

  private func wakeNext(upTo limit: Duration?) -> Bool {
    let due = queue.withLock { $0.wakeNext(upTo: limit) }
    for waiter in due { waiter.resume() }
    return !due.isEmpty
  }
}
