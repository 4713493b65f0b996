/// Runs the step of highest priority, and redraws those of the steps it conflicts with.
///
/// Partial order sampling (Yuan, Yang, Gu: "Partial order aware concurrency
/// sampling", CAV 2018). Each step that becomes enabled draws a priority; when one
/// has run, those that depend on it, here those on the same executor, draw again.
/// The least probability of any partial order is exponentially better than a
/// random walk's, and there is no depth to choose.
public final class POS: Strategy, PureStrategy {
  private struct Priority {
    /// Of which step of the task it is; -1 if it must be drawn.
    var ordinal: Int
    var value: UInt64
  }

  private var random = SplitMix64(seed: 0)
  /// By number of task: at most one step of each is enabled.
  private let priorities = Column<Priority>()

  public init() {}

  deinit { priorities.deallocate() }

  public func begin(_ run: RunStart) {
    random = SplitMix64(seed: run.seed)
    priorities.removeAll()
  }

  public func choose(among steps: EnabledSteps) -> Int { decide(at: steps) }

  package func decide(at point: some ChoicePoint) -> Int {
    let tasks = point.record.taskCount
    while priorities.count < tasks { priorities.append(Priority(ordinal: -1, value: 0)) }
    var pick = 0
    var best: UInt64 = 0
    var executor: UInt64 = 0
    for index in 0..<point.count {
      let step = point.step(at: index)
      if priorities[step.taskNumber].ordinal != step.ordinal {
        priorities[step.taskNumber] = Priority(ordinal: step.ordinal, value: random.next())
      }
      let value = priorities[step.taskNumber].value
      if index == 0 || value > best {
        best = value
        pick = index
        executor = step.executor
      }
    }
    for index in 0..<point.count {
      let step = point.step(at: index)
      if step.executor == executor { priorities[step.taskNumber].ordinal = -1 }
    }
    return pick
  }
}
