import Foundation
import Interleave
import Testing

@Suite struct Hangs {
  @Test(.soonStopped) func loopsForEver() async {
    await sellTwice { shelf in
      var turns = 0
      while shelf.isEmpty { turns &+= 1 }
      shelf.removeLast()
    }
  }

  @Test(.soonStopped) func waitsForASemaphoreOfItsOwn() async {
    await sellTwice { shelf in
      if shelf.isEmpty { DispatchSemaphore(value: 0).wait() }
      shelf.removeLast()
    }
  }

  @Test(.soonStopped) func waitsForASemaphoreThatOthersKnow() async {
    await sellTwice { shelf in
      if shelf.isEmpty { nobodySignals.wait() }
      shelf.removeLast()
    }
  }

  @Test(.soonStopped) func holdsALockWhileItIsSuspended() async {
    let account = Account()
    async let first: Void = account.withdraw()
    async let second: Void = account.withdraw()
    _ = await (first, second)
  }
}

private let nobodySignals = DispatchSemaphore(value: 0)

private final class Account: Sendable {
  private let lock = NSLock()
  private let log = Log()

  private func take() { lock.lock() }
  private func release() { lock.unlock() }

  func withdraw() async {
    take()
    await log.append()
    release()
  }
}
