import Foundation
import InterleaveBugs

extension OrderProgram {
  static let threads = [
    OrderProgram("two threads", merges(["ab", "xy"])) { log in
      together(
        { for mark in ["a", "b"] { log.mark(mark) } },
        { for mark in ["x", "y"] { log.mark(mark) } })
    },
    OrderProgram("a thread that is joined", merges(["ab", "x"]) * ["j"]) { log in
      let thread = JoinableThread {
        log.mark("a")
        log.mark("b")
      }
      log.mark("x")
      thread.join()
      log.mark("j")
    },
    OrderProgram("a lock", ["aaxx", "xxaa"]) { log in
      let lock = NSLock()
      let use: @Sendable (String) -> Void = { mark in
        lock.lock()
        log.mark(mark, twice: true)
        lock.unlock()
      }
      together({ use("aa") }, { use("xx") })
    },
    OrderProgram("what is done once", ["o"] * merges(["a", "x"])) { log in
      let once = Once(log)
      together(
        {
          once()
          log.mark("a")
        },
        {
          once()
          log.mark("x")
        })
    },
    OrderProgram("a condition that hands over", ["pc"]) { log in
      let box = ChangingValue(false)
      together(
        { box.wait(while: { !$0 }, then: { _ in log.mark("c") }) },
        {
          log.mark("p")
          box.tell { $0 = true }
        })
    },
    OrderProgram("two that wait for one condition", ["p"] * merges(["a", "b"])) { log in
      let box = ChangingValue(false)
      let waiters = ["a", "b"].map { mark in
        JoinableThread { box.wait(while: { !$0 }, then: { _ in log.mark(mark) }) }
      }
      log.mark("p")
      box.tell { $0 = true }
      for waiter in waiters { waiter.join() }
    },
    OrderProgram("readers and a writer", readersAndWriter) { log in
      let lock = ReadWriteLock()
      let writer = JoinableThread { lock.write { log.mark("WW", twice: true) } }
      together(
        { lock.read { log.mark("aa", twice: true) } }, { lock.read { log.mark("bb", twice: true) } }
      )
      writer.join()
    },
    OrderProgram("a barrier", merges(["a", "b"]) * merges(["A", "B"])) { log in
      let barrier = ThreadBarrier(2)
      together(
        {
          log.mark("a")
          barrier.wait()
          log.mark("A")
        },
        {
          log.mark("b")
          barrier.wait()
          log.mark("B")
        })
    },
  ]

  /// Readers may be at it together; the writer is alone.
  private static var readersAndWriter: Set<String> {
    merges(["aa", "bb", "WW"]).filter { order in
      let marks = Array(order)
      let writes = marks.indices.filter { marks[$0] == "W" }
      let isWhole = writes[1] == writes[0] + 1
      // Nobody has read one half before the writer, and the other after it.
      let isAlone = ["a", "b"].allSatisfy { reader in
        marks[..<writes[0]].count { String($0) == reader } != 1
      }
      return isWhole && isAlone
    }
  }
}

/// Writes an `o` where it is called first; there is one at a time.
private final class Once: @unchecked Sendable {
  private static let log = ChangingValue<OrderLog?>(nil)
  private let control: UnsafeMutablePointer<pthread_once_t>

  init(_ log: OrderLog) {
    control = .allocate(capacity: 1)
    control.initialize(to: pthread_once_t())
    Self.log.change { $0 = log }
  }

  deinit { control.deallocate() }

  func callAsFunction() {
    pthread_once(control) { Once.log.get()?.mark("o") }
  }
}

private final class ReadWriteLock: @unchecked Sendable {
  private let lock: UnsafeMutablePointer<pthread_rwlock_t>

  init() {
    lock = .allocate(capacity: 1)
    pthread_rwlock_init(lock, nil)
  }

  deinit {
    pthread_rwlock_destroy(lock)
    lock.deallocate()
  }

  func read(_ body: () -> Void) {
    pthread_rwlock_rdlock(lock)
    body()
    pthread_rwlock_unlock(lock)
  }

  func write(_ body: () -> Void) {
    pthread_rwlock_wrlock(lock)
    body()
    pthread_rwlock_unlock(lock)
  }
}

#if !canImport(Darwin)
  private final class ThreadBarrier: @unchecked Sendable {
    private let barrier: UnsafeMutablePointer<pthread_barrier_t>

    init(_ count: UInt32) {
      barrier = .allocate(capacity: 1)
      pthread_barrier_init(barrier, nil, count)
    }

    deinit {
      pthread_barrier_destroy(barrier)
      barrier.deallocate()
    }

    func wait() { pthread_barrier_wait(barrier) }
  }
#endif
