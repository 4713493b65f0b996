import CInterleave

/// Cancelling a task between two steps, as a thread of the outside world could.
extension Machine {
  /// The task that the run cancelled, and how many steps had run before.
  package var cancellation: (task: Int, steps: Int)? {
    progress.cancelledTask < 0
      ? nil : (Int(progress.cancelledTask), Int(progress.stepsBeforeCancellation))
  }

  /// The same by names that mean the same in other runs.
  ///
  /// - Parameter count: Only what came before so many steps had run, or right then.
  func recordedCancellation(upTo count: Int) -> RecordedCancellation? {
    guard let (task, steps) = cancellation, steps <= count else { return nil }
    return RecordedCancellation(task: tasks[task].name, after: key(ofStep: steps - 1))
  }

  /// The tasks that could be cancelled now: all that go on and are not cancelled,
  /// without the root.
  var cancellableTasks: [Int] {
    tasks.elements.indices.dropFirst().filter { index in
      guard let record = tasks[index].record, !tasks[index].hasEnded, !tasks[index].isTimer,
        !tasks[index].isSimple
      else { return false }
      return !il_is_cancelled(record)
    }
  }

  func inspectLastStep() -> InspectedStep.StepIdentity {
    let step = steps[steps.count - 1]
    return inspect(
      StepOfTask(task: step.task, ordinal: step.ordinal), resume: step.resume,
      executor: step.executor)
  }

  /// Cancels a task if the run is to, and the moment has come.
  ///
  /// What the task's cancellation handlers do belongs to no step: it happens between two.
  func cancelIfDue() {
    guard let canceller, steps.count > 0, !progress.hasFailed,
      let task = canceller.choose(at: CancellationMoment(machine: self)),
      let record = tasks[task].record
    else { return }
    progress.mayCancel = false
    progress.cancelledTask = Int32(task)
    progress.stepsBeforeCancellation = Int32(steps.count)
    il_cancel(session, record)
  }
}
