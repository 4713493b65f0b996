internal import CInterleave

/// The place inside a step at which it was interrupted, told by what the step does there.
///
/// It means the same place in every run of the same program, however its lines are moved.
public struct InsidePoint: Sendable, Hashable {
  /// What the step does there.
  public enum Operation: String, Sendable, Hashable, CaseIterable {
    /// It takes a lock, or tries to.
    case lock
    /// It cancels a task, or its children.
    case cancel
    /// It asks whether a task is cancelled, or has itself told.
    case look = "isCancelled"
    /// It resumes a continuation.
    case resume
    /// It waits for something that somebody else holds or has still to do.
    case wait
    /// It lets go on who waits for a condition or a semaphore.
    case signal
    /// It makes a task.
    case create
    /// It makes another task ready.
    case wake
    /// It gives back a lock.
    case unlock
    /// It changes a word of memory by an atomic instruction.
    case atomic
    /// It hands a block to a dispatch queue.
    case submit
    /// It sets, cancels, suspends or resumes a timer of a dispatch queue.
    case timer
    /// It reads from, writes to or closes a pipe or a pair of sockets that the run made.
    case transfer
    /// It is over, as the child of a group that learns of it.
    case end
    /// It asks for or changes what the process has for all, such as its environment.
    case state
  }

  public var operation: Operation
  /// It was interrupted after the operation, and not before it.
  public var isAfter: Bool
  /// How many operations of this kind the step had done before, at least 0.
  public var occurrence: Int

  public init(_ operation: Operation, isAfter: Bool = false, occurrence: Int = 0) {
    self.operation = operation
    self.isAfter = isAfter
    self.occurrence = occurrence
  }

  init(_ point: il_point) {
    self.init(
      Self.operations[Int(point.kind.rawValue)],
      isAfter: !point.number.isMultiple(of: 2) && point.number != IL_FIRST_POINT,
      occurrence: Int(point.occurrence))
  }

  /// The operations as the machine numbers them.
  private static let operations: [Operation] = [
    .lock, .cancel, .look, .resume, .wait, .signal, .create, .wake, .unlock, .atomic,
    .submit, .timer, .transfer, .end, .state,
  ]
}

/// A point that a step of the run came to.
struct ReachedPoint {
  var task: Int32
  /// What the step's rest is called: see ``StepKey/ordinal(ofStep:point:)``.
  var ordinal: Int32
  var point: InsidePoint
  /// Where the function was called in which that is; 0 where it is not known.
  var caller: UInt
}

extension Machine {
  /// The points that steps of the run came to, by the names of what they had still to do.
  var reachedPoints: [StepOfTask: ReachedPoint] {
    Dictionary(
      points.elements.map { (StepOfTask(task: $0.task, ordinal: $0.ordinal), $0) },
      uniquingKeysWith: { $1 })
  }

  struct StepOfTask: Hashable {
    var task: Int32
    var ordinal: Int32
  }

  /// A step by its task and ordinal, with all that is needed to name it.
  ///
  /// - Parameter reached: The points among which that is where it was interrupted; nil to look for
  ///   it among all.
  func inspect(
    _ step: StepOfTask, resume: UInt, executor: Int32,
    among reached: [StepOfTask: ReachedPoint]? = nil
  ) -> InspectedStep.StepIdentity {
    var inspected = InspectedStep.StepIdentity(
      task: Int(step.task), ordinal: Int(step.ordinal), resume: resume, executor: Int(executor))
    guard StepKey.isInside(step.ordinal) else { return inspected }
    let point =
      if let reached { reached[step] } else {
        points.elements.last { $0.task == step.task && $0.ordinal == step.ordinal }
      }
    inspected.inside = point?.point
    inspected.caller = point?.caller ?? 0
    return inspected
  }
}
