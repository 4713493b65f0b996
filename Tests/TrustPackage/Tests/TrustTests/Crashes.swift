import Foundation
import Interleave
import Synchronization
import Testing

@Suite struct Crashes {
  @Test(.alike) func callsFatalError() async {
    await sellTwice { shelf in
      if shelf.isEmpty { fatalError("sold what is not there") }
      shelf.removeLast()
    }
  }

  @Test(.alike) func readsOutOfBounds() async {
    await sellTwice { shelf in
      let item = shelf[0]
      shelf.removeLast(item > 0 ? 1 : 0)
    }
  }

  @Test(.alike) func readsWhereNoMemoryIs() async {
    await sellTwice { shelf in
      let item = UnsafePointer<Int>(bitPattern: shelf.isEmpty ? 8 : 0)?.pointee
      shelf.removeLast(item ?? 1)
    }
  }

  @Test(.alike) func callsExit() async {
    await sellTwice { shelf in
      if shelf.isEmpty { exit(3) }
      shelf.removeLast()
    }
  }

  @Test(.alike) func aborts() async {
    await sellTwice { shelf in
      if shelf.isEmpty { abort() }
      shelf.removeLast()
    }
  }

  @Test(.alike) func endsItself() async {
    await sellTwice { shelf in
      if shelf.isEmpty { kill(getpid(), SIGTERM) }
      shelf.removeLast()
    }
  }

  @Test(.alike) func writesToNobody() async {
    await sellTwice { shelf in
      var ends: [Int32] = [0, 0]
      if shelf.isEmpty, pipe(&ends) == 0 {
        close(ends[0])
        _ = write(ends[1], &ends, 1)
      }
      shelf.removeLast()
    }
  }

  @Test(.alike) func crashesOnAQueue() async {
    await sellTwice { shelf in
      let isDone = DispatchSemaphore(value: 0)
      let count = shelf.count
      DispatchQueue(label: "sales").async {
        if count == 0 { fatalError("sold on a queue") }
        isDone.signal()
      }
      isDone.wait()
      shelf.removeLast()
    }
  }

  @Test(.alike) func resumesTwice() async {
    let bell = Bell()
    async let waiting: Void = bell.wait()
    async let first: Void = bell.ring()
    async let second: Void = bell.ring()
    _ = await (waiting, first, second)
  }
}

/// Locks that a step holds which crashes or hangs, and that other tests take.
@Suite(.serialized) struct Locks {
  @Test(.alike) func crashesWithALock() async {
    await sellTwice { shelf in
      everybodys.withLock { count in
        count += 1
        if shelf.isEmpty { fatalError("crashed with a lock") }
        shelf.removeLast()
      }
    }
  }

  @Test(.soonStopped) func hangsWithALock() async {
    await sellTwice { shelf in
      everybodys.withLock { count in
        count += 1
        if shelf.isEmpty { DispatchSemaphore(value: 0).wait() }
        shelf.removeLast()
      }
    }
  }

  @Test func theLockIsFreeAgain() {
    #expect(everybodys.withLock { $0 } > 0)
  }
}

/// What tests of all kinds count on.
let everybodys = Mutex(0)

private actor Bell {
  private var isRung = false
  private var waiter: CheckedContinuation<Void, Never>?
  private let log = Log()

  func wait() async {
    if !isRung { await withCheckedContinuation { waiter = $0 } }
  }

  func ring() async {
    isRung = true
    guard let waiter else { return }
    await log.append()
    self.waiter = nil
    waiter.resume()
  }
}
