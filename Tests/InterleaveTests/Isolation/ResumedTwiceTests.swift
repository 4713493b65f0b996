import Dispatch
import Foundation
import InterleaveEngine
import Synchronization
import Testing

@testable import Interleave

/// Continuations that are resumed once too often: the report names both who did it.
struct ResumedTwiceTests {
  /// Waits for a signal, or to be cancelled; unless it is mended, both resume who waits.
  private final class Waiter: Sendable {
    private let isMended: Bool
    private let state = Mutex((resume: (@Sendable () -> Void)?.none, isOver: false))

    init(isMended: Bool) { self.isMended = isMended }

    func waitUnsafely() async {
      await withTaskCancellationHandler {
        await withUnsafeContinuation { continuation in keep { continuation.resume() } }
      } onCancel: {
        signal()
      }
    }

    /// The same with a continuation that the runtime checks.
    func waitChecked() async {
      await withTaskCancellationHandler {
        await withCheckedContinuation { continuation in keep { continuation.resume() } }
      } onCancel: {
        signal()
      }
    }

    func signal() {
      let resume = state.withLock { state in
        state.isOver = true
        defer { if isMended { state.resume = nil } }
        return state.resume
      }
      resume?()
    }

    private func keep(_ resume: @escaping @Sendable () -> Void) {
      let isOver = state.withLock { state in
        if !state.isOver { state.resume = resume }
        return state.isOver
      }
      if isOver { resume() }
    }
  }

  private func cancelled(
    _ body: @escaping @Sendable () async throws -> Void
  ) async -> FuzzOutcome {
    await fuzzed(schedules: 300, { $0.cancellation = .anyTask }, body: body)
  }

  private func expectBothResumers(
    _ outcome: FuzzOutcome, first: String, then: String
  ) throws {
    let failure = try #require(outcome.failure, "\(outcome)")
    #expect(failure.kind == .crash)
    #expect(failure.message.contains("more than once"), "\(failure)")
    let lines = failure.message.split(separator: "\n")
    #expect(
      lines.contains { $0.contains("first by \(first)") && $0.contains(".swift:") }, "\(failure)")
    #expect(
      lines.contains { $0.contains("then by \(then)") && $0.contains(".swift:") }, "\(failure)")
    #expect(!failure.interleaving.steps.isEmpty)
  }

  @Test func anUnsafeOneByAStepAndByAHandlerThatTheProgramCalls() async throws {
    let body = { @Sendable (isMended: Bool) in
      let waiter = Waiter(isMended: isMended)
      let caller = Task { await waiter.waitUnsafely() }
      await waitUntilIdle()
      waiter.signal()
      caller.cancel()
      await caller.value
    }
    try expectBothResumers(await fuzzed { await body(false) }, first: "task 0 ", then: "task 0 ")
    let mended = await fuzzed { await body(true) }
    #expect(mended.failure == nil || mended.failure?.kind == .nothingInterleaved, "\(mended)")
  }

  @Test func anUnsafeOneByAStepAndByAHandlerOfTheRuns() async throws {
    let body = { @Sendable (isMended: Bool) in
      let waiter = Waiter(isMended: isMended)
      let caller = Task { await waiter.waitUnsafely() }
      await waitUntilIdle()
      waiter.signal()
      await caller.value
    }
    let outcome = await cancelled { await body(false) }
    let failure = try #require(outcome.failure, "\(outcome)")
    #expect(failure.message.contains("the cancellation handler of task 0.0"), "\(failure)")
    #expect(failure.message.contains("* then by"), "\(failure)")
    #expect(await cancelled { await body(true) }.failure == nil)
  }

  @Test func aCheckedOneByAStepAndByAHandlerOfTheRuns() async throws {
    let body = { @Sendable (isMended: Bool) in
      let waiter = Waiter(isMended: isMended)
      let caller = Task { await waiter.waitChecked() }
      await waitUntilIdle()
      waiter.signal()
      await caller.value
    }
    let outcome = await cancelled { await body(false) }
    let failure = try #require(outcome.failure, "\(outcome)")
    #expect(
      failure.message.contains("waitChecked() tried to resume its continuation more than once"))
    #expect(failure.message.contains(" by task 0 in step "), "\(failure)")
    #expect(failure.sourceLocation?.fileID.hasSuffix("ResumedTwiceTests.swift") == true)
    #expect(!failure.interleaving.steps.isEmpty)
    #expect(await cancelled { await body(true) }.failure == nil)
  }

  /// Rings for who waits, unless it is closed; one that is not mended does not look again.
  private actor Bell {
    private let isMended: Bool
    private var waiter: CheckedContinuation<String, Never>?

    init(isMended: Bool) { self.isMended = isMended }

    func wait() async -> String { await withCheckedContinuation { waiter = $0 } }

    func ring() async {
      guard let waiter else { return }
      await Task.yield()
      if isMended, self.waiter == nil { return }
      waiter.resume(returning: "rung")
      self.waiter = nil
    }

    func close() {
      waiter?.resume(returning: "closed")
      waiter = nil
    }
  }

  @Test func aCheckedOneThatAFunctionKeepsFromStepToStep() async throws {
    let body = { @Sendable (isMended: Bool) in
      let bell = Bell(isMended: isMended)
      async let answer = bell.wait()
      await waitUntilIdle()
      async let ring: Void = bell.ring()
      async let close: Void = bell.close()
      _ = await (answer, ring, close)
    }
    try expectBothResumers(
      await fuzzed { await body(false) }, first: "task 0.3 ", then: "task 0.2 ")
    #expect(await fuzzed { await body(true) }.failure == nil)
  }

  /// Keeps who waits by a number, and forgets whom it has let go on only if it is mended.
  private actor Desk {
    private let isMended: Bool
    private var waiters: [Int: CheckedContinuation<Void, Never>] = [:]

    init(isMended: Bool) { self.isMended = isMended }

    func wait(_ number: Int) async { await withCheckedContinuation { waiters[number] = $0 } }

    func call(_ number: Int) {
      if isMended {
        waiters.removeValue(forKey: number)?.resume()
      } else {
        waiters[number]?.resume()
      }
    }
  }

  @Test func aCheckedOneThatAnActorKeeps() async throws {
    let body = { @Sendable (isMended: Bool) in
      let desk = Desk(isMended: isMended)
      async let first: Void = desk.wait(1)
      async let second: Void = desk.wait(2)
      await waitUntilIdle()
      async let one: Void = desk.call(1)
      async let other: Void = desk.call(2)
      async let again: Void = desk.call(1)
      _ = await (first, second, one, other, again)
    }
    try expectBothResumers(
      await fuzzed { await body(false) }, first: "task 0.3 ", then: "task 0.5 ")
    #expect(await fuzzed { await body(true) }.failure == nil)
  }

  @Test func aCheckedOneOnAQueue() async throws {
    let body = { @Sendable (times: Int) in
      let queue = DispatchQueue(label: "answers")
      async let answer: Int = withCheckedContinuation { continuation in
        for n in 0..<times { queue.async { continuation.resume(returning: n) } }
      }
      async let other: Void = Task.yield()
      _ = await (answer, other)
      await withCheckedContinuation { continuation in queue.async { continuation.resume() } }
    }
    let outcome = await fuzzed(schedules: 50) { await body(2) }
    let failure = try #require(outcome.failure, "\(outcome)")
    #expect(failure.kind == .crash, "\(failure)")
    #expect(failure.message.contains("more than once"), "\(failure)")
    #if os(Linux)
      if Interruptions.obstacle == nil {
        #expect(failure.message.contains(" by task 0.0.1 in step "), "\(failure)")
        #expect("\(failure)".contains("task 0.0.1  block 2 on queue `answers`"), "\(failure)")
      }
    #endif
    #expect(await fuzzed(schedules: 50) { await body(1) }.failure == nil)
  }

  @Test func aCheckedOneByAThread() async throws {
    let body = { @Sendable (times: Int) in
      let isOver = DispatchSemaphore(value: 0)
      async let answer: Int = withCheckedContinuation { continuation in
        Thread.detachNewThread {
          for n in 0..<times { continuation.resume(returning: n) }
          isOver.signal()
        }
      }
      async let other: Void = Task.yield()
      _ = await (answer, other)
      isOver.wait()
    }
    let outcome = await fuzzed(schedules: 50, { $0.interruptions = .never }) { await body(2) }
    let failure = try #require(outcome.failure, "\(outcome)")
    #expect(failure.kind == .crash, "\(failure)")
    #expect(failure.message.contains("more than once"), "\(failure)")
    #expect(failure.message.contains("by a thread that the run does not control"), "\(failure)")
    #expect(await fuzzed(schedules: 50) { await body(1) }.failure == nil)
  }

  @Test func aTaskThatHasEnded() async throws {
    let outcome = await fuzzed {
      let kept = Mutex<UnsafeContinuation<Void, Never>?>(nil)
      let caller = Task {
        await withUnsafeContinuation { continuation in kept.withLock { $0 = continuation } }
      }
      await waitUntilIdle()
      kept.withLock { $0?.resume() }
      await caller.value
      kept.withLock { $0?.resume() }
    }
    let failure = try #require(outcome.failure, "\(outcome)")
    #expect(failure.kind == .crash, "\(failure)")
    #expect(failure.message.contains("an unsafe continuation of task 0.0"), "\(failure)")
  }
}
