package import Dispatch
package import Foundation

/// A value behind a lock: each call is a section of its own.
package final class Locked<Value>: @unchecked Sendable {
  private let lock = NSLock()
  private var value: Value

  package init(_ value: Value) {
    self.value = value
  }

  package func callAsFunction<Result>(_ body: (inout Value) throws -> Result) rethrows -> Result {
    lock.lock()
    defer { lock.unlock() }
    return try body(&value)
  }

  package func get() -> Value { self { $0 } }
  package func set(_ value: Value) { self { $0 = value } }
}

/// Runs two closures, each in a task and in a step of its own.
package func both(
  _ first: @escaping @Sendable () throws -> Void, _ second: @escaping @Sendable () throws -> Void
) async rethrows {
  try await withThrowingTaskGroup(of: Void.self) { group in
    group.addTask { try first() }
    group.addTask { try second() }
    try await group.waitForAll()
  }
}

/// Takes a lock, and then another, and gives both back.
package func nest(_ outer: any NSLocking, _ inner: any NSLocking) {
  outer.lock()
  inner.lock()
  inner.unlock()
  outer.unlock()
}

extension NSLock {
  /// Does something under the lock.
  package func section(_ body: () -> Void) {
    lock()
    body()
    unlock()
  }
}

extension DispatchSemaphore {
  /// Waits for it, which blocks the step.
  package func block() { wait() }
}

/// A lock that many may read under, or one may write.
package final class ReadWriteLock: @unchecked Sendable {
  private let lock = UnsafeMutablePointer<pthread_rwlock_t>.allocate(capacity: 1)

  package init() {
    pthread_rwlock_init(lock, nil)
  }

  deinit {
    pthread_rwlock_destroy(lock)
    lock.deallocate()
  }

  package func read() { pthread_rwlock_rdlock(lock) }
  package func tryRead() -> Bool { pthread_rwlock_tryrdlock(lock) == 0 }
  package func write() { pthread_rwlock_wrlock(lock) }
  package func unlock() { pthread_rwlock_unlock(lock) }
}

#if canImport(Darwin)
  typealias PosixSemaphore = DispatchedSemaphore

  final class DispatchedSemaphore: Sendable {
    private let semaphore = DispatchSemaphore(value: 0)
    func wait() { semaphore.wait() }
    func post() { semaphore.signal() }
  }
#else
  final class PosixSemaphore: @unchecked Sendable {
    private let semaphore = UnsafeMutablePointer<sem_t>.allocate(capacity: 1)

    init() { sem_init(semaphore, 0, 0) }

    deinit {
      sem_destroy(semaphore)
      semaphore.deallocate()
    }

    func wait() { sem_wait(semaphore) }
    func post() { sem_post(semaphore) }
  }
#endif
