import Foundation

extension SharedThings {
  static let waits: [any SharedThing.Type] = [
    PosixSemaphore.self, Semaphore.self, EnterGroup.self, Gate.self, UnsafeGate.self,
    UnboundedStream.self, NewestStream.self, OldestStream.self, ThrowingStream.self,
  ]
}

private final class PosixSemaphore: SharedThing, @unchecked Sendable {
  static let name = "sem_t"
  static let operations = ["tryWait", "post", "value"]
  private let semaphore = UnsafeMutablePointer<sem_t>.allocate(capacity: 1)

  init(place: Int) { sem_init(semaphore, 0, 1) }

  deinit {
    sem_destroy(semaphore)
    semaphore.deallocate()
  }

  @inline(never)
  func use(_ operation: Int, by user: Participant) -> String {
    switch operation {
    case 0: return sem_trywait(semaphore) == 0 ? "got" : "none"
    case 1:
      sem_post(semaphore)
      return ""
    default:
      var value: Int32 = 0
      sem_getvalue(semaphore, &value)
      return "\(value)"
    }
  }
}

private final class Semaphore: SharedThing {
  static let name = "DispatchSemaphore"
  static let operations = ["waitNow", "signal"]
  private let semaphore = DispatchSemaphore(value: 0)

  init(place: Int) {}

  @inline(never)
  func use(_ operation: Int, by user: Participant) -> String {
    if operation == 0 { return semaphore.wait(timeout: .now()) == .success ? "got" : "none" }
    semaphore.signal()
    return ""
  }
}

private final class EnterGroup: SharedThing {
  static let name = "DispatchGroup"
  static let operations = ["enter", "leave", "waitNow"]
  private let group = DispatchGroup()
  private let place: Int

  init(place: Int) { self.place = place }

  @inline(never)
  func use(_ operation: Int, by user: Participant) -> String {
    switch operation {
    case 0:
      group.enter()
      user.holds[place] += 1
    case 1 where user.holds[place] > 0:
      user.holds[place] -= 1
      group.leave()
    case 1: break
    default: return group.wait(timeout: .now()) == .success ? "empty" : "in use"
    }
    return ""
  }

  @inline(never)
  func leave(_ user: Participant) {
    while user.holds[place] > 0 {
      user.holds[place] -= 1
      group.leave()
    }
  }
}

/// Continuations that wait under a lock.
private final class Gate: SharedThing, @unchecked Sendable {
  static let name = "CheckedContinuation"
  static let operations = ["open", "isOpen", "openOne"]
  static let waits = ["pass"]
  private let lock = NSLock()
  private var isOpen = false
  private var waiting: [CheckedContinuation<String, Never>] = []

  init(place: Int) {}

  @inline(never)
  func use(_ operation: Int, by user: Participant) -> String {
    switch operation {
    case 0:
      release(user.name)
      return ""
    case 1: return lock.withLock { isOpen } ? "open" : "shut"
    default:
      let first = lock.withLock { waiting.isEmpty ? nil : waiting.removeFirst() }
      first?.resume(returning: "let in by \(user.name)")
      return first == nil ? "nobody" : "one"
    }
  }

  func wait(
    _ operation: Int, by user: Participant, isolation: isolated (any Actor)?
  ) async -> String {
    await withCheckedContinuation { continuation in
      let mayPass = lock.withLock {
        if !isOpen { waiting.append(continuation) }
        return isOpen
      }
      if mayPass { continuation.resume(returning: "passed") }
    }
  }

  func release() { release("the root") }

  private func release(_ name: String) {
    let all = lock.withLock {
      defer { waiting = [] }
      isOpen = true
      return waiting
    }
    for one in all { one.resume(returning: "opened by \(name)") }
  }
}

/// The same, unsafely, and with what it looks at first in a section of its own.
private final class UnsafeGate: SharedThing, @unchecked Sendable {
  static let name = "UnsafeContinuation"
  static let operations = ["open"]
  static let waits = ["pass"]
  private let lock = NSLock()
  private var isOpen = false
  private var waiting: [UnsafeContinuation<String, Never>] = []

  init(place: Int) {}

  @inline(never)
  func use(_ operation: Int, by user: Participant) -> String {
    let all = lock.withLock {
      defer { waiting = [] }
      isOpen = true
      return waiting
    }
    for one in all { one.resume(returning: "let in") }
    return "\(all.count)"
  }

  func wait(
    _ operation: Int, by user: Participant, isolation: isolated (any Actor)?
  ) async -> String {
    if lock.withLock({ isOpen }) { return "was open" }
    return await withUnsafeContinuation { continuation in
      let mayPass = lock.withLock {
        if !isOpen { waiting.append(continuation) }
        return isOpen
      }
      if mayPass { continuation.resume(returning: "opened meanwhile") }
    }
  }

  func release() {
    let all = lock.withLock {
      defer { waiting = [] }
      isOpen = true
      return waiting
    }
    for one in all { one.resume(returning: "let in at last") }
  }
}

/// A stream with some policy, from which all may take.
private class Stream: @unchecked Sendable {
  class var policy: AsyncStream<String>.Continuation.BufferingPolicy { .unbounded }
  static let operations = ["yield", "finish"]
  static let waits = ["next"]
  private let stream: AsyncStream<String>
  private let continuation: AsyncStream<String>.Continuation

  required init(place: Int) {
    (stream, continuation) = AsyncStream.makeStream(bufferingPolicy: Self.policy)
  }

  @inline(never)
  func use(_ operation: Int, by user: Participant) -> String {
    if operation == 1 {
      continuation.finish()
      return ""
    }
    return switch continuation.yield("of \(user.name)") {
    case .enqueued(let remaining): remaining > 9 ? "sent" : "sent, \(remaining) left"
    case .dropped(let element): "dropped \(element)"
    case .terminated: "over"
    @unknown default: "unknown"
    }
  }

  func wait(
    _ operation: Int, by user: Participant, isolation: isolated (any Actor)?
  ) async -> String {
    var iterator = stream.makeAsyncIterator()
    return await iterator.next(isolation: isolation) ?? "end"
  }

  func release() { continuation.finish() }
}

private final class UnboundedStream: Stream, SharedThing, @unchecked Sendable {
  static let name = "AsyncStream, unbounded"
}

private final class NewestStream: Stream, SharedThing, @unchecked Sendable {
  static let name = "AsyncStream, newest 1"
  override class var policy: AsyncStream<String>.Continuation.BufferingPolicy {
    .bufferingNewest(1)
  }
}

private final class OldestStream: Stream, SharedThing, @unchecked Sendable {
  static let name = "AsyncStream, oldest 1"
  override class var policy: AsyncStream<String>.Continuation.BufferingPolicy {
    .bufferingOldest(1)
  }
}

/// A stream of which only one task may take at a time, so that only its end is looked at.
private final class ThrowingStream: SharedThing {
  static let name = "AsyncThrowingStream"
  static let operations = ["yield", "finish", "fail"]
  private struct Broken: Error {}
  private let stream: AsyncThrowingStream<String, any Error>
  private let continuation: AsyncThrowingStream<String, any Error>.Continuation

  init(place: Int) {
    (stream, continuation) = AsyncThrowingStream.makeStream(bufferingPolicy: .bufferingNewest(1))
  }

  @inline(never)
  func use(_ operation: Int, by user: Participant) -> String {
    switch operation {
    case 0:
      switch continuation.yield("of \(user.name)") {
      case .enqueued: return "sent"
      case .dropped(let element): return "dropped \(element)"
      case .terminated: return "over"
      @unknown default: return "unknown"
      }
    case 1: continuation.finish()
    default: continuation.finish(throwing: Broken())
    }
    return ""
  }
}
