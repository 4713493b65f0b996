import Dispatch
import Foundation

/// A request that is answered, or given up after a second.
///
/// Both ends look whether the other one was first, and say so only then: between the two, the other
/// one can do the same, and the completion handler is called twice.
private final class Request: @unchecked Sendable {
  private let lock = NSLock()
  private var isOver = false
  private let isMended: Bool

  init(isMended: Bool) { self.isMended = isMended }

  func start(_ completion: @escaping @Sendable (String?) -> Void) {
    let queue = DispatchQueue.global()
    queue.asyncAfter(deadline: .now() + .milliseconds(999)) {
      if self.isFirst() { completion("an answer") }
    }
    queue.asyncAfter(deadline: .now() + .seconds(1)) {
      if self.isFirst() { completion(nil) }
    }
  }

  private func isFirst() -> Bool {
    guard !isMended else {
      return lock.withLock {
        defer { isOver = true }
        return !isOver
      }
    }
    guard !lock.withLock({ isOver }) else { return false }
    lock.withLock { isOver = true }
    return true
  }
}

/// An answer comes at the last moment.
enum TimeoutExample {
  static func run(isMended: Bool) async {
    let request = Request(isMended: isMended)
    _ = await withCheckedContinuation { continuation in
      request.start { continuation.resume(returning: $0) }
    }
  }
}
