import Foundation

/// Runs its jobs on a thread of its own, as an event loop does.
final class ThreadExecutor: SerialExecutor, @unchecked Sendable {
  private let queue = JobThread()

  init() { queue.start { [self] in $0.runSynchronously(on: asUnownedSerialExecutor()) } }

  var isCurrent: Bool { queue.isCurrent }

  func enqueue(_ job: UnownedJob) { queue.add(job) }
  func end() { queue.end() }
}

/// Runs the jobs of tasks that prefer it on a thread of its own.
final class ThreadPool: TaskExecutor, @unchecked Sendable {
  private let queue = JobThread()

  init() { queue.start { [self] in $0.runSynchronously(on: asUnownedTaskExecutor()) } }

  var isCurrent: Bool { queue.isCurrent }

  func enqueue(_ job: consuming ExecutorJob) { queue.add(UnownedJob(job)) }
  func end() { queue.end() }
}

/// A thread that does one job after the other.
private final class JobThread: @unchecked Sendable {
  private let condition = NSCondition()
  private var jobs: [UnownedJob] = []
  private var isOver = false
  private var thread: pthread_t?

  func start(_ run: @escaping @Sendable (UnownedJob) -> Void) {
    Thread.detachNewThread { [self] in
      condition.withLock { thread = pthread_self() }
      while let job = next() { run(job) }
    }
  }

  var isCurrent: Bool {
    condition.withLock { thread.map { pthread_equal($0, pthread_self()) != 0 } ?? false }
  }

  func add(_ job: UnownedJob) {
    condition.withLock {
      jobs.append(job)
      condition.signal()
    }
  }

  func end() {
    condition.withLock {
      isOver = true
      condition.signal()
    }
  }

  private func next() -> UnownedJob? {
    condition.withLock {
      while jobs.isEmpty, !isOver { condition.wait() }
      return jobs.isEmpty ? nil : jobs.removeFirst()
    }
  }
}
