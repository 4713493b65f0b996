import Foundation

/// Runs its jobs on a thread of its own, as an event loop does.
final class ThreadExecutor: SerialExecutor, @unchecked Sendable {
  private let condition = NSCondition()
  private var jobs: [UnownedJob] = []
  private var isOver = false
  private var thread: pthread_t?

  init() {
    Thread.detachNewThread { [self] in
      condition.withLock { thread = pthread_self() }
      while let job = next() { job.runSynchronously(on: asUnownedSerialExecutor()) }
    }
  }

  var isCurrent: Bool {
    condition.withLock { thread.map { pthread_equal($0, pthread_self()) != 0 } ?? false }
  }

  func enqueue(_ job: UnownedJob) {
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
