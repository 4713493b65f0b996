/// How many steps each task of the run that is going on has before it.
///
/// A task begins with the steps of its profile, those of the tasks that it will
/// make included; each task that it makes takes its share away.
final class StepsLeft {
  private let left = Column<Int>()
  private var seenSteps = 0

  deinit { left.deallocate() }

  /// Forgets the last run.
  func removeAll() {
    left.removeAll()
    seenSteps = 0
  }

  /// Takes account of the tasks made and the steps run since the last call.
  ///
  /// - Parameters:
  ///   - record: The run so far.
  ///   - profile: What tasks are expected to do.
  ///   - executor: The executor on which steps count; nil for all.
  ///   - born: Is told of each new task's parent, number, and the share of the
  ///     parent's steps that it takes away, as numerator and denominator.
  ///   - counted: Is told of each step that counts.
  /// - Returns: A step that counts has run.
  func catchUp(
    with record: RunRecord, _ profile: TaskProfile, on executor: UInt64?,
    born: (_ parent: Int, _ child: Int, _ share: Int, _ of: Int) -> Void = { _, _, _, _ in },
    counted: (RanStep) -> Void = { _ in }
  ) -> Bool {
    while left.count < record.taskCount {
      let task = record.task(left.count)
      let weight = profile.weight(of: task.name)
      left.append(weight)
      guard let parent = task.parent else { continue }
      born(parent, left.count - 1, weight, left[parent])
      left[parent] = max(0, left[parent] - weight)
    }
    var hasCounted = false
    while seenSteps < record.stepCount {
      let step = record.step(at: seenSteps)
      seenSteps += 1
      guard executor == nil || step.executor == executor else { continue }
      hasCounted = true
      counted(step)
      left[step.taskNumber] = max(0, left[step.taskNumber] - 1)
    }
    return hasCounted
  }

  /// How many steps a task has left, as far as the profile knows.
  @inline(__always)
  func steps(of task: Int) -> Int { left[task] }
}
