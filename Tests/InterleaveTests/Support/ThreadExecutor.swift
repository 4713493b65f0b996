/// Runs its jobs on a thread of its own, as an event loop does.
final class ThreadExecutor: SerialExecutor {
  private let thread = WorkingThread()

  var isCurrent: Bool { thread.isCurrent }

  func enqueue(_ job: UnownedJob) {
    thread.perform { [self] in job.runSynchronously(on: asUnownedSerialExecutor()) }
  }

  func end() { thread.end() }
}

/// Runs the jobs of tasks that prefer it on a thread of its own.
final class ThreadPool: TaskExecutor {
  private let thread = WorkingThread()

  var isCurrent: Bool { thread.isCurrent }

  func enqueue(_ job: consuming ExecutorJob) {
    let job = UnownedJob(job)
    thread.perform { [self] in job.runSynchronously(on: asUnownedTaskExecutor()) }
  }

  func end() { thread.end() }
}
