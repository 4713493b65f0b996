// Doubles: what stands in for the world around the code under test.

import InterleaveEngine
import Synchronization

/// What test doubles and checkpoints keep of the run that is going on.
///
/// It is used on the campaign's thread alone.
struct RunDoubles {
  /// Tells this run from all others of the process; compared, and never shown.
  let id = RunDoubles.nextID()
  /// Where latencies and faults are drawn from.
  var source: DoubleSource?
  /// The order in which named points are to be passed.
  var order: OrderGate?
  /// What should come about in some runs was looked for in this one, and whether it did.
  var reached: [String: Bool] = [:]
  /// What the body returned.
  var outcome: BodyOutcome?
  /// What doubles check when the run has come to its end.
  var checks: [() -> RunFailure?] = []

  private static let lastID = Atomic<UInt64>(0)

  private static func nextID() -> UInt64 {
    lastID.add(1, ordering: .relaxed).newValue
  }
}

extension LiveRun {
  /// Adds words to the step that is running, for the report.
  func note(_ text: @autoclosure () -> String) {
    guard let inspector, let step = machine.currentStep else { return }
    inspector.note(text(), step: step)
  }
}

/// Who calls a test double: a task of the run, or natively, tasks by the order of their first
/// calls.
struct CallerNames: Sendable {
  private var native: [Int: Int] = [:]

  /// The name of the running task, for people.
  mutating func current() -> String {
    if let path = Machine.current?.currentTask { return "task \(path)" }
    let identity = withUnsafeCurrentTask { $0?.hashValue }
    guard let identity else { return "no task" }
    let number = native[identity] ?? native.count + 1
    native[identity] = number
    return "task #\(number)"
  }
}

/// Suspends the task, so that others may go first.
func schedulingPoint(isolation: isolated (any Actor)? = #isolation) async {
  if Machine.current == nil {
    await Task.yield()
  } else {
    await Machine.reschedule(isolation: isolation)
  }
}

/// The time since the run began; natively nil, since it tells nothing that comes again.
func runTime() -> Duration? {
  Machine.current.map { .nanoseconds($0.now) }
}
