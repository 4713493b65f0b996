import CInterleave

/// What a suspended task waits for.
package enum TaskWait: Sendable, Hashable {
  /// The result of another task of the run, by its index.
  case task(Int)
  /// A continuation; `isLost` if nobody holds it any more.
  case continuation(isLost: Bool)
  /// The children that it made in a task group, by their indices.
  case group([Int])
  /// Nothing that its own memory tells: it runs, is ready, or waits for a task
  /// that is not the run's.
  case unknown
}

extension Machine {
  /// The indices of the tasks that have not ended.
  ///
  /// What only goes on with another task is none, such as a timer, which a sleep that was
  /// cancelled leaves behind.
  package var liveTasks: [Int] {
    (0..<tasks.count).filter { index in
      let task = tasks[index]
      // Who waits for a queue is nobody's concern before it has begun.
      if task.block > 0, !task.isThread { return task.isParked }
      return !task.hasEnded && !task.isTimer && !task.isJob
    }
  }

  /// What a task waits for, as the runtime itself has noted it.
  ///
  /// - Parameter index: The number of a task of the run that goes on.
  package func wait(of index: Int) -> TaskWait {
    guard let record = tasks[index].record else { return .unknown }
    var object: UnsafeMutableRawPointer?
    switch il_task_wait(record, &object) {
    case IL_WAIT_TASK:
      guard let awaited = il_task_awaited(record, object) else { return .unknown }
      return .task(Int(awaited.pointee.index))
    case IL_WAIT_CONTINUATION:
      return .continuation(isLost: tasks[index].lostContinuation)
    case IL_WAIT_GROUP:
      return .group(
        liveTasks.filter { tasks[$0].record?.pointee.group == object })
    default:
      return .unknown
    }
  }

  /// A task may be alive when the body has ended.
  package func mayLeak(_ index: Int) -> Bool { tasks[index].mayLeak }

  /// The tasks that have not ended, with what each waits for; once the root has ended,
  /// without those that may go on.
  package func blockedTasks() -> [BlockedTask] {
    liveTasks.filter { !progress.rootHasEnded || !tasks[$0].mayLeak }.map { index in
      let visited = steps.elements.lazy.filter { $0.task == index }.map { Int($0.executor) }
      return BlockedTask(
        index: index, wait: wait(of: index), executor: Int(tasks[index].lastExecutor),
        visited: Set(visited))
    }
  }

  /// The addresses at which a suspended task and its asynchronous callers go on,
  /// innermost first.
  ///
  /// - Parameters:
  ///   - index: The number of a task of the run that goes on.
  ///   - limit: The most frames to tell.
  package func backtrace(of index: Int, limit: Int = 64) -> [UInt] {
    guard let record = tasks[index].record else { return [] }
    return withUnsafeTemporaryAllocation(of: UnsafeMutableRawPointer?.self, capacity: limit) {
      frames in
      guard let base = frames.baseAddress else { return [] }
      let count = il_task_backtrace(record, base, limit)
      return frames.prefix(count).map { UInt(bitPattern: $0) }
    }
  }

  /// What steps write to standard output is kept, and not written.
  package func keepPrinted(_ keeps: Bool) { il_keep_printed(session, keeps) }

  /// What steps have written to standard output since the last time, and how many bytes of it were
  /// too many to be kept.
  package func takePrinted() -> (text: String, left: Int)? {
    withUnsafeTemporaryAllocation(of: CChar.self, capacity: 16_384) { buffer in
      guard let base = buffer.baseAddress else { return nil }
      let count = il_take_printed(session, base, buffer.count)
      guard count > 0 else { return nil }
      let kept = min(count, buffer.count)
      let bytes = UnsafeRawBufferPointer(buffer).prefix(kept)
      return (String(decoding: bytes, as: UTF8.self), count - kept)
    }
  }

  /// The last reference went to the continuation that a task waits for.
  func continuationLeaked(_ record: UnsafeMutablePointer<il_task>?) {
    progress.leakedContinuations += 1
    guard let record else { return }
    tasks[Int(record.pointee.index)].lostContinuation = true
    if progress.notesResumers { noteEvent(.dropped, task: Int(record.pointee.index)) }
  }

  /// How many checked continuations went without having been resumed.
  package var leakedContinuations: Int { progress.leakedContinuations }

  /// The thread sanitizer saw a data race in the step that is coming to its end.
  func raced(_ race: il_race) {
    notes.races.append(DataRace(race, steps: stepCount))
  }

  /// For tests: leaves hops to actors to the runtime, so that they arrive by way
  /// of the actor's own queue, as where `swift_task_switch` cannot be replaced.
  package func leaveHops(_ leaves: Bool) {
    il_session_leave_hops(session, leaves)
  }
}
