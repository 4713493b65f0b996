import Foundation

/// Programs that go wrong inside of what seldom is thought of as a step of its own: a task that begins
/// at once, a handler of a cancellation, what the whole process shares.
extension InsideProgram {
  static let seldomFaulty: [InsideProgram] = [
    InsideProgram("an update is lost that a task makes as it begins at once") {
      await updatedAtOnce { $0.add(1) }
    },
    InsideProgram("an update is lost that a handler of a cancellation makes") {
      await updatedByHandler { $0.add(1) }
    },
    InsideProgram("an update of the environment is lost") {
      await lengthened { $0() }
    },
    InsideProgram("the environment is asked for twice while somebody changes it") {
      await askedTwice { $0() }
    },
    InsideProgram("who signals a semaphore asks only then how often") {
      await signalled { $0() }
    },
    InsideProgram("a file is asked for its offset before that is moved") {
      await moved { file in lseek(file, lseek(file, 0, SEEK_CUR) + 1, SEEK_SET) }
    },
    InsideProgram("a value that a queue has by a key is read before it is set") {
      await raised { $0() }
    },
    InsideProgram("a group is asked while somebody has entered it") {
      await visited { $0() }
    },
  ]

  /// The same, mended.
  static let seldomMended: [InsideProgram] = [
    InsideProgram("an update is made in one section as a task begins at once") {
      await updatedAtOnce { $0.addAtOnce(1) }
    },
    InsideProgram("an update is made in one section of a handler of a cancellation") {
      await updatedByHandler { $0.addAtOnce(1) }
    },
    InsideProgram("the environment is changed under a lock") {
      let lock = NSLock()
      return await lengthened { update in lock.withLock { update() } }
    },
    InsideProgram("the environment is asked for twice under the lock of who changes it") {
      let lock = NSLock()
      return await askedTwice { visit in lock.withLock { visit() } }
    },
    InsideProgram("who signals a semaphore asks how often under a lock") {
      let lock = NSLock()
      return await signalled { update in lock.withLock { update() } }
    },
    InsideProgram("the offset of a file is moved by the system") {
      await moved { file in lseek(file, 1, SEEK_CUR) }
    },
    InsideProgram("a value that a queue has by a key is set under a lock") {
      let lock = NSLock()
      return await raised { update in lock.withLock { update() } }
    },
    InsideProgram("a group is entered and asked under a lock") {
      let lock = NSLock()
      return await visited { visit in lock.withLock { visit() } }
    },
  ]

  private static func updatedAtOnce(
    _ update: @escaping @Sendable (LockedAccount) -> Void
  ) async -> Bool {
    let account = LockedAccount()
    let other = Task { account.addAtOnce(1) }
    await Task.immediate { update(account) }.value
    await other.value
    return account.balance == 2
  }

  private static func updatedByHandler(
    _ update: @escaping @Sendable (LockedAccount) -> Void
  ) async -> Bool {
    let (account, waits) = (LockedAccount(), LockedNotes())
    let waiter = Task {
      await withTaskCancellationHandler {
        waits.add("waits")
        while !Task.isCancelled { await Task.yield() }
      } onCancel: {
        update(account)
      }
    }
    while waits.all.isEmpty { await Task.yield() }
    let other = Task { account.addAtOnce(1) }
    waiter.cancel()
    await waiter.value
    await other.value
    return account.balance == 2
  }

  /// Two tasks that make a variable of the environment longer, each as it is told.
  private static func lengthened(
    _ update: @escaping @Sendable (() -> Void) -> Void
  ) async -> Bool {
    let owner = LockedNotes()
    let key = "LENGTHENED_BY_\(UInt(bitPattern: ObjectIdentifier(owner)))"
    defer {
      unsetenv(key)
      _ = owner
    }
    @Sendable func lengthen() {
      update { setenv(key, (getenv(key).map { String(cString: $0) } ?? "") + "x", 1) }
    }
    await both(lengthen, lengthen)
    return getenv(key).map { String(cString: $0) } == "xx"
  }

  /// A task that asks for a variable of the environment twice, beside one that sets it.
  private static func askedTwice(
    _ visit: @escaping @Sendable (() -> Void) -> Void
  ) async -> Bool {
    let seen = LockedNotes()
    let key = "ASKED_FOR_BY_\(UInt(bitPattern: ObjectIdentifier(seen)))"
    setenv(key, "old", 1)
    defer { unsetenv(key) }
    @Sendable func value() -> String? { getenv(key).map { String(cString: $0) } }
    await both(
      { visit { if value() != value() { seen.add("changed") } } },
      { visit { setenv(key, "new", 1) } })
    return seen.all.isEmpty
  }

  /// Two tasks that signal a semaphore, and are to find it open once and twice.
  private static func signalled(
    _ update: @escaping @Sendable (() -> Void) -> Void
  ) async -> Bool {
    let semaphore = UnsafeMutablePointer<sem_t>.allocate(capacity: 1)
    sem_init(semaphore, 0, 0)
    defer {
      sem_destroy(semaphore)
      semaphore.deallocate()
    }
    let handle = UInt(bitPattern: semaphore)
    let seen = LockedNotes()
    @Sendable func signal() {
      var value: Int32 = 0
      update {
        let semaphore = UnsafeMutablePointer<sem_t>(bitPattern: handle)
        sem_post(semaphore!)
        sem_getvalue(semaphore!, &value)
      }
      seen.add("\(value)")
    }
    await both(signal, signal)
    return Set(seen.all) == ["1", "2"]
  }

  /// Two tasks that move the offset of a file by one.
  private static func moved(_ move: @escaping @Sendable (Int32) -> Int) async -> Bool {
    let file = open("/proc/self/exe", O_RDONLY)
    defer { close(file) }
    await both({ _ = move(file) }, { _ = move(file) })
    return lseek(file, 0, SEEK_CUR) == 2
  }

  /// Two tasks that raise what a queue has by a key.
  private static func raised(_ update: @escaping @Sendable (() -> Void) -> Void) async -> Bool {
    let queue = DispatchQueue(label: "raised")
    let key = DispatchSpecificKey<Int>()
    @Sendable func raise() {
      update { queue.setSpecific(key: key, value: (queue.getSpecific(key: key) ?? 0) + 1) }
    }
    await both(raise, raise)
    return queue.getSpecific(key: key) == 2
  }

  /// A task that enters a group and leaves it, beside one that takes it to be empty.
  private static func visited(_ visit: @escaping @Sendable (() -> Void) -> Void) async -> Bool {
    let (group, seen) = (DispatchGroup(), LockedNotes())
    await both(
      {
        visit {
          group.enter()
          group.leave()
        }
      },
      { visit { if group.wait(timeout: .now()) != .success { seen.add("in use") } } })
    return seen.all.isEmpty
  }
}
