/// Chooses uniformly among the enabled steps.
///
/// Every schedule has a probability above zero, but that of a schedule with many
/// choices may be exponentially small. Simple, without memory, and good at bugs
/// that need many alternations.
public final class RandomWalk: Strategy, PureStrategy {
  /// What it takes for a whole.
  package let grain: Reduction.Grain
  private var random = SplitMix64(seed: 0)

  public convenience init() { self.init(grain: .steps) }

  package init(grain: Reduction.Grain) {
    self.grain = grain
  }

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

extension RandomWalk: GrainedStrategy {}
