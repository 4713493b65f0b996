import CInterleave

/// The choices of a run that goes on, as another thread sees them.
package struct RunGlance: Sendable, Hashable {
  /// The number of the run within its exploration.
  package var index: Int
  package var deviations: [RawDeviation]
  package var cancellation: RecordedCancellation?
  /// What its random numbers are made from; nil where they are not its own.
  package var randomSeed: UInt64?

  package init(
    index: Int, deviations: [RawDeviation], cancellation: RecordedCancellation? = nil,
    randomSeed: UInt64? = nil
  ) {
    self.randomSeed = randomSeed
    self.index = index
    self.deviations = deviations
    self.cancellation = cancellation
  }
}

extension Machine {
  /// Looks at the run from another thread, while a step of it takes long.
  ///
  /// - Returns: Nil where the run goes on meanwhile.
  package func glance() -> RunGlance? {
    let most = 1 << 20
    guard let steps = steps.glance(upTo: most), let tasks = tasks.glance(upTo: most) else {
      return nil
    }
    let name = { (task: Int32) in
      tasks.indices.contains(Int(task)) ? tasks[Int(task)].name : nil
    }
    let key = { (task: Int32, ordinal: Int32) in
      name(task).map { StepKey(task: $0, ordinal: ordinal) }
    }
    var glance = RunGlance(
      index: runIndex, deviations: [], randomSeed: progress.settings.randomSeed)
    for step in steps
    where step.task != step.passedTask || step.ordinal != step.passedOrdinal {
      guard let picked = key(step.task, step.ordinal),
        let passedOver = key(step.passedTask, step.passedOrdinal)
      else { return nil }
      glance.deviations.append(RawDeviation(picked: picked, passedOver: passedOver))
    }
    if let (task, count) = cancellation {
      guard steps.indices.contains(count - 1), let task = name(Int32(task)),
        let after = key(steps[count - 1].task, steps[count - 1].ordinal)
      else { return nil }
      glance.cancellation = RecordedCancellation(task: task, after: after)
    }
    return glance
  }
}
