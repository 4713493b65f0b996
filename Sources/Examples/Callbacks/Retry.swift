import Dispatch
import Foundation

/// Sends a message, and tries again after a while where that fails.
///
/// Whether the user has given up is asked when the next attempt is planned. One that gives up while
/// it is waited for is too late: the message goes out all the same.
private final class Sender: @unchecked Sendable {
  private let queue = DispatchQueue(label: "sending")
  private let lock = NSLock()
  private var hasGivenUp = false
  private var sentTooLate = 0
  private let isMended: Bool

  init(isMended: Bool) { self.isMended = isMended }

  var messagesTooLate: Int { lock.withLock { sentTooLate } }

  func send(attempts: Int = 3) {
    queue.async { [self] in attempt(attempts) }
  }

  /// Returns once nothing more is sent.
  func giveUp() {
    if isMended {
      queue.sync { lock.withLock { hasGivenUp = true } }
    } else {
      lock.withLock { hasGivenUp = true }
    }
  }

  private func attempt(_ left: Int) {
    if isMended, lock.withLock({ hasGivenUp }) { return }
    deliver()
    guard left > 1, !lock.withLock({ hasGivenUp }) else { return }
    queue.asyncAfter(deadline: .now() + .milliseconds(5)) { [self] in attempt(left - 1) }
  }

  /// The network takes the message, and answers nothing.
  private func deliver() {
    lock.withLock { if hasGivenUp { sentTooLate += 1 } }
  }
}

/// The user gives up while an attempt is waited for.
enum RetryExample {
  static func run(isMended: Bool) async throws {
    let sender = Sender(isMended: isMended)
    sender.send()
    try await Task.sleep(for: .milliseconds(12))
    sender.giveUp()
    try await Task.sleep(for: .seconds(1))
    try expect(sender.messagesTooLate == 0, "nothing is sent once the user has given up")
  }
}
