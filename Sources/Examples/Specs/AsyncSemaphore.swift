public import Interleave

/// A limit on how many tasks do something at the same time.
public protocol AsyncSemaphore: Sendable {
  init(permits: Int)
  /// Waits for a permit.
  func acquire() async
  /// Takes a permit, if there is one.
  func tryAcquire() async -> Bool
  func release() async
}

/// A semaphore that hands out more permits than it has: it counts, writes its journal, and only
/// then takes the permit.
public actor LaxSemaphore: AsyncSemaphore {
  private var permits: Int
  private var waiters: [CheckedContinuation<Void, Never>] = []
  private let journal = AuditLog()

  public init(permits: Int) { self.permits = permits }

  public func acquire() async {
    if permits > 0 {
      await journal.append("acquired")
      permits -= 1
    } else {
      await withCheckedContinuation { waiters.append($0) }
    }
  }

  public func tryAcquire() -> Bool {
    guard permits > 0 else { return false }
    permits -= 1
    return true
  }

  public func release() {
    if waiters.isEmpty {
      permits += 1
    } else {
      waiters.removeFirst().resume()
    }
  }
}

/// A semaphore that takes a permit before it lets anybody else in.
public actor MendedSemaphore: AsyncSemaphore {
  private var permits: Int
  private var waiters: [CheckedContinuation<Void, Never>] = []
  private let journal = AuditLog()

  public init(permits: Int) { self.permits = permits }

  public func acquire() async {
    if permits > 0 {
      permits -= 1
      await journal.append("acquired")
    } else {
      await withCheckedContinuation { waiters.append($0) }
    }
  }

  public func tryAcquire() -> Bool {
    guard permits > 0 else { return false }
    permits -= 1
    return true
  }

  public func release() {
    if waiters.isEmpty {
      permits += 1
    } else {
      waiters.removeFirst().resume()
    }
  }
}

/// What only one task may be in.
public actor Room {
  public private(set) var inside = 0

  func stay() async {
    inside += 1
    await Task.yield()
    inside -= 1
  }
}

/// A room, and the semaphore that guards it.
public struct GuardedRoom<Semaphore: AsyncSemaphore>: Sendable {
  let semaphore: Semaphore
  let room: Room
}

/// Several users of a room in which there is place for one.
public struct AsyncSemaphoreSpec<Semaphore: AsyncSemaphore>: ConcurrencySpec {
  public enum Operation: Sendable, Hashable, CaseIterable {
    case use
    case useIfFree
  }

  public init() {}

  public var operations: Generator<Operation> { .anyCase() }

  public func makeSubject() async throws -> GuardedRoom<Semaphore> {
    GuardedRoom(semaphore: Semaphore(permits: 1), room: Room())
  }

  public func observe(_ subject: GuardedRoom<Semaphore>) {
    always(subject.room, "only one task is inside") { $0.inside <= 1 }
    eventually(subject.room, "everybody has left") { $0.inside == 0 }
  }

  public func perform(
    _ operation: Operation, on subject: GuardedRoom<Semaphore>
  ) async throws {
    switch operation {
    case .use: await subject.semaphore.acquire()
    case .useIfFree: guard await subject.semaphore.tryAcquire() else { return }
    }
    await subject.room.stay()
    await subject.semaphore.release()
  }
}
