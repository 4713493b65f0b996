/// Runs the step of highest priority, and redraws those of the steps it conflicts with.
///
/// Partial order sampling (Yuan, Yang, Gu: "Partial order aware concurrency
/// sampling", CAV 2018). Each step that becomes enabled draws a priority; when one
/// has run, those that depend on it, here those on the same executor, draw again.
/// The least probability of any partial order is exponentially better than a
/// random walk's, and there is no depth to choose.
public final class POS: Strategy, PureStrategy {
  private struct Priority {
    /// Of which step of the task it is; -1 for none.
    var ordinal: Int
    /// How many conflicts there had been on the step's executor when it was drawn.
    var conflicts: Int
    var value: UInt64
  }

  private var random = SplitMix64(seed: 0)
  /// By number of task: at most one step of each is enabled.
  private let priorities = Column<Priority>()
  /// By number of executor: how often a step was picked there.
  private let conflicts = Column<Int>()

  public init() {}

  deinit {
    priorities.deallocate()
    conflicts.deallocate()
  }

  public func begin(_ run: RunStart) {
    random = SplitMix64(seed: run.seed)
    priorities.removeAll()
    conflicts.removeAll()
  }

  public func choose(among steps: EnabledSteps) -> Int { decide(at: steps) }

  package func decide(at point: some ChoicePoint) -> Int {
    let tasks = point.record.taskCount
    while priorities.count < tasks {
      priorities.append(Priority(ordinal: -1, conflicts: 0, value: 0))
    }
    var pick = 0
    var best: UInt64 = 0
    var executor = 0
    for index in 0..<point.count {
      let step = point.step(at: index)
      while conflicts.count <= step.executorNumber { conflicts.append(0) }
      let current = conflicts[step.executorNumber]
      let priority = priorities.pointer(at: step.taskNumber)
      if priority.pointee.ordinal != step.ordinal || priority.pointee.conflicts != current {
        priority.pointee = Priority(
          ordinal: step.ordinal, conflicts: current, value: random.next())
      }
      if index == 0 || priority.pointee.value > best {
        best = priority.pointee.value
        pick = index
        executor = step.executorNumber
      }
    }
    conflicts[executor] += 1
    return pick
  }
}
