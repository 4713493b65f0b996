/// Of which kind something is that a step did, or by which it came.
public enum RunEventKind: String, Sendable, Hashable, CaseIterable, BitwiseCopyable {
  /// It cancelled a task.
  case cancelled
  /// It asked whether its task is cancelled, which it is.
  case asked
  /// Its task ended by an error.
  case threw
  /// It resumed the continuation of a task.
  case resumed
  /// It dropped the continuation of a task without resuming it.
  case dropped
  /// It took a lock; where that is shown, another task takes it as well.
  case locked
  /// It finished an asynchronous stream.
  case finished
  /// It came when a thread let its task go on that the run does not control.
  case wokenFromOutside
  /// It talked to others than the program's own tasks, by a socket or a pipe.
  case talkedToOutside
}

/// What a step did, or what brought it about, that whoever reads the run must know, where a run is
/// looked at closely.
package struct RunEvent: Sendable, Hashable {
  package var kind: RunEventKind
  /// The index of the step.
  package var step: Int
  /// The number of the task that it is about; -1 where that is not known.
  package var task: Int
  /// For a lock, its number in the run.
  package var lock = 0
  /// The task that it is about had ended.
  package var hadEnded = false
  /// Addresses within the calls by which it was done, innermost first, as far as they are known.
  package var calls: [UInt] = []
  /// The error in words, or who let its task go on.
  package var text = ""
}
