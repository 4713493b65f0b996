import CInterleave

/// What code inside a step may ask, and tell, of the step that is running.
extension Machine {
  /// The task whose step is running; nil between steps.
  package var currentTask: TaskPath? {
    progress.currentTask >= 0 ? path(ofTask: Int(progress.currentTask)) : nil
  }

  /// The index of the step that is running; nil between steps.
  package var currentStep: Int? {
    progress.currentStep >= 0 ? Int(progress.currentStep) : nil
  }

  /// Notes that the running step uses an object, so that it depends on all others that do.
  ///
  /// For what is shared between tasks behind a lock that the machine does not see.
  package func noteUse(of object: AnyObject) {
    touched(IL_TOUCH_LOCK, Unmanaged.passUnretained(object).toOpaque())
  }

  /// Ends the step, and has its task wait to be chosen again: a scheduling point, and nothing else.
  ///
  /// `Task.yield()` does the same by way of a job of its own, which would be a task in reports. To
  /// be called in a step alone.
  package static func reschedule(isolation: isolated (any Actor)? = #isolation) async {
    await withUnsafeContinuation(isolation: isolation) { continuation in
      guard let machine = current else { return continuation.resume() }
      machine.rescheduled.append(continuation)
      machine.progress.hasRescheduled = true
    }
  }

  /// Makes the tasks ready that the step has put off, as the last thing that it does.
  func resumeRescheduled() {
    progress.hasRescheduled = false
    let continuations = rescheduled
    rescheduled.removeAll(keepingCapacity: true)
    withEnvironment {
      for continuation in continuations { continuation.resume() }
    }
  }
}
