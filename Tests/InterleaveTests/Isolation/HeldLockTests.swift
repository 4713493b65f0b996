import Foundation
import Interleave
import Synchronization
import Testing

/// What a step that crashes or hangs holds does not stay held.
@Suite(.timeLimit(.minutes(10))) struct HeldLockTests {
  /// A lock that outlives the run, and so is there for the next run and for other tests.
  private enum Lock: String, CaseIterable {
    case mutex, lock, recursiveLock, triedLock

    func withLock(_ body: () -> Void) {
      switch self {
      case .mutex: Everybodys.mutex.withLock { _ in body() }
      case .lock: Everybodys.lock.withLock(body)
      case .recursiveLock:
        Everybodys.recursiveLock.withLock { Everybodys.recursiveLock.withLock(body) }
      case .triedLock:
        while !Everybodys.triedLock.try() {}
        body()
        Everybodys.triedLock.unlock()
      }
    }
  }

  private enum Everybodys {
    static let mutex = Mutex(0)
    static let lock = NSLock()
    static let recursiveLock = NSRecursiveLock()
    static let triedLock = NSLock()
  }

  /// Two customers buy the last item, each with the lock held.
  private func sell(_ lock: Lock, _ soldOut: @escaping @Sendable () -> Void) async -> FuzzOutcome {
    await fuzzed({ $0.hangLimit = .milliseconds(400) }) {
      let shop = LockedShop { shelf in
        lock.withLock { if shelf.isEmpty { soldOut() } else { shelf.removeLast() } }
      }
      async let first: Void = shop.sell()
      async let second: Void = shop.sell()
      _ = await (first, second)
    }
  }

  @Test(arguments: Lock.allCases.map(\.rawValue)) func aCrashGivesItBack(name: String) async throws
  {
    let lock = try #require(Lock(rawValue: name))
    let outcome = await sell(lock) { fatalError("sold what is not there") }
    let failure = try #require(outcome.failure, "\(outcome)")
    #expect(failure.kind == .crash, "\(failure)")
    #expect(failure.message.contains("sold what is not there"), "\(failure)")
    #expect(failure.interleaving.preemptions == 1 && failure.isMinimal, "\(failure)")
    var isMine = false
    lock.withLock { isMine = true }
    #expect(isMine)
  }

  @Test func aHangGivesItBack() async throws {
    let outcome = await sell(.mutex) { while true { think() } }
    let failure = try #require(outcome.failure, "\(outcome)")
    #expect(failure.kind == .hang, "\(failure)")
    #expect(failure.interleaving.preemptions == 1, "\(failure)")
    var isMine = false
    Lock.mutex.withLock { isMine = true }
    #expect(isMine)
  }

  @Test func whoWaitsAlreadyGetsIt() async throws {
    let mutex = Mutex(0)
    let isAbout = DispatchSemaphore(value: 0)
    let hasEntered = DispatchSemaphore(value: 0)
    let hasWaiter = Mutex(false)
    // The thread is to be one of the system's.
    let outcome = await fuzzed({ $0.interruptions = .never }) {
      mutex.withLock { count in
        count += 1
        // In child processes there is nobody to wait for.
        if !hasWaiter.withLock({ $0 }) {
          hasWaiter.withLock { $0 = true }
          Thread.detachNewThread {
            isAbout.signal()
            mutex.withLock { $0 += 1 }
            hasEntered.signal()
          }
          block(on: isAbout)
        }
        fatalError("crashed with the lock")
      }
    }
    #expect(outcome.failure?.kind == .crash, "\(outcome)")
    block(on: hasEntered)
    #expect(mutex.withLock { $0 } >= 2)
  }

  @Test func aLockThatAThreadOfTheParentHoldsDoesNotEndTheSearch() async throws {
    let lock = NSLock()
    let mutex = Mutex(0)
    let isOver = Mutex(false)
    let hasEnded = DispatchSemaphore(value: 0)
    // It has the locks for half of the time, and leaves the processor to others.
    let pace = DispatchSemaphore(value: 0)
    Thread.detachNewThread {
      while !isOver.withLock({ $0 }) {
        lock.withLock {
          mutex.withLock {
            $0 += 1
            _ = pace.wait(timeout: .now() + .milliseconds(1))
          }
        }
        _ = pace.wait(timeout: .now() + .milliseconds(1))
      }
      hasEnded.signal()
    }
    let outcome = await fuzzed {
      let shop = LockedShop { shelf in
        lock.withLock {
          mutex.withLock { _ in
            if shelf.isEmpty { fatalError("sold what is not there") }
            shelf.removeLast()
          }
        }
      }
      async let first: Void = shop.sell()
      async let second: Void = shop.sell()
      _ = await (first, second)
    }
    isOver.withLock { $0 = true }
    block(on: hasEnded)
    let failure = try #require(outcome.failure, "\(outcome)")
    #expect(failure.kind == .crash, "\(failure)")
    #expect(failure.interleaving.preemptions == 1 && failure.isMinimal, "\(failure)")
  }
}

private func block(on semaphore: DispatchSemaphore) { semaphore.wait() }

@inline(never)
@_optimize(none)
private func think() {}

private actor LockedShop {
  private var shelf = [7]
  private let log = Log()
  private let take: @Sendable (inout [Int]) -> Void

  init(_ take: @escaping @Sendable (inout [Int]) -> Void) { self.take = take }

  func sell() async {
    guard !shelf.isEmpty else { return }
    await log.append()
    take(&shelf)
  }
}
