import Foundation
import InterleaveEngine
import Synchronization
import Testing

@testable import Interleave

/// What steps do besides running lines is told in rows of its own.
@Suite struct StepEventTests {
  private typealias Event = Interleaving.Event

  /// The events of a failure, with the words that the report has for each.
  private func events(
    in outcome: FuzzOutcome, sourceLocation: SourceLocation = #_sourceLocation
  ) throws -> [(event: Event, words: String)] {
    let failure = try #require(outcome.failure, "\(outcome)", sourceLocation: sourceLocation)
    let interleaving = failure.interleaving.shown
    let names = PlaceNames(interleaving)
    return interleaving.steps.enumerated().flatMap { index, step in
      step.events.map { ($0, $0.words(names, ofStep: index, in: interleaving)) }
    }
  }

  private struct Refusal: Error {}

  private static func meet() async {
    let bank = Bank(balance: 100)
    async let one = bank.withdrawAtOnce(1)
    async let other = bank.withdrawAtOnce(1)
    _ = await (one, other)
  }

  // MARK: Cancelling

  @Test func aCancellationByTheProgramSaysOfWhomAndWhereAndThatNobodyNoticed() async throws {
    let line = #line + 4
    let outcome = await fuzzed {
      await Self.meet()
      let task = Task { await Self.meet() }
      task.cancel()
      await task.value
      #expect(Bool(false))
    }
    let found = try events(in: outcome).filter { $0.event.kind == .cancelled }
    try #require(found.count == 1, "\(outcome)")
    #expect(found[0].event.place?.line == line)
    #expect(found[0].words.hasPrefix("cancels task 0."), "\(found)")
    #expect(
      found[0].words.hasSuffix("at StepEventTests.swift:\(line), which never asks"), "\(found)")
  }

  @Test func aTaskThatAsksWhetherItIsCancelledHasNoticed() async throws {
    let outcome = await fuzzed {
      let task = Task { Task.isCancelled }
      task.cancel()
      await Self.meet()
      let isCancelled = await task.value
      #expect(!isCancelled)
    }
    let found = try events(in: outcome)
    let words = found.map(\.words)
    #expect(
      words.contains { $0.hasPrefix("cancels task 0.") && $0.contains("which notices in step ") })
    #expect(words.contains { $0.hasPrefix("asks whether it is cancelled at ") }, "\(words)")
  }

  @Test func aTaskThatHadEndedIsSaidToHave() async throws {
    let outcome = await fuzzed {
      let task = Task {}
      await task.value
      await Self.meet()
      task.cancel()
      #expect(Bool(false))
    }
    let found = try events(in: outcome).filter { $0.event.kind == .cancelled }
    #expect(found.map { $0.words.hasSuffix(", which had ended") } == [true], "\(found)")
  }

  @Test func nothingIsToldOfARunInWhichNothingOfTheKindHappened() async throws {
    let outcome = await fuzzed {
      await Self.meet()
      #expect(Bool(false))
    }
    let found = try events(in: outcome)
    #expect(found.isEmpty, "\(found)")
  }

  // MARK: Errors

  @Test func aTaskThatEndsByAnErrorSaysWhichOne() async throws {
    let outcome = await fuzzed {
      await Self.meet()
      let task = Task { throw Refusal() }
      let result = await task.result
      #expect(throws: Never.self) { try result.get() }
    }
    let found = try events(in: outcome).filter { $0.event.kind == .threw }
    #expect(found.map(\.words) == ["ends by throwing Refusal()"], "\(outcome)")
  }

  // MARK: Continuations

  @Test func whoResumesAContinuationIsToldWithTheLine() async throws {
    let line = #line + 8
    let outcome = await fuzzed {
      let waiter = Mutex<CheckedContinuation<Void, Never>?>(nil)
      async let waits: Void = withCheckedContinuation { continuation in
        waiter.withLock { $0 = continuation }
      }
      async let other: Void = Self.meet()
      while waiter.withLock({ $0 == nil }) { await Task.yield() }
      waiter.withLock { $0.take()?.resume() }
      _ = await (waits, other)
      #expect(Bool(false))
    }
    let found = try events(in: outcome).filter { $0.event.kind == .resumed }
    #expect(found.map(\.event.place?.line) == [line], "\(outcome)")
    #expect(found.first?.words.hasPrefix("resumes task 0.") == true, "\(found)")
  }

  @Test func whoDropsAContinuationIsTold() async throws {
    let outcome = await fuzzed {
      async let other: Void = Self.meet()
      let waiter = Mutex<CheckedContinuation<Void, Never>?>(nil)
      async let waits: Void = withCheckedContinuation { continuation in
        waiter.withLock { $0 = continuation }
      }
      while waiter.withLock({ $0 == nil }) { await Task.yield() }
      waiter.withLock { $0 = nil }
      _ = await (waits, other)
    }
    #expect(outcome.failure?.kind == .lostWakeUp, "\(outcome)")
    let found = try events(in: outcome).filter { $0.event.kind == .dropped }
    #expect(found.count == 1, "\(outcome)")
    #expect(found.first?.words.hasPrefix("drops the continuation of task 0.") == true, "\(found)")
  }

  // MARK: Streams and locks

  @Test func theEndOfAStreamIsTold() async throws {
    let line = #line + 5
    let outcome = await fuzzed {
      let (stream, continuation) = AsyncStream<Int>.makeStream()
      async let other: Void = Self.meet()
      continuation.yield(1)
      continuation.finish()
      for await _ in stream {}
      await other
      #expect(Bool(false))
    }
    let found = try events(in: outcome).filter { $0.event.kind == .finished }
    #expect(found.map(\.words) == ["finishes a stream at StepEventTests.swift:\(line)"])
  }

  @Test func aLockIsToldWhereStepsAreInterruptedAndSeveralTakeIt() async throws {
    let outcome = await fuzzed {
      $0.interruptions = .before
    } body: {
      let counter = LockedCounter()
      async let one: Void = counter.add()
      async let other: Void = counter.add()
      _ = await (one, other)
      #expect(counter.value == 2)
    }
    let words = try events(in: outcome).filter { $0.event.kind == .locked }.map(\.words)
    #expect(words.contains { $0.hasPrefix("takes lock 1 at StepEventTests.swift:") }, "\(outcome)")
  }

  @Test func noLockIsToldThatOnlyInterleaveTakes() async throws {
    let handingOver = (#line + 3)...(#line + 6)
    @Sendable func handOver(_ counter: LockedCounter) async {
      await Task.yield()
      let isDone = DispatchSemaphore(value: 0)
      Thread.detachNewThread { isDone.signal() }
      isDone.wait()
      await counter.add()
    }
    let outcome = await fuzzed {
      $0.interruptions = .before
      $0.native = [.module("InterleaveTests")]
    } body: {
      let counter = LockedCounter()
      async let one: Void = handOver(counter)
      async let other: Void = handOver(counter)
      _ = await (one, other)
      #expect(counter.value == 2)
    }
    let lines = try events(in: outcome).filter { $0.event.kind == .locked }.compactMap(
      \.event.place?.line)
    #expect(!lines.isEmpty, "\(outcome)")
    #expect(!lines.contains { handingOver.contains($0) }, "\(outcome)")
  }

  @Test func whatIsMadeWhereALockWasIsAnotherOne() async throws {
    @Sendable func useOne() async {
      // Freed here, so that the next one mostly is at the same address.
      let semaphore = DispatchSemaphore(value: 1)
      semaphore.wait()
      semaphore.signal()
    }
    let outcome = await fuzzed {
      async let one: Void = useOne()
      async let other: Void = useOne()
      _ = await (one, other)
      throw CancellationError()
    }
    let locks = try events(in: outcome).filter { $0.event.kind == .locked }
    #expect(locks.isEmpty, "\(outcome)")
  }

  /// Reads under the lock, and writes under it, but not both at once.
  private final class LockedCounter: @unchecked Sendable {
    private let lock = NSRecursiveLock()
    private var count = 0

    var value: Int {
      lock.lock()
      defer { lock.unlock() }
      return count
    }

    func add() async { set(value + 1) }

    private func set(_ value: Int) {
      lock.lock()
      defer { lock.unlock() }
      count = value
    }
  }
}
