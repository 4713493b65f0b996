import Foundation

extension SharedThings {
  static let locks: [any SharedThing.Type] = [
    LockedCount.self, RecursiveCount.self, ConditionCount.self, ConditionLockCount.self,
    PthreadMutexCount.self, ReadWriteCount.self,
    QueueCount.self, BarrierCount.self,
  ]
}

/// A number, for whoever holds what guards it.
private class GuardedCount: @unchecked Sendable {
  final var count = 0

  required init(place: Int) {}

  /// - Returns: What it has become.
  final func add() -> String {
    count += 1
    return "\(count)"
  }
}

private final class LockedCount: GuardedCount, SharedThing, @unchecked Sendable {
  static let name = "NSLock"
  static let operations = ["add", "read", "tryAdd", "doubleInTwoSections", "lockAndUnlock"]
  private let lock = NSLock()

  @inline(never)
  func use(_ operation: Int, by user: Participant) -> String {
    switch operation {
    case 0:
      return lock.withLock { add() }
    case 1: return "\(lock.withLock { count })"
    case 2:
      guard lock.try() else { return "busy" }
      defer { lock.unlock() }
      return add()
    case 3:
      let read = lock.withLock { count }
      lock.withLock { count = 2 * read + 1 }
      return "\(read)"
    default:
      lock.lock()
      lock.unlock()
      return ""
    }
  }

  func end() -> String { "\(lock.withLock { count })" }
}

private final class RecursiveCount: GuardedCount, SharedThing, @unchecked Sendable {
  static let name = "NSRecursiveLock"
  static let operations = ["addTwice", "read", "tryAdd"]
  private let lock = NSRecursiveLock()

  @inline(never)
  func use(_ operation: Int, by user: Participant) -> String {
    switch operation {
    case 0:
      return lock.withLock {
        count += 1
        return lock.withLock {
          count *= 2
          return "\(count)"
        }
      }
    case 1: return "\(lock.withLock { count })"
    default:
      guard lock.try() else { return "busy" }
      defer { lock.unlock() }
      return add()
    }
  }
}

private final class ConditionCount: GuardedCount, SharedThing, @unchecked Sendable {
  static let name = "NSCondition"
  static let operations = ["signal", "read", "waitUntilPast"]
  private let condition = NSCondition()

  @inline(never)
  func use(_ operation: Int, by user: Participant) -> String {
    condition.lock()
    defer { condition.unlock() }
    switch operation {
    case 0:
      count += 1
      condition.signal()
      return ""
    case 1: return "\(count)"
    default: return condition.wait(until: .distantPast) ? "signalled \(count)" : "late \(count)"
    }
  }
}

private final class ConditionLockCount: SharedThing, @unchecked Sendable {
  static let name = "NSConditionLock"
  static let operations = ["tryFrom0To1", "tryFrom1To2", "set0", "read"]
  private let lock = NSConditionLock(condition: 0)

  init(place: Int) {}

  @inline(never)
  func use(_ operation: Int, by user: Participant) -> String {
    switch operation {
    case 0, 1:
      guard lock.tryLock(whenCondition: operation) else { return "no" }
      lock.unlock(withCondition: operation + 1)
      return "yes"
    case 2:
      // To wait with `lock()` traps in Foundation on Linux, where a wait for ever is one until a date
      // that no time of its own can tell.
      guard lock.lock(before: Date(timeIntervalSinceNow: 1e9)) else { return "late" }
      lock.unlock(withCondition: 0)
      return ""
    default:
      // Foundation reads it without its lock.
      guard lock.lock(before: Date(timeIntervalSinceNow: 1e9)) else { return "late" }
      let condition = lock.condition
      lock.unlock(withCondition: condition)
      return "\(condition)"
    }
  }
}

private final class PthreadMutexCount: SharedThing, @unchecked Sendable {
  static let name = "pthread_mutex"
  static let operations = ["add", "read", "tryAdd"]
  private let mutex = UnsafeMutablePointer<pthread_mutex_t>.allocate(capacity: 1)
  private var count = 0

  init(place: Int) { pthread_mutex_init(mutex, nil) }

  deinit {
    pthread_mutex_destroy(mutex)
    mutex.deallocate()
  }

  @inline(never)
  func use(_ operation: Int, by user: Participant) -> String {
    if operation == 2 {
      guard pthread_mutex_trylock(mutex) == 0 else { return "busy" }
    } else {
      pthread_mutex_lock(mutex)
    }
    defer { pthread_mutex_unlock(mutex) }
    if operation != 1 { count += 1 }
    return "\(count)"
  }
}

/// A lock that is held from step to step, which glibc allows on one thread only.
private final class ReadWriteCount: SharedThing, @unchecked Sendable {
  static let name = "pthread_rwlock"
  static let operations = ["tryToWrite", "tryToRead", "unlock", "add", "read"]
  static let isComparable = false
  private let lock = UnsafeMutablePointer<pthread_rwlock_t>.allocate(capacity: 1)
  private let place: Int
  private var count = 0

  init(place: Int) {
    self.place = place
    pthread_rwlock_init(lock, nil)
  }

  deinit {
    pthread_rwlock_destroy(lock)
    lock.deallocate()
  }

  @inline(never)
  func use(_ operation: Int, by user: Participant) -> String {
    switch operation {
    case 0, 1:
      guard user.holds[place] == 0 else { return "" }
      let isFree =
        operation == 0 ? pthread_rwlock_trywrlock(lock) == 0 : pthread_rwlock_tryrdlock(lock) == 0
      if isFree { user.holds[place] = 1 }
      return isFree ? "free" : "busy"
    case 2:
      leave(user)
      return ""
    case 3:
      guard pthread_rwlock_trywrlock(lock) == 0 else { return "busy" }
      count += 1
      pthread_rwlock_unlock(lock)
      return "added"
    default:
      guard pthread_rwlock_tryrdlock(lock) == 0 else { return "busy" }
      defer { pthread_rwlock_unlock(lock) }
      return "\(count)"
    }
  }

  @inline(never)
  func leave(_ user: Participant) {
    guard user.holds[place] > 0 else { return }
    user.holds[place] = 0
    pthread_rwlock_unlock(lock)
  }
}

private final class QueueCount: GuardedCount, SharedThing, @unchecked Sendable {
  static let name = "DispatchQueue.sync"
  static let operations = ["add", "read"]
  private let queue = DispatchQueue(label: "count")

  @inline(never)
  func use(_ operation: Int, by user: Participant) -> String {
    queue.sync {
      if operation == 0 { count += 1 }
      return "\(count)"
    }
  }
}

private final class BarrierCount: GuardedCount, SharedThing, @unchecked Sendable {
  static let name = "DispatchQueue.sync(flags: .barrier)"
  static let operations = ["add", "read"]
  private let queue = DispatchQueue(label: "count", attributes: .concurrent)

  @inline(never)
  func use(_ operation: Int, by user: Participant) -> String {
    if operation == 1 { return "\(queue.sync { count })" }
    return queue.sync(flags: .barrier) { add() }
  }
}
