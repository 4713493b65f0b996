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
    lockAcrossSuspension,
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

  private final class Account: Sendable {
    private let lock = NSLock()
    private let log = Work()

    private func take() { lock.lock() }
    private func release() { lock.unlock() }

    func withdraw(isMended: Bool) async {
      take()
      if isMended { release() }
      await log.step()
      if !isMended { release() }
    }
  }

  /// A lock is held while its task suspends, so that who wants it next blocks the thread.
  private static let lockAcrossSuspension = StopProgram(
    "lock", .hang, "a lock that is held by a step of the same run"
  ) { isMended in
    let account = Account()
    async let first: Void = account.withdraw(isMended: isMended)
    async let second: Void = account.withdraw(isMended: isMended)
    _ = await (first, second)
  }
}
