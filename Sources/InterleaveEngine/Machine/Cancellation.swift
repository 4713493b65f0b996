/// A cancellation that a run brought about.
package struct RecordedCancellation: Sendable, Hashable {
  /// The task, as a hash of its path.
  package var task: UInt64
  /// The step after which it was cancelled, before any other ran.
  package var after: StepKey

  package init(task: UInt64, after: StepKey) {
    self.task = task
    self.after = after
  }
}

/// Decides whether a run cancels a task, which one, and when.
///
/// It is asked between steps until it has named a task: a run cancels at most one, and
/// with it that task's children. The root is never offered, since it is the test itself.
package protocol Canceller: AnyObject {
  /// Prepares for a run.
  func begin()
  /// Names the task to cancel now.
  ///
  /// - Parameter moment: What the run has done, and whom it could cancel.
  /// - Returns: One of the moment's tasks by its number in the run; nil to wait.
  func choose(at moment: CancellationMoment) -> Int?
}

/// A moment between two steps at which a task may be cancelled.
package struct CancellationMoment {
  let machine: Machine

  /// The run so far, to be put into words.
  package var inspectedRun: any InspectedRun { machine }
  /// How many steps have run, at least 1.
  package var stepCount: Int { machine.stepCount }
  /// The step that ran last.
  package var last: StepKey { machine.key(ofStep: machine.stepCount - 1) }
  /// The same, with what is needed to name it.
  package var inspectedLast: InspectedStep.StepIdentity { machine.inspectLastStep() }
  /// The tasks that go on and are not cancelled, by their numbers, without the root.
  package var tasks: [Int] { machine.cancellableTasks }
  /// The hash of a task's path.
  package func name(of task: Int) -> UInt64 { machine.tasks[task].name }
  /// A task's path.
  package func path(of task: Int) -> TaskPath { machine.path(ofTask: task) }
}

/// Cancels some task at some moment, both drawn at random.
package final class RandomCancellation: Canceller {
  private let seed: UInt64
  private let steps: Int
  private var generator = SplitMix64(seed: 0)
  private var moment = 0

  /// Makes a canceller.
  ///
  /// - Parameters:
  ///   - seed: Equal seeds make equal choices.
  ///   - steps: About how many steps the run will have, at least 1.
  package init(seed: UInt64, within steps: Int) {
    precondition(steps >= 1, "a run has at least 1 step (was \(steps))")
    self.seed = seed
    self.steps = steps
  }

  package func begin() {
    generator = SplitMix64(seed: seed)
    moment = generator.below(steps) + 1
  }

  package func choose(at moment: CancellationMoment) -> Int? {
    guard moment.stepCount >= self.moment else { return nil }
    return choose(among: moment.tasks)
  }

  /// Draws one of the tasks; nil where there is none.
  func choose(among tasks: [Int]) -> Int? {
    tasks.isEmpty ? nil : tasks[generator.below(tasks.count)]
  }
}

/// Cancels the task that another run cancelled, after the same step.
///
/// Where the step does not run, or the task is not there then, nobody is cancelled.
package final class ReplayCancellation: Canceller {
  private let cancellation: RecordedCancellation

  package init(_ cancellation: RecordedCancellation) {
    self.cancellation = cancellation
  }

  package func begin() {}

  package func choose(at moment: CancellationMoment) -> Int? {
    guard moment.last == cancellation.after else { return nil }
    return moment.tasks.first { moment.name(of: $0) == cancellation.task }
  }
}
