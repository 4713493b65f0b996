/// Chooses a place in the code first, then a task that goes on there.
///
/// Both draws are uniform. A random walk meets the one reader among a hundred
/// writers at a hundredth of its choices; this one meets it at a choice in two,
/// however many writers there are, since they all go on at the same few places.
///
/// Stratified sampling, by the places at which tasks go on. Every schedule has a
/// probability above zero, and that of a step at a choice is at least one in the
/// number of places times the number of tasks at its own.
public final class StratifiedWalk: Strategy, PureStrategy {
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

  public func choose(among steps: EnabledSteps) -> Int { decide(at: steps) }

  package func decide(at point: some ChoicePoint) -> Int {
    // Of numbers that a salted hash gives to places, the largest is at each place
    // with the same probability.
    let salt = random.next()
    var largest: UInt64 = 0
    var pick = 0
    var equals = 0
    for index in 0..<point.count {
      let number = mix(salt, point.place(at: index))
      if equals == 0 || number > largest {
        largest = number
        pick = index
        equals = 1
      } else if number == largest {
        equals += 1
        if random.below(equals) == 0 { pick = index }
      }
    }
    return pick
  }
}

extension StratifiedWalk: GrainedStrategy {}
