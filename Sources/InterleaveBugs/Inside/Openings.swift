import Foundation

extension BugProgram {
  /// Somebody waits for a condition or a semaphore that is opened too early, too late, or not for
  /// them.
  static let openings = [signalledFirst, ifForWhile, signalMissed]

  /// A semaphore is signalled before what it announces is there.
  private static let signalledFirst = BugProgram("inside_signalledfirst", depth: 2, need: .before) {
    isMended in
    let value = Locked(0)
    let signal = DispatchSemaphore(value: 0)
    let receiver = Task {
      signal.block()
      return value.get()
    }
    if isMended { value.set(1) }
    signal.signal()
    if !isMended { value.set(1) }
    let received = await receiver.value
    try check(received == 1, "the value was announced before it was there")
  }

  /// Who was woken does not look again: somebody else has come before.
  private static let ifForWhile = BugProgram("inside_ifforwhile", depth: 3, need: .before) {
    isMended in
    let buffer = Buffer()
    let first = Task { buffer.take(looksAgain: isMended) }
    let second = Task { buffer.take(looksAgain: isMended) }
    buffer.put(1)
    buffer.put(2)
    let taken = await (first.value, second.value)
    try check(taken.0 != nil && taken.1 != nil, "who was woken found nothing")
  }

  /// A condition is signalled after it was asked whether to wait for it, and before that.
  private static let signalMissed = BugProgram("inside_signalmissed", depth: 2, need: .before) {
    isMended in
    let latch = Latch()
    let waiter = Task { latch.wait(underOneLock: isMended) }
    latch.open(underOneLock: isMended)
    await waiter.value
  }
}

/// What some put in, and others wait for.
private final class Buffer: @unchecked Sendable {
  private let condition = NSCondition()
  private var elements: [Int] = []

  func put(_ element: Int) {
    condition.lock()
    elements.append(element)
    condition.signal()
    condition.unlock()
  }

  func take(looksAgain: Bool) -> Int? {
    condition.lock()
    defer { condition.unlock() }
    if looksAgain {
      while elements.isEmpty { condition.wait() }
    } else if elements.isEmpty {
      condition.wait()
    }
    return elements.isEmpty ? nil : elements.removeFirst()
  }
}

/// Something that is opened once.
private final class Latch: @unchecked Sendable {
  private let condition = NSCondition()
  private let isOpenElsewhere = Locked(false)
  private var isOpen = false

  func open(underOneLock: Bool) {
    if !underOneLock { isOpenElsewhere.set(true) }
    condition.lock()
    isOpen = true
    condition.signal()
    condition.unlock()
  }

  func wait(underOneLock: Bool) {
    if underOneLock {
      condition.lock()
      while !isOpen { condition.wait() }
      condition.unlock()
    } else if !isOpenElsewhere.get() {
      condition.lock()
      condition.wait()
      condition.unlock()
    }
  }
}
