import Dispatch
import Foundation

extension StopProgram {
  static let hangs = [
    StopProgram(selling: "endlessLoop", .hang, "did not return") { shelf in
      var turns = 0
      while shelf.isEmpty {
        think()
        turns &+= 1
      }
      shelf.removeLast()
    },
    StopProgram(selling: "semaphore", .hang, "a semaphore that only steps") { shelf in
      if shelf.isEmpty { DispatchSemaphore(value: 0).wait() }
      shelf.removeLast()
    },
    StopProgram(selling: "foreignSemaphore", .hang, "did not return") { shelf in
      if shelf.isEmpty { Delivery.everybodys.wait() }
      shelf.removeLast()
    },
    StopProgram(selling: "condition", .hang, "waits for a condition") { shelf in
      if shelf.isEmpty { Delivery().wait() }
      shelf.removeLast()
    },
    StopProgram(selling: "lock", .hang, "a lock that is held by a step of the same run") { shelf in
      if shelf.isEmpty { Account().closeTwice() }
      shelf.removeLast()
    },
  ]

  /// Waits for goods that nobody brings.
  private final class Delivery: Sendable {
    /// A thread that knows nothing of the run might signal it.
    static let everybodys = DispatchSemaphore(value: 0)

    private let condition = NSCondition()

    func wait() {
      condition.lock()
      condition.wait()
      condition.unlock()
    }
  }

  /// Takes its lock in a function that is called under it.
  private final class Account: Sendable {
    private let lock = NSLock()

    func closeTwice() {
      lock.lock()
      close()
      lock.unlock()
    }

    private func close() {
      lock.lock()
      lock.unlock()
    }
  }
}
