import Foundation
import Interleave
import Synchronization
import Testing

/// With the thread sanitizer, too, a step can be interrupted inside, and blocks and threads that a
/// run makes are tasks of it: each is a thread of its own to the sanitizer.
///
/// For each kind of order that there can be, its like without one is a race.
@Suite(.enabled(if: Sanitizer.current == .thread)) struct InterruptedStepTests {
  @Test(arguments: [FuzzConfiguration.Isolation.automatic, .process, .none])
  func anUpdateIsLostBetweenTwoLocks(_ isolation: FuzzConfiguration.Isolation) async throws {
    let failure = await FuzzedTests.run(isolation: isolation) {
      try await bumpTwice(isMended: false)
    }
    #expect(try #require(failure).kind == .thrownError, "\(failure.map(\.description) ?? "")")
    #expect(failure?.interleaving.preemptions == 1)
    await expectNothing(isolation: isolation) { try await bumpTwice(isMended: true) }
  }

  /// What is seen between two sections of another step is seen by no step that runs as a whole.
  @Test func aRaceIsFoundThatOnlyAnInterruptedStepShows() async throws {
    let failure = await FuzzedTests.run { await meetBetweenSections(isMended: false) }
    #expect(try #require(failure).kind == .dataRace, "\(failure.map(\.description) ?? "")")
    #expect(failure?.sourceLocation?.fileID == "SanitizedTests/Counter.swift")
    #expect(failure?.interleaving.preemptions == 1)
    await expectNothing { await meetBetweenSections(isMended: true) }
  }

  @Test func blocksOnAConcurrentQueueRaceAndThoseOnASerialOneDoNot() async throws {
    let failure = await FuzzedTests.run { await submitTwice(to: .concurrent) }
    #expect(try #require(failure).kind == .dataRace, "\(failure.map(\.description) ?? "")")
    await expectNothing { await submitTwice(to: []) }
  }

  @Test func threadsRaceUnlessTheyTakeALock() async throws {
    let failure = await FuzzedTests.run { await startTwoThreads(Counter().bump) }
    // What Foundation locks to make a thread may order them in one run, and not in the next.
    #expect(try #require(failure).description.contains("data race"))
    await expectNothing { await startTwoThreads(LockedCounter().bump) }
  }

  @Test func whoWaitsComesAfterWhatItWaitsFor() async {
    await expectNothing {
      let counter = Counter()
      let (semaphore, group, condition) = (DispatchSemaphore(value: 0), DispatchGroup(), Latch())
      let queue = DispatchQueue(label: "any", attributes: .concurrent)
      counter.bump()
      queue.async {
        counter.bump()
        semaphore.signal()
      }
      semaphore.wait()
      counter.bump()
      queue.async(group: group) { counter.bump() }
      group.wait()
      counter.bump()
      queue.sync { counter.bump() }
      queue.async {
        counter.bump()
        condition.open()
      }
      condition.pass()
      counter.bump()
      let item = DispatchWorkItem { counter.bump() }
      await withCheckedContinuation { continuation in
        item.notify(queue: queue) {
          counter.bump()
          continuation.resume()
        }
        queue.async(execute: item)
      }
      counter.bump()
    }
  }

  @Test func iterationsRaceWithEachOtherAndNotWithWhoWaitsForThem() async throws {
    let found = await FuzzedTests.run {
      let counter = Counter()
      DispatchQueue.concurrentPerform(iterations: 2) { _ in counter.bump() }
    }
    #expect(try #require(found).kind == .dataRace)
    await expectNothing {
      let (counter, locked) = (Counter(), LockedCounter())
      counter.bump()
      DispatchQueue.concurrentPerform(iterations: 2) { number in
        if number == 1 { counter.bump() } else { locked.bump() }
      }
      counter.bump()
    }
  }

  @Test func aMutexOrdersWhoWaitsForIt() async {
    await expectNothing {
      let mutex = Mutex(0)
      let (inner, counter) = (NSLock(), Counter())
      let bump: @Sendable () -> Void = {
        mutex.withLock {
          $0 += 1
          // Another one comes to the mutex meanwhile.
          inner.withLock {}
          counter.bump()
        }
      }
      await both(bump, and: bump)
    }
  }

  @Test func locksThatAStepLeavesTakenAreNobodysFault() async throws {
    let failure = await FuzzedTests.run {
      let (first, second) = (NSLock(), NSLock())
      await both {
        first.withLock { second.withLock {} }
      } and: {
        second.withLock { first.withLock {} }
      }
    }
    #expect(try #require(failure).kind == .deadlock)
  }
}

private func expectNothing(
  isolation: FuzzConfiguration.Isolation = .automatic,
  sourceLocation: SourceLocation = #_sourceLocation,
  _ body: @escaping @Sendable () async throws -> Void
) async {
  let failure = await FuzzedTests.run(isolation: isolation, body)
  #expect(
    failure == nil, "\(failure.map(\.description) ?? "")", sourceLocation: sourceLocation)
}

private struct Lost: Error {}

/// Each read and each write is locked, and what is made of both is not.
private final class LockedValue: @unchecked Sendable {
  private let lock = NSLock()
  private var stored = 0

  var value: Int {
    get { lock.withLock { stored } }
    set { lock.withLock { stored = newValue } }
  }
}

private final class Latch: @unchecked Sendable {
  private let condition = NSCondition()
  private var isOpen = false

  func open() {
    condition.withLock { isOpen = true }
    condition.broadcast()
  }

  func pass() {
    condition.withLock { while !isOpen { condition.wait() } }
  }
}

private func both(
  _ first: @escaping @Sendable () -> Void, and second: @escaping @Sendable () -> Void
) async {
  await withTaskGroup(of: Void.self) { group in
    group.addTask { first() }
    group.addTask { second() }
  }
}

private func bumpTwice(isMended: Bool) async throws {
  let (count, lock) = (LockedValue(), NSLock())
  let bump: @Sendable () -> Void = {
    if isMended { lock.withLock { count.value += 1 } } else { count.value += 1 }
  }
  await both(bump, and: bump)
  guard count.value == 2 else { throw Lost() }
}

private func meetBetweenSections(isMended: Bool) async {
  let (stage, counter, lock) = (LockedValue(), Counter(), NSLock())
  let bump: @Sendable () -> Void = {
    if isMended { lock.withLock { counter.bump() } } else { counter.bump() }
  }
  await both {
    stage.value = 1
    bump()
    stage.value = 2
  } and: {
    if stage.value == 1 { bump() }
  }
}

private func submitTwice(to attributes: DispatchQueue.Attributes) async {
  let counter = Counter()
  let queue = DispatchQueue(label: "of two", attributes: attributes)
  await withCheckedContinuation { continuation in
    queue.async { counter.bump() }
    queue.async { counter.bump() }
    queue.async(flags: .barrier) { continuation.resume() }
  }
}

private func startTwoThreads(_ body: @escaping @Sendable () -> Void) async {
  let done = DispatchSemaphore(value: 0)
  for _ in 0..<2 {
    Thread.detachNewThread {
      body()
      done.signal()
    }
  }
  for _ in 0..<2 { done.wait() }
}
