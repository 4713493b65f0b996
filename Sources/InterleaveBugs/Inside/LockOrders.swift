import Foundation

extension BugProgram {
  /// Tasks hold locks, and wait for each other's.
  static let lockOrders = [
    eitherOrder, ring(3), readerAndWriter, lockAndSemaphore, resumedUnderLock,
  ]

  /// Two locks are taken in either order.
  private static let eitherOrder = BugProgram("inside_eitherorder", depth: 2, need: .before) {
    isMended in
    let (first, second) = (NSLock(), NSLock())
    await both(
      { nest(first, second) },
      { if isMended { nest(first, second) } else { nest(second, first) } })
  }

  /// Each of some tasks holds one lock of a ring, and wants the next.
  private static func ring(_ count: Int) -> BugProgram {
    BugProgram("inside_ring_\(count)", depth: count, need: .before) { isMended in
      let locks = (0..<count).map { _ in NSLock() }
      await withTaskGroup(of: Void.self) { group in
        for seat in 0..<count {
          let (left, right) = (seat, (seat + 1) % count)
          group.addTask {
            isMended && left > right
              ? nest(locks[right], locks[left]) : nest(locks[left], locks[right])
          }
        }
      }
    }
  }

  /// One reads under a lock and wants another lock; one holds that and wants to write.
  private static let readerAndWriter = BugProgram(
    "inside_readerandwriter", depth: 2, need: .before
  ) { isMended in
    let (shared, lock) = (ReadWriteLock(), NSLock())
    await both(
      {
        if isMended { lock.lock() }
        shared.read()
        if !isMended { lock.lock() }
        lock.unlock()
        shared.unlock()
      },
      {
        lock.lock()
        shared.write()
        shared.unlock()
        lock.unlock()
      })
  }

  /// Who waits for a signal holds the lock that is taken before it is given.
  private static let lockAndSemaphore = BugProgram(
    "inside_lockandsemaphore", depth: 2, need: .before
  ) { isMended in
    let lock = NSLock()
    let signal = DispatchSemaphore(value: 0)
    let waiter = Task {
      if isMended { signal.block() }
      lock.section {
        if !isMended { signal.block() }
      }
    }
    lock.section {}
    signal.signal()
    await waiter.value
  }

  /// A continuation is resumed under a lock that the handler of its cancellation takes.
  ///
  /// Whoever cancels holds the task's own lock meanwhile, which whoever resumes takes, too.
  private static let resumedUnderLock = BugProgram(
    "inside_resumedunderlock", depth: 2, need: .before
  ) { isMended in
    let bell = Bell()
    let waiter = Task { await bell.wait() }
    let canceller = Task { waiter.cancel() }
    let ringer = Task {
      bell.ring(underLock: !isMended)
      await Task.yield()
      bell.ring(underLock: !isMended)
    }
    _ = await (waiter.value, canceller.value, ringer.value)
  }
}

/// Wakes who waits for it.
private final class Bell: Sendable {
  private let waiter = Locked<CheckedContinuation<Void, Never>?>(nil)

  func wait() async {
    await withTaskCancellationHandler {
      await withCheckedContinuation { continuation in
        let isCancelled = waiter { waiter in
          if Task.isCancelled { return true }
          waiter = continuation
          return false
        }
        if isCancelled { continuation.resume() }
      }
    } onCancel: {
      take()?.resume()
    }
  }

  func ring(underLock: Bool) {
    guard underLock else {
      take()?.resume()
      return
    }
    waiter { waiter in
      waiter?.resume()
      waiter = nil
    }
  }

  private func take() -> CheckedContinuation<Void, Never>? {
    waiter { waiter in
      defer { waiter = nil }
      return waiter
    }
  }
}
