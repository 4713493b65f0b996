import InterleaveEngine

/// Waits until nothing else can run: every other task of the run has ended, or waits for time to
/// pass, for something that this task has to do, or for something outside of the run.
///
/// It takes the place of `Task.yield()` called often enough, of which nobody knows how often that
/// is. It must be called in a fuzzed body, in `controlled { … }` or in a test with the trait
/// `.controlled`: of the native runtime, nobody can know that it is idle.
///
/// ```swift
/// let reader = Task { await queue.next() }
/// await waitUntilIdle()          // the reader waits now
/// await queue.add("first")
/// ```
///
/// No virtual time passes. But a timer that is due within the stall may fire first, as it may while
/// any other work is waiting: see ``FuzzConfiguration/time``.
public func waitUntilIdle(
  fileID: String = #fileID, filePath: String = #filePath, line: Int = #line, column: Int = #column
) async {
  let location = FuzzFailure.SourceLocation(
    fileID: fileID, filePath: filePath, line: line, column: column)
  if Idleness.isKnown(to: "waitUntilIdle()", location) { await Idleness.reached() }
}

/// The state of a run in which nothing can go on but the task that waits for it.
enum Idleness {
  /// Tells whether this is a run that Interleave controls; if not, reports the mistake.
  ///
  /// - Parameter name: What the test has called.
  static func isKnown(to name: String, _ location: FuzzFailure.SourceLocation) -> Bool {
    if Machine.current != nil { return true }
    Host.current.report(
      "`\(name)` must know when nothing else can run, and so needs a run that Interleave controls: "
        + "give the test the trait `.controlled` or `.fuzzed`, or call it inside "
        + "`controlled { ... }` or `fuzz { ... }`",
      at: location)
    return false
  }

  /// Waits for it; natively, lets others go first and promises nothing.
  static func reached() async {
    Machine.current?.nextJobWaitsForIdleness()
    await Task.yield()
  }
}
