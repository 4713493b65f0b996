@testable import Interleave
@testable import InterleaveEngine

/// Outcomes of runs that no machine has made.
extension RunOutcome {
  /// A run of tasks that took their steps one after the other.
  ///
  /// - Parameter tasks: The number of the task of each step.
  static func passing(_ tasks: [UInt64] = [1, 2], choices: Int = 1) -> RunOutcome {
    var outcome = RunOutcome()
    outcome.steps = tasks.count
    outcome.choices = choices
    outcome.signature = tasks.reduce(7) { mix($0, $1) }
    outcome.draws = Draws()
    outcome.schedule = .of(tasks)
    outcome.trace = .of(tasks)
    return outcome
  }

  /// A run that failed at its end.
  static func failing(
    _ tasks: [UInt64] = [2, 1], kind: FuzzFailure.Kind = .invariant, place: String = "T.swift:3"
  ) -> RunOutcome {
    var outcome = passing(tasks)
    outcome.failure = RunFailure(
      kind: kind, message: "the balance was -60", location: nil, place: place, steps: tasks.count)
    return outcome
  }

  /// The same as of a run that was asked for without what it takes to compare it.
  var uncompared: RunOutcome {
    var outcome = self
    outcome.trace = nil
    return outcome
  }
}

extension RecordedSchedule {
  /// The same, but its first step was taken ahead of another task's.
  var deviating: RecordedSchedule {
    var schedule = self
    schedule.steps[0].passedOver = StepKey(task: 99, ordinal: 0)
    schedule.steps[0].isPreemption = true
    return schedule
  }

  static func of(_ tasks: [UInt64]) -> RecordedSchedule {
    RecordedSchedule(
      steps: tasks.enumerated().map { index, task in
        let key = StepKey(task: task, ordinal: Int32(tasks[..<index].count { $0 == task }))
        return RecordedStep(
          key: key, executor: 0, cause: -1, enabled: 2, passedOver: key, reason: .created,
          isPreemption: false, isStall: false)
      })
  }
}

extension RunTrace {
  static func of(_ tasks: [UInt64]) -> RunTrace {
    RunTrace(
      steps: tasks.enumerated().map { index, task in
        let step = InspectedStep.StepIdentity(
          task: Int(task), ordinal: tasks[..<index].count { $0 == task }, resume: 0, executor: 0)
        return InspectedStep(
          key: step, passedOver: step, reason: .created, end: .ended, time: 0,
          isPreemption: false, isStall: false)
      },
      tasks: (0...(tasks.max() ?? 0)).map { task in
        InspectedTask(
          path: TaskPath(ordinals: task == 0 ? [0] : [0, UInt32(task)]), site: 0, caller: 0,
          entry: 0, lastResume: 0, hasEnded: true)
      },
      executors: [InspectedExecutor(kind: .global, type: 0)], cancellation: nil, resumptions: [],
      isCancelling: false)
  }
}

extension ResolvedConfiguration {
  /// What a test asks for, with a seed that is the same each time.
  init(of test: String, _ change: (inout FuzzConfiguration) -> Void) throws {
    var configuration = FuzzConfiguration()
    change(&configuration)
    try self.init(configuration, test: test, environment: [:], freshSeed: { 5 })
  }
}

extension Budget {
  /// One that nobody ends.
  init(_ resolved: ResolvedConfiguration, isCancelled: Bool = false) {
    self.init(resolved.configuration, isCancelled: { isCancelled })
  }
}
