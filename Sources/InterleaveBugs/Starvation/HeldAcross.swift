import Dispatch
import Foundation

extension BugProgram {
  /// Something is held while its task suspends, so that who wants it blocks the thread on which the
  /// task could go on.
  static let heldAcross = [lockAcross, readWriteAcross, permitAcross, lockOfMainActor]

  /// A lock is held across an `await`.
  private static let lockAcross = BugProgram("starved_lock", depth: 1, need: .before) { isMended in
    let account = LockedAccount()
    async let first: Void = account.withdraw(isMended: isMended)
    async let second: Void = account.withdraw(isMended: isMended)
    _ = await (first, second)
  }

  private final class LockedAccount: Sendable {
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

  /// A table is written across an `await`.
  private static let readWriteAcross = BugProgram("starved_readwrite", depth: 1, need: .before) {
    isMended in
    let lock = ReadWriteLock()
    let log = Work()
    async let writer: Void = {
      lock.write()
      if isMended { lock.unlock() }
      await log.step()
      if !isMended { lock.unlock() }
    }()
    async let reader: Void = {
      lock.read()
      lock.unlock()
    }()
    _ = await (writer, reader)
  }

  /// The only permit is held across an `await`.
  private static let permitAcross = BugProgram("starved_permit", depth: 1, need: .before) {
    isMended in
    let permits = DispatchSemaphore(value: 1)
    let log = Work()
    let use: @Sendable () async -> Void = {
      permits.block()
      if isMended { permits.signal() }
      await log.step()
      if !isMended { permits.signal() }
    }
    async let first: Void = use()
    async let second: Void = use()
    _ = await (first, second)
  }

  /// The main actor lets a task go on, once it has asked an actor that needs a thread of the pool.
  private static let lockOfMainActor = BugProgram("starved_main", depth: 1, need: .before) {
    isMended in
    let isReady = DispatchSemaphore(value: 0)
    let log = Work()
    let main = Task { @MainActor in
      await log.step()
      isReady.signal()
    }
    if isMended { await main.value } else { isReady.block() }
  }
}
