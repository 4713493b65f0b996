/// Chooses uniformly among the enabled steps.
///
/// Every schedule has a probability above zero, but that of a schedule with many
/// choices may be exponentially small. Simple, without memory, and good at bugs
/// that need many alternations.
public final class RandomWalk: Strategy, PureStrategy {
  private var random = SplitMix64(seed: 0)

  public init() {}

  public func begin(_ run: RunStart) {
    random = SplitMix64(seed: run.seed)
  }

  public func choose(among steps: EnabledSteps) -> Int {
    random.below(steps.count)
  }

  package func decide(at point: some ChoicePoint) -> Int {
    random.below(point.count)
  }
}
