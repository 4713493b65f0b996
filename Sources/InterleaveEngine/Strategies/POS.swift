/// Runs the step of highest priority, and redraws those of the steps it conflicts with.
///
/// Partial order sampling (Yuan, Yang, Gu: "Partial order aware concurrency
/// sampling", CAV 2018). Each step that becomes enabled draws a priority; when one
/// has run, those that depend on it, here those on the same executor, draw again.
/// The least probability of any partial order is exponentially better than a
/// random walk's, and there is no depth to choose.
public final class POS: Strategy, PureStrategy {
  private var random = SplitMix64(seed: 0)
  private let priorities = ConflictPriorities()

  public init() {}

  deinit { priorities.deallocate() }

  public func begin(_ run: RunStart) {
    random = SplitMix64(seed: run.seed)
    priorities.removeAll()
  }

  public func choose(among steps: EnabledSteps) -> Int { decide(at: steps) }

  package func decide(at point: some ChoicePoint) -> Int {
    var random = random
    defer { self.random = random }
    var pick = 0
    var best: UInt64 = 0
    for index in 0..<point.count {
      let priority = priorities.priority(of: point.step(at: index), &random)
      if index == 0 || priority > best {
        best = priority
        pick = index
      }
    }
    priorities.notePick(point.step(at: pick))
    return pick
  }
}
