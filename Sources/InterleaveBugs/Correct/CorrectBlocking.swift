import Foundation

extension CorrectProgram {
  /// Steps block for what others do.
  static let blocking = [
    boundedBuffer, broadcast, conditionOfPOSIX, pingPong,
    permits, semaphoreOfPOSIX, countdown, blockedAndSleeping, signalledOften,
  ]

  private static let boundedBuffer = CorrectProgram("a bounded buffer") {
    let buffer = BoundedBuffer(capacity: 1)
    async let producing: Void = both(
      { for number in 1...2 { buffer.put(number) } },
      { for number in 11...12 { buffer.put(number) } })
    async let first = buffer.take(2)
    async let second = buffer.take(2)
    await producing
    let taken = await first + second
    try check(Set(taken) == [1, 2, 11, 12], "taken were \(taken)")
    let order = taken.filter { $0 < 10 }
    try check(order.count == 2, "taken were \(taken)")
  }

  private static let broadcast = CorrectProgram("a latch lets all go on") {
    let condition = NSCondition()
    let isOpen = Unguarded(false)
    let passed = Locked(0)
    await InterleaveBugs.all(4) { number in
      condition.lock()
      if number == 3 {
        isOpen.value = true
        condition.broadcast()
      } else {
        while !isOpen.value { condition.wait() }
        passed { $0 += 1 }
      }
      condition.unlock()
    }
    try check(passed.get() == 3, "\(passed.get()) of 3 passed")
  }

  private static let conditionOfPOSIX = CorrectProgram("a condition of POSIX") {
    let monitor = Monitor()
    let value = Unguarded(0)
    try await both(
      {
        monitor.enter()
        while value.value == 0 { monitor.wait() }
        let seen = value.value
        monitor.leave()
        try check(seen == 2, "the waiter came amid the section")
      },
      {
        monitor.enter()
        value.value = 1
        monitor.signal()
        value.value = 2
        monitor.leave()
      })
  }

  private static let pingPong = CorrectProgram("two semaphores, back and forth") {
    let (ping, pong) = (DispatchSemaphore(value: 0), DispatchSemaphore(value: 0))
    let log = Unguarded<[Int]>([])
    await both(
      {
        for turn in 0..<2 {
          log.value.append(2 * turn)
          ping.signal()
          pong.wait()
        }
      },
      {
        for turn in 0..<2 {
          ping.wait()
          log.value.append(2 * turn + 1)
          pong.signal()
        }
      })
    try check(log.value == [0, 1, 2, 3], "the turns were \(log.value)")
  }

  private static let permits = CorrectProgram("a semaphore of two") {
    let semaphore = DispatchSemaphore(value: 2)
    let inside = Locked((now: 0, most: 0))
    await InterleaveBugs.all(4) { _ in
      semaphore.wait()
      inside {
        $0.now += 1
        $0.most = max($0.most, $0.now)
      }
      inside { $0.now -= 1 }
      semaphore.signal()
    }
    try check(inside.get().most <= 2, "\(inside.get().most) were inside")
  }

  private static let semaphoreOfPOSIX = CorrectProgram("a semaphore of POSIX") {
    let semaphore = PosixSemaphore()
    let value = Unguarded(0)
    try await both(
      {
        semaphore.wait()
        try check(value.value == 1, "the signal came before what it announces")
      },
      {
        value.value = 1
        semaphore.post()
      })
  }

  private static let countdown = CorrectProgram("the last one signals") {
    let done = DispatchSemaphore(value: 0)
    let rest = Locked(3)
    let results = Locked<[Int]>([])
    let waiter = Task {
      done.block()
      return results.get().count
    }
    await InterleaveBugs.all(3) { number in
      results { $0.append(number) }
      let isLast = rest {
        $0 -= 1
        return $0 == 0
      }
      if isLast { done.signal() }
    }
    try check(await waiter.value == 3, "the waiter came before the last")
  }

  private static let blockedAndSleeping = CorrectProgram("time passes while a step is blocked") {
    let condition = NSCondition()
    let isSet = Unguarded(false)
    let waiter = Task {
      condition.section { while !isSet.value { condition.wait() } }
    }
    try await Task.sleep(for: .seconds(1))
    condition.section {
      isSet.value = true
      condition.signal()
    }
    await waiter.value
  }

  private static let signalledOften = CorrectProgram("each signal lets one go on at least") {
    let condition = NSCondition()
    let free = Unguarded(0)
    let taken = Locked(0)
    await InterleaveBugs.all(6) { number in
      condition.lock()
      if number % 2 == 0 {
        while free.value == 0 { condition.wait() }
        free.value -= 1
        taken { $0 += 1 }
      } else {
        free.value += 1
        condition.signal()
      }
      condition.unlock()
    }
    try check(taken.get() == 3 && free.value == 0, "\(taken.get()) of 3 were taken")
  }
}

extension NSCondition {
  /// Does something under the lock of the condition.
  fileprivate func section(_ body: () -> Void) {
    lock()
    body()
    unlock()
  }
}

/// What others guard.
final class Unguarded<Value>: @unchecked Sendable {
  var value: Value
  init(_ value: Value) { self.value = value }
}

/// Holds so many elements, and lets who puts more in wait.
private final class BoundedBuffer: @unchecked Sendable {
  private let capacity: Int
  private let condition = NSCondition()
  private var elements: [Int] = []

  init(capacity: Int) { self.capacity = capacity }

  func put(_ element: Int) {
    condition.lock()
    while elements.count == capacity { condition.wait() }
    elements.append(element)
    condition.broadcast()
    condition.unlock()
  }

  func take(_ count: Int) -> [Int] {
    (0..<count).map { _ in
      condition.lock()
      defer { condition.unlock() }
      while elements.isEmpty { condition.wait() }
      condition.broadcast()
      return elements.removeFirst()
    }
  }
}

/// A lock with a condition, of POSIX.
private final class Monitor: @unchecked Sendable {
  private let lock = UnsafeMutablePointer<pthread_mutex_t>.allocate(capacity: 1)
  private let condition = UnsafeMutablePointer<pthread_cond_t>.allocate(capacity: 1)

  init() {
    pthread_mutex_init(lock, nil)
    pthread_cond_init(condition, nil)
  }

  deinit {
    pthread_cond_destroy(condition)
    pthread_mutex_destroy(lock)
    condition.deallocate()
    lock.deallocate()
  }

  func enter() { pthread_mutex_lock(lock) }
  func leave() { pthread_mutex_unlock(lock) }
  func wait() { pthread_cond_wait(condition, lock) }
  func signal() { pthread_cond_signal(condition) }
}
