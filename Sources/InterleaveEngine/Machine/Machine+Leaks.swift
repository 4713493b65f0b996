import CInterleave

/// A step that took long, by where its task went on and the type of its executor.
package struct SlowStep: Sendable, Hashable {
  package var resume: UInt
  /// The metadata of the executor's type; 0 where it has none.
  package var executor: UInt
}

/// An error that an unstructured task has thrown and that nobody looked at.
package struct UnseenError {
  /// The number of the task.
  package var task: Int
  package var error: any Error
}

extension Machine {
  // MARK: Errors

  /// An unstructured task has thrown.
  func noteError(_ error: UnsafeMutableRawPointer, thrownBy task: Int) {
    notes.errors[task] = Takeover.error(at: error)
  }

  /// What unstructured tasks have thrown although nobody asked for their results; none
  /// where it cannot be seen who does.
  ///
  /// A `CancellationError` is no news to whoever cancelled the task.
  package var unseenErrors: [UnseenError] {
    guard !notes.errors.isEmpty, il_sees_awaits() else { return [] }
    return notes.errors.keys.sorted().compactMap { task in
      guard !tasks[task].isAwaited, let error = notes.errors[task], !(error is CancellationError)
      else {
        return nil
      }
      return UnseenError(task: task, error: error)
    }
  }

  // MARK: Tasks that may go on

  /// Lets what the running task makes from now on be alive when the body has ended.
  ///
  /// - Parameter allows: Begins, or with false ends, what is allowed.
  /// - Returns: What was so before.
  package func allowLeaks(_ allows: Bool) -> Bool {
    guard let record = il_current_task() else { return false }
    let index = Int(record.pointee.index)
    let before = tasks[index].allowsLeaks
    tasks[index].allowsLeaks = allows
    if allows { progress.allowsLeaks = true }
    return before
  }

  /// A task was made.
  func inheritAllowance(_ index: Int) {
    let parent = tasks[Int(tasks[index].parent)]
    tasks[index].mayLeak = parent.mayLeak || parent.allowsLeaks
  }

  /// The root has ended, and so have all tasks that must.
  var onlyAllowedTasksGoOn: Bool {
    progress.rootHasEnded
      && tasks.elements.allSatisfy { $0.isOver || $0.mayLeak }
  }

  // MARK: Slow steps

  /// The step that has just run took long.
  func noteSlowStep() {
    let step = steps[steps.count - 1]
    slowSteps.insert(
      SlowStep(resume: step.resume, executor: executors[Int(step.executor)].type))
  }
}
