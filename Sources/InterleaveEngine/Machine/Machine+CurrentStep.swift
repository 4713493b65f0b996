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
}
