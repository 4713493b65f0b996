import Dispatch
import Synchronization
import Testing

@testable import Interleave

/// Continuations that are resumed once too often: the report names both who did it.
struct ResumedTwiceTests {
  /// Waits for a signal, or to be cancelled.
  private final class UnsafeWaiter: Sendable {
    private let isMended: Bool
    private let state = Mutex((UnsafeContinuation<Void, Never>?.none, isOver: false))

    init(isMended: Bool) { self.isMended = isMended }

    func wait() async {
      await withTaskCancellationHandler {
        await withUnsafeContinuation { (continuation: UnsafeContinuation<Void, Never>) in
          let isOver = state.withLock { state in
            if !state.isOver { state.0 = continuation }
            return state.isOver
          }
          if isOver { continuation.resume() }
        }
      } onCancel: {
        take()?.resume()
      }
    }

    func signal() { take()?.resume() }

    private func take() -> UnsafeContinuation<Void, Never>? {
      state.withLock { state in
        state.isOver = true
        defer { if isMended { state.0 = nil } }
        return state.0
      }
    }
  }

  /// The same with a continuation that the runtime checks.
  private final class CheckedWaiter: Sendable {
    private let isMended: Bool
    private let state = Mutex((CheckedContinuation<Void, Never>?.none, isOver: false))

    init(isMended: Bool) { self.isMended = isMended }

    func wait() async {
      await withTaskCancellationHandler {
        await withCheckedContinuation { (continuation: CheckedContinuation<Void, Never>) in
          let isOver = state.withLock { state in
            if !state.isOver { state.0 = continuation }
            return state.isOver
          }
          if isOver { continuation.resume() }
        }
      } onCancel: {
        take()?.resume()
      }
    }

    func signal() { take()?.resume() }

    private func take() -> CheckedContinuation<Void, Never>? {
      state.withLock { state in
        state.isOver = true
        defer { if isMended { state.0 = nil } }
        return state.0
      }
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
      let waiter = UnsafeWaiter(isMended: isMended)
      let caller = Task { await waiter.wait() }
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
      let waiter = UnsafeWaiter(isMended: isMended)
      let caller = Task { await waiter.wait() }
      await waitUntilIdle()
      waiter.signal()
      await caller.value
    }
    let outcome = await cancelled { await body(false) }
    let failure = try #require(outcome.failure, "\(outcome)")
    #expect(failure.message.contains("the cancellation handler of task 0.0"), "\(failure)")
    #expect(failure.message.contains("• then by"), "\(failure)")
    #expect(await cancelled { await body(true) }.failure == nil)
  }

  @Test func aCheckedOneByAStepAndByAHandlerOfTheRuns() async throws {
    let body = { @Sendable (isMended: Bool) in
      let waiter = CheckedWaiter(isMended: isMended)
      let caller = Task { await waiter.wait() }
      await waitUntilIdle()
      waiter.signal()
      await caller.value
    }
    let outcome = await cancelled { await body(false) }
    let failure = try #require(outcome.failure, "\(outcome)")
    #expect(failure.message.contains("wait() tried to resume its continuation more than once"))
    #expect(failure.message.contains(" by task 0 in step "), "\(failure)")
    #expect(failure.sourceLocation?.fileID.hasSuffix("ResumedTwiceTests.swift") == true)
    #expect(!failure.interleaving.steps.isEmpty)
    #expect(await cancelled { await body(true) }.failure == nil)
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
