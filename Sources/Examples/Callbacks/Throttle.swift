import Dispatch
import Foundation

/// Lets one call a second pass, whichever queue it comes from.
///
/// It looks when the last one passed, and takes down that this one does, each behind the lock: two
/// calls that look at the same time both pass.
private final class Throttle: @unchecked Sendable {
  private let lock = NSLock()
  private var last: ContinuousClock.Instant?
  private let isMended: Bool

  init(isMended: Bool) { self.isMended = isMended }

  func passes() -> Bool {
    let now = ContinuousClock.now
    guard !isMended else { return lock.withLock { isDue(at: now) && note(now) } }
    return lock.withLock { isDue(at: now) } && lock.withLock { note(now) }
  }

  private func isDue(at now: ContinuousClock.Instant) -> Bool {
    last.map { now - $0 >= .seconds(1) } ?? true
  }

  private func note(_ now: ContinuousClock.Instant) -> Bool {
    last = now
    return true
  }
}

/// A button is pressed twice.
enum ThrottleExample {
  static func run(isMended: Bool) async throws {
    let throttle = Throttle(isMended: isMended)
    let passed = Tally()
    let buttons = DispatchGroup()
    for _ in 0..<2 {
      DispatchQueue.global().async(group: buttons) {
        if throttle.passes() { passed.add(1) }
      }
    }
    await withCheckedContinuation { continuation in
      buttons.notify(queue: .global()) { continuation.resume() }
    }
    try expect(passed.total == 1, "at most one call a second passes")
  }
}

/// A number behind a lock.
final class Tally: @unchecked Sendable {
  private let lock = NSLock()
  private var number = 0

  var total: Int {
    get { lock.withLock { number } }
    set { lock.withLock { number = newValue } }
  }

  func add(_ more: Int) { lock.withLock { number += more } }
}
