/// Chooses each task with a probability in proportion to the steps it has left.
///
/// Uniform random walk (Zhao, Wolff, Mathur, Roychoudhury: "Selectively uniform
/// concurrency testing", ASPLOS 2025). If the counts are right and no task waits
/// for another, all interleavings are equally likely: a short task is as likely to
/// come late as early. The counts, those of a task's descendants included, come
/// from earlier runs; without any, it is a random walk.
public final class URW: Strategy, PureStrategy {
  private let profile: TaskProfile
  private let learns: Bool
  private let left = StepsLeft()
  private var random = SplitMix64(seed: 0)

  public init() {
    profile = TaskProfile()
    learns = true
  }

  /// Makes a strategy whose profile somebody else keeps up to date.
  init(sharing profile: TaskProfile) {
    self.profile = profile
    learns = false
  }

  public func begin(_ run: RunStart) {
    random = SplitMix64(seed: run.seed)
    profile.weigh(on: nil)
    left.removeAll()
  }

  public func choose(among steps: EnabledSteps) -> Int { decide(at: steps) }

  package func decide(at point: some ChoicePoint) -> Int {
    _ = left.catchUp(with: point.record, profile, on: nil)
    var sum = 0
    for index in 0..<point.count { sum += weight(of: point.step(at: index)) }
    var rest = random.below(sum)
    for index in 0..<point.count {
      rest -= weight(of: point.step(at: index))
      if rest < 0 { return index }
    }
    return point.count - 1
  }

  /// At least 1, since counts may be wrong.
  @inline(__always)
  private func weight(of step: EnabledStep) -> Int { max(1, left.steps(of: step.taskNumber)) }

  public func end(_ run: RunRecord) {
    if learns { profile.learn(from: run) }
  }
}
