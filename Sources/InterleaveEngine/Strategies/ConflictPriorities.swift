/// Priorities of enabled steps, which are drawn again whenever something runs on their executor.
struct ConflictPriorities {
  private struct Priority {
    /// Of which step of the task it is; -1 for none.
    var ordinal = -1
    /// How many conflicts there had been on the step's executor when it was drawn.
    var conflicts = 0
    var value: UInt64 = 0
  }

  /// By number of task: at most one step of each is enabled.
  private let priorities = Column<Priority>()
  /// By number of executor: how often a step was picked there.
  private let conflicts = Column<Int>()

  func deallocate() {
    priorities.deallocate()
    conflicts.deallocate()
  }

  /// Forgets all of them, for a run that begins.
  func removeAll() {
    priorities.removeAll()
    conflicts.removeAll()
  }

  /// The priority of an enabled step, which is drawn where there is none.
  @inline(__always)
  func priority(of step: EnabledStep, _ random: inout SplitMix64) -> UInt64 {
    while priorities.count <= step.taskNumber { priorities.append(Priority()) }
    while conflicts.count <= step.executorNumber { conflicts.append(0) }
    let current = conflicts.known(at: step.executorNumber).pointee
    let priority = priorities.known(at: step.taskNumber)
    if priority.pointee.ordinal != step.ordinal || priority.pointee.conflicts != current {
      priority.pointee = Priority(
        ordinal: step.ordinal, conflicts: current, value: random.next())
    }
    return priority.pointee.value
  }

  /// A step was picked, so that others on its executor draw again.
  @inline(__always)
  func notePick(_ step: EnabledStep) {
    conflicts.pointer(at: step.executorNumber).pointee += 1
  }
}
