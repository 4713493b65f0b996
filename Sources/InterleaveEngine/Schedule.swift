/// A step, named within the run: its task, and how many steps of it ran before.
///
/// The name means the same step in every schedule of the same program, as far as
/// the step exists there.
package struct StepKey: Sendable, Hashable {
  /// A hash of the task's path.
  package var task: UInt64
  /// The number of the task's earlier steps.
  package var ordinal: Int32

  package init(task: UInt64, ordinal: Int32) {
    self.task = task
    self.ordinal = ordinal
  }
}

/// A choice that departs from the baseline: one step picked where the baseline
/// would have taken another.
package struct RawDeviation: Sendable, Hashable {
  package var picked: StepKey
  package var passedOver: StepKey

  package init(picked: StepKey, passedOver: StepKey) {
    self.picked = picked
    self.passedOver = passedOver
  }
}

/// One step of a schedule that was run.
package struct RecordedStep: Sendable, Hashable {
  package var key: StepKey
  /// A hash that names the executor; 0 for the global executor.
  package var executor: UInt64
  /// The index of the step that made this one ready; -1 for none.
  package var cause: Int
  /// How many steps were enabled.
  package var enabled: Int
  /// What the baseline would have taken; equal to `key` where it was taken.
  package var passedOver: StepKey
  package var reason: EnabledReason
  package var isPreemption: Bool
  package var isStall: Bool

  package init(
    key: StepKey, executor: UInt64, cause: Int, enabled: Int, passedOver: StepKey,
    reason: EnabledReason, isPreemption: Bool, isStall: Bool
  ) {
    self.key = key
    self.executor = executor
    self.cause = cause
    self.enabled = enabled
    self.passedOver = passedOver
    self.reason = reason
    self.isPreemption = isPreemption
    self.isStall = isStall
  }
}

/// A schedule that was run, up to its failure if it failed.
package struct RecordedSchedule: Sendable, Hashable {
  package var steps: [RecordedStep]
  /// The task that was cancelled besides, if one was.
  package var cancellation: RecordedCancellation?
  /// How many threads the pool had, where a step could not run for want of one.
  package var poolWidth: Int?
  /// What its random numbers were made from, where it drew any that were its own.
  package var randomSeed: UInt64?

  package init(
    steps: [RecordedStep], cancellation: RecordedCancellation? = nil, poolWidth: Int? = nil,
    randomSeed: UInt64? = nil
  ) {
    self.steps = steps
    self.cancellation = cancellation
    self.poolWidth = poolWidth
    self.randomSeed = randomSeed
  }

  /// The choices that departed from the baseline, in the order in which they
  /// were made.
  package var deviations: [RawDeviation] {
    steps.compactMap { step in
      step.key == step.passedOver
        ? nil : RawDeviation(picked: step.key, passedOver: step.passedOver)
    }
  }

  /// How many steps there are, whatever interrupted them inside.
  package var wholeSteps: Int { steps.count { !$0.key.isInside } }
  package var preemptions: Int { steps.count { $0.isPreemption } }
  /// How many of the preemptions interrupted a step inside.
  package var interruptions: Int { steps.count { $0.isPreemption && $0.passedOver.isInside } }
  package var stalls: Int { steps.count { $0.isStall } }
}
