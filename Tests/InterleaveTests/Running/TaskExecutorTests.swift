import Dispatch
import Foundation
import Interleave
import InterleaveBugs
import InterleaveEngine
import Testing

/// Tasks that prefer an executor of the program's own: their steps run where that runs them.
@Suite(.enabled(if: Interruptions.obstacle == nil)) struct TaskExecutorTests {
  // MARK: Where steps are

  @Test(arguments: [false, true])
  func aStepIsOnItsExecutorsQueue(isConcurrent: Bool) async {
    let outcome = await fuzzed {
      let queue = DispatchQueue(label: "pool", attributes: isConcurrent ? .concurrent : [])
      queue.setSpecific(key: number, value: 7)
      let executor = QueuePool(queue)
      let look: @Sendable () async -> Void = {
        dispatchPrecondition(condition: .onQueue(queue))
        #expect(DispatchQueue.getSpecific(key: number) == 7)
        await Task.yield()
        dispatchPrecondition(condition: .onQueue(queue))
      }
      async let scope: Void = withTaskExecutorPreference(executor, operation: look)
      async let task: Void = Task(executorPreference: executor, operation: look).value
      async let detached: Void = Task.detached(executorPreference: executor, operation: look).value
      _ = await (scope, task, detached)
      await withTaskGroup(of: Void.self) { group in
        group.addTask(executorPreference: executor, operation: look)
      }
      #expect(DispatchQueue.getSpecific(key: number) == nil)
    }
    #expect(outcome.failure == nil, "\(outcome)")
    #expect(outcome.report.choices > 0, "\(outcome)")
    #expect(outcome.report.escapes.isEmpty, "\(outcome)")
  }

  /// How a detached task may be made with something of its own.
  enum Making: CaseIterable, Sendable {
    case withAnExecutor, withAName, withBoth
  }

  @Test(arguments: Making.allCases)
  func whatIsExpectedInADetachedTaskIsOfItsTest(making: Making) async throws {
    let body: @Sendable (Int) async -> Void = { total in
      let executor = QueuePool(DispatchQueue(label: "pool"))
      let count = Locked(0)
      let add: @Sendable () async -> Void = {
        count { $0 += 1 }
        await Task.yield()
        if count.get() == 2 { #expect(total == 2) }
        #expect(Task.currentPriority == .medium)
      }
      let tasks = (0..<2).map { number in
        switch making {
        case .withAnExecutor: Task.detached(executorPreference: executor, operation: add)
        case .withAName: Task.detached(name: "task \(number)", operation: add)
        case .withBoth:
          Task.detached(name: "task \(number)", executorPreference: executor, operation: add)
        }
      }
      for task in tasks { await task.value }
    }
    let sound = await fuzzed { await body(2) }
    #expect(sound.failure == nil, "\(sound)")
    let failure = try #require(await fuzzed { await body(3) }.failure)
    #expect(failure.kind == .expectation, "\(failure)")
  }

  @Test func aStepIsOnItsExecutorsThread() async {
    let thread = ThreadPool()
    let outcome = await fuzzed {
      let look: @Sendable () async -> Bool = {
        let isAtFirst = thread.isCurrent
        await Task.yield()
        return isAtFirst && thread.isCurrent
      }
      async let first = Task(executorPreference: thread, operation: look).value
      async let second = withTaskExecutorPreference(thread, operation: look)
      #expect(await [first, second] == [true, true])
      #expect(!thread.isCurrent)
    }
    thread.end()
    #expect(outcome.failure == nil, "\(outcome)")
    #expect(outcome.report.choices > 0, "\(outcome)")
  }

  @Test func anExecutorMayRunItsJobsAtOnce() async {
    let outcome = await fuzzed {
      let executor = DirectPool()
      let count = Locked(0)
      async let first: Void = Task(executorPreference: executor) { count { $0 += 1 } }.value
      async let second: Void = Task(executorPreference: executor) { count { $0 += 1 } }.value
      _ = await (first, second)
      #expect(count.get() == 2)
    }
    #expect(outcome.failure == nil, "\(outcome)")
  }

  // MARK: What is wrong with them

  /// Two tasks add to one number, each on an executor of its own choice.
  private func additions(isMended: Bool) -> @Sendable () async -> Void {
    {
      let executor = QueuePool(DispatchQueue(label: "pool", attributes: .concurrent))
      let count = Locked(0)
      let add: @Sendable () async -> Void = {
        if isMended {
          count { $0 += 1 }
        } else {
          let before = count.get()
          count.set(before + 1)
        }
      }
      async let first: Void = Task(executorPreference: executor, operation: add).value
      async let second: Void = withTaskExecutorPreference(executor, operation: add)
      _ = await (first, second)
      #expect(count.get() == 2)
    }
  }

  @Test(arguments: [UInt64(1), 2, 3])
  func aRaceOfTwoTasksIsFoundKeptAndReplayed(seed: UInt64) async throws {
    try await withTemporaryFolder { folder in
      let first = await fuzzed(
        schedules: 500, seed: seed, { $0.corpus = .at(folder) }, body: additions(isMended: false))
      let failure = try #require(first.failure, "\(first)")
      #expect(failure.interleaving.interruptions == 1, "\(failure)")
      #expect(failure.isMinimal, "\(failure)")
      let second = await fuzzed({ $0.corpus = .at(folder) }, body: additions(isMended: false))
      #expect(second.failure?.kind == failure.kind, "\(second)")
      #expect(second.report.schedules == 0, "it is replayed before anything else")
    }
  }

  @Test func itsMendedTwinIsNot() async {
    let outcome = await fuzzed(schedules: 1_000, body: additions(isMended: true))
    #expect(outcome.failure == nil, "\(outcome)")
  }

  @Test func onASerialQueueNobodyComesBetween() async {
    let outcome = await fuzzed(schedules: 500) {
      let executor = QueuePool(DispatchQueue(label: "pool"))
      let count = Locked(0)
      let add: @Sendable () async -> Void = {
        let before = count.get()
        count.set(before + 1)
      }
      async let first: Void = Task(executorPreference: executor, operation: add).value
      async let second: Void = Task(executorPreference: executor, operation: add).value
      _ = await (first, second)
      #expect(count.get() == 2)
    }
    #expect(outcome.failure == nil, "\(outcome)")
  }
}

private let number = DispatchSpecificKey<Int>()

private final class QueuePool: TaskExecutor {
  private let queue: DispatchQueue

  init(_ queue: DispatchQueue) { self.queue = queue }

  func enqueue(_ job: consuming ExecutorJob) {
    let job = UnownedJob(job)
    queue.async { job.runSynchronously(on: self.asUnownedTaskExecutor()) }
  }
}

private final class DirectPool: TaskExecutor {
  func enqueue(_ job: consuming ExecutorJob) {
    job.runSynchronously(on: asUnownedTaskExecutor())
  }
}
