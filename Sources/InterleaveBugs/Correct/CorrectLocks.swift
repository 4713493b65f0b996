import Foundation

extension CorrectProgram {
  /// One at a time is inside, whatever kind of lock it is.
  static let locks = [
    room("NSLock") {
      let lock = NSLock()
      return Guard(enter: { lock.lock() }, leave: { lock.unlock() })
    },
    room("NSRecursiveLock") {
      let lock = NSRecursiveLock()
      return Guard(
        enter: {
          lock.lock()
          lock.lock()
        },
        leave: {
          lock.unlock()
          lock.unlock()
        })
    },
    room("NSLock, tried until it is free") {
      let lock = NSLock()
      return Guard(enter: { while !lock.try() {} }, leave: { lock.unlock() })
    },
    room("NSLock, for a limited time") {
      let lock = NSLock()
      return Guard(
        enter: { while !lock.lock(before: Date(timeIntervalSinceNow: 60)) {} },
        leave: { lock.unlock() })
    },
    room("NSRecursiveLock, tried") {
      let lock = NSRecursiveLock()
      return Guard(enter: { while !lock.try() {} }, leave: { lock.unlock() })
    },
    room("NSCondition as a lock") {
      let lock = NSCondition()
      return Guard(enter: { lock.lock() }, leave: { lock.unlock() })
    },
    room("DispatchSemaphore of one") {
      let semaphore = DispatchSemaphore(value: 1)
      return Guard(enter: { semaphore.wait() }, leave: { semaphore.signal() })
    },
    room("DispatchSemaphore of one, tried") {
      let semaphore = DispatchSemaphore(value: 1)
      return Guard(
        enter: { while semaphore.wait(timeout: .now()) == .timedOut {} },
        leave: { semaphore.signal() })
    },
    room("read-write lock, to write") {
      let lock = ReadWriteLock()
      return Guard(enter: { lock.write() }, leave: { lock.unlock() })
    },
    room("recursive mutex of POSIX") {
      let lock = Mutexes(PTHREAD_MUTEX_RECURSIVE)
      return Guard(
        enter: {
          lock.take()
          lock.take()
        },
        leave: {
          lock.giveBack()
          lock.giveBack()
        })
    },
    room("checking mutex of POSIX") {
      let lock = Mutexes(PTHREAD_MUTEX_ERRORCHECK)
      return Guard(enter: { lock.take() }, leave: { lock.giveBack() })
    },
    room("a section within a section") {
      let (outer, inner) = (NSLock(), NSLock())
      return Guard(
        enter: {
          outer.lock()
          inner.lock()
        },
        leave: {
          inner.unlock()
          outer.unlock()
        })
    },
    room("hand over hand") {
      let (first, second) = (NSLock(), NSLock())
      return Guard(
        enter: {
          first.lock()
          second.lock()
          first.unlock()
        }, leave: { second.unlock() })
    },
    readersAndWriters, readersTogether, triedAndCounted, triedReading,
  ]

  private struct Guard: Sendable {
    var enter: @Sendable () -> Void
    var leave: @Sendable () -> Void
  }

  /// Three tasks go twice each into a room behind a lock.
  private static func room(
    _ name: String, _ make: @escaping @Sendable () -> Guard
  ) -> CorrectProgram {
    CorrectProgram("one inside: \(name)") {
      let (room, lock) = (Room(), make())
      try await InterleaveBugs.all(3) { _ in
        for _ in 0..<2 {
          lock.enter()
          defer { lock.leave() }
          try room.visit()
        }
      }
      try room.close(after: 6)
    }
  }

  private static let readersAndWriters = CorrectProgram("readers see whole writes") {
    let lock = ReadWriteLock()
    let pair = Pair()
    let other = Locked(0)
    try await InterleaveBugs.all(4) { number in
      if number % 2 == 0 {
        lock.write()
        pair.left += 1
        other.set(1)
        pair.right += 1
        lock.unlock()
      } else {
        lock.read()
        let left = pair.left
        other.set(2)
        let right = pair.right
        lock.unlock()
        try check(left == right, "a reader saw half of what was written")
      }
    }
    try check(pair.left == 2 && pair.right == 2, "a write was lost")
  }

  private static let readersTogether = CorrectProgram("readers wait for each other") {
    let lock = ReadWriteLock()
    let (ready, gone) = (DispatchSemaphore(value: 0), DispatchSemaphore(value: 0))
    await both(
      {
        lock.read()
        ready.signal()
        gone.wait()
        lock.unlock()
      },
      {
        ready.wait()
        lock.read()
        gone.signal()
        lock.unlock()
      })
  }

  private static let triedAndCounted = CorrectProgram("a lock is taken or was taken") {
    let lock = NSLock()
    let room = Room()
    let outcomes = Locked((taken: 0, refused: 0))
    try await InterleaveBugs.all(3) { _ in
      if lock.try() {
        try room.visit()
        outcomes { $0.taken += 1 }
        lock.unlock()
      } else {
        outcomes { $0.refused += 1 }
      }
    }
    let (taken, refused) = outcomes.get()
    try check(taken >= 1 && taken + refused == 3, "\(taken) were let in, \(refused) refused")
    try room.close(after: taken)
  }

  private static let triedReading = CorrectProgram("readers never refuse readers") {
    let lock = ReadWriteLock()
    let other = Locked(0)
    try await InterleaveBugs.all(3) { _ in
      try check(lock.tryRead(), "a reader was refused though nobody writes")
      other { $0 += 1 }
      lock.unlock()
    }
  }
}

private final class Pair: @unchecked Sendable {
  var left = 0
  var right = 0
}

/// A mutex of POSIX of some kind.
private final class Mutexes: @unchecked Sendable {
  private let lock = UnsafeMutablePointer<pthread_mutex_t>.allocate(capacity: 1)

  init(_ kind: some BinaryInteger) {
    var attributes = pthread_mutexattr_t()
    pthread_mutexattr_init(&attributes)
    pthread_mutexattr_settype(&attributes, Int32(kind))
    pthread_mutex_init(lock, &attributes)
    pthread_mutexattr_destroy(&attributes)
  }

  deinit {
    pthread_mutex_destroy(lock)
    lock.deallocate()
  }

  func take() { pthread_mutex_lock(lock) }
  func giveBack() { pthread_mutex_unlock(lock) }
}
