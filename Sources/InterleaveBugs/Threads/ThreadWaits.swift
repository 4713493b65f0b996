import Foundation

extension BugProgram {
  /// Threads wait for each other.
  static let threadWaiting = [
    boundedBuffer, dining(2), dining(3), eitherOrder, barrier, systemBarrier, missedSignal, permits,
    upgrade, latch, unwaited, handedOver,
  ]

  /// Who was woken does not look whether there is still something.
  private static let boundedBuffer = BugProgram("thread_boundedbuffer", depth: 3, need: .before) {
    isMended in
    let buffer = ChangingValue([Int]())
    let wasEmpty = Locked(false)
    let take: @Sendable () -> Void = {
      buffer.wait(while: \.isEmpty, looksAgain: isMended) { elements in
        if elements.isEmpty { wasEmpty.set(true) } else { elements.removeFirst() }
      }
    }
    let put: @Sendable (Int) -> Void = { element in
      buffer.wait(while: { $0.count > 1 }) { $0.append(element) }
    }
    onThreads(
      take, take,
      {
        put(1); put(2)
      })
    try check(!wasEmpty.get(), "an element was taken that was not there")
  }

  /// Philosophers take the fork on their left first.
  private static func dining(_ count: Int) -> BugProgram {
    BugProgram("thread_dining_\(count)", depth: count, need: .before) { isMended in
      let forks = (0..<count).map { _ in NSLock() }
      onThreads(count) { seat in
        let (left, right) = (seat, (seat + 1) % count)
        if isMended, left > right {
          nest(forks[right], forks[left])
        } else {
          nest(forks[left], forks[right])
        }
      }
    }
  }

  /// Two locks are taken in either order, one of them by a thread that is waited for under it.
  private static let eitherOrder = BugProgram("thread_eitherorder", depth: 2, need: .before) {
    isMended in
    let (first, second) = (NSLock(), NSLock())
    let thread = JoinableThread { nest(second, first) }
    if isMended { thread.join() }
    first.section {
      second.section {}
    }
    if !isMended { thread.join() }
  }

  /// A barrier of the program's own does not tell its rounds apart.
  private static let barrier = BugProgram("thread_barrier", depth: 3, need: .before) { isMended in
    let barrier = ChangingValue((waiting: 0, round: 0))
    let pass: @Sendable () -> Void = {
      let round = barrier.tell { state -> Int? in
        state.waiting += 1
        if state.waiting < 2 { return state.round }
        state.waiting = 0
        state.round += 1
        return nil
      }
      guard let round else { return }
      barrier.wait(while: { isMended ? $0.round == round : $0.waiting != 0 }, then: { _ in })
    }
    onThreads(
      {
        pass()
        pass()
      },
      {
        pass()
        pass()
      })
  }

  /// Each of two threads reads what the other has written, without waiting for that again.
  private static let systemBarrier = BugProgram("thread_systembarrier", depth: 2, need: .before) {
    isMended in
    let barrier = SystemBarrier(2)
    let cells = [Locked(0), Locked(0)]
    let isLate = Locked(false)
    onThreads(2) { number in
      for round in 1...2 {
        cells[number].set(round)
        barrier.pass()
        if cells[1 - number].get() != round { isLate.set(true) }
        if isMended { barrier.pass() }
      }
    }
    try check(!isLate.get(), "a thread is a round ahead")
  }

  /// A condition is signalled before anybody waits for it.
  private static let missedSignal = BugProgram("thread_missedsignal", depth: 2, need: .before) {
    isMended in
    let isReady = ChangingValue(false)
    let thread = JoinableThread {
      if isMended {
        isReady.wait(while: { !$0 }, then: { _ in })
      } else if !isReady.get() {
        isReady.wait(while: { _ in true }, looksAgain: false, then: { _ in })
      }
    }
    isReady.tell { $0 = true }
    thread.join()
  }

  /// Two threads want both of two permits, and get one each.
  private static let permits = BugProgram("thread_permits", depth: 2, need: .before) { isMended in
    let permits = DispatchSemaphore(value: 2)
    let both = NSLock()
    onThreads(2) { _ in
      if isMended { both.lock() }
      permits.block()
      permits.block()
      if isMended { both.unlock() }
      permits.signal()
      permits.signal()
    }
  }

  /// Two threads read under a lock, and wait until they may write under it.
  private static let upgrade = BugProgram("thread_upgrade", depth: 2, need: .before) { isMended in
    let lock = ReadWriteLock()
    let entries = Locked(0)
    onThreads(2) { _ in
      lock.read()
      let isNew = entries.get() == 0
      if isMended { lock.unlock() }
      guard isNew else {
        if !isMended { lock.unlock() }
        return
      }
      lock.write()
      entries { $0 = 1 }
      lock.unlock()
      if !isMended { lock.unlock() }
    }
  }

  /// A latch counts down in one section, and looks in another whether it was the last.
  private static let latch = BugProgram("thread_latch", depth: 2, need: .before) { isMended in
    let left = Locked(2)
    let opened = Locked(0)
    onThreads(2) { _ in
      if isMended {
        let isLast = left { count in
          count -= 1
          return count == 0
        }
        if isLast { opened { $0 += 1 } }
      } else {
        left { $0 -= 1 }
        if left.get() == 0 { opened { $0 += 1 } }
      }
    }
    try check(opened.get() == 1, "the latch was opened \(opened.get()) times")
  }

  /// Nobody waits for a thread whose result is looked at.
  private static let unwaited = BugProgram("thread_unwaited", depth: 1, need: .before) { isMended in
    let result = Locked<Int?>(nil)
    let isDone = DispatchSemaphore(value: 0)
    Thread.detachNewThread {
      Thread.current.name = "worker"
      result.set(42)
      isDone.signal()
    }
    if isMended { isDone.block() }
    try check(result.get() == 42, "the result is not there")
  }

  /// Three hand a token over, each when it is its turn; one of them does not wait for that.
  private static let handedOver = BugProgram("thread_tokenring", depth: 3, need: .before) {
    isMended in
    let turn = ChangingValue(0)
    let order = Locked([Int]())
    onThreads(3) { number in
      if isMended || number != 2 {
        turn.wait(while: { $0 != number }) { turn in
          order { $0.append(number) }
          turn = number + 1
        }
      } else {
        let isNext = turn.get() > 0
        turn.wait(while: { isNext ? false : $0 == 0 }) { _ in order { $0.append(number) } }
      }
    }
    try check(order.get() == [0, 1, 2], "the token went round as \(order.get())")
  }
}

/// A barrier of the system's, or where there is none, one that does the same.
final class SystemBarrier: @unchecked Sendable {
  #if canImport(Darwin)
    private let state = ChangingValue((waiting: 0, round: 0))
    private let count: Int

    init(_ count: Int) { self.count = count }

    func pass() {
      let count = count
      let round = state.tell { state -> Int? in
        state.waiting += 1
        if state.waiting < count { return state.round }
        state = (0, state.round + 1)
        return nil
      }
      if let round { state.wait(while: { $0.round == round }, then: { _ in }) }
    }
  #else
    private let barrier = UnsafeMutablePointer<pthread_barrier_t>.allocate(capacity: 1)

    init(_ count: Int) { pthread_barrier_init(barrier, nil, UInt32(count)) }

    deinit {
      pthread_barrier_destroy(barrier)
      barrier.deallocate()
    }

    func pass() { pthread_barrier_wait(barrier) }
  #endif
}
