/// Runs steps in a given order, as far as they are enabled.
///
/// At each choice it takes the enabled step that comes first in the order, and
/// the baseline's where none of them is in it, or a random one. So a schedule whose steps were
/// moved about can be tried without knowing which deviations that takes.
package final class FollowOrder: PureStrategy {
  private var places: [StepKey: Int] = [:]
  private let seed: UInt64?
  private var random = SplitMix64(seed: 0)
  /// How many choices of the run the order had nothing to say about.
  package private(set) var strayed = 0

  /// Makes a strategy.
  ///
  /// - Parameters:
  ///   - order: The names of steps; of a name that comes twice, the first place counts.
  ///   - seed: Of the choices for which the order has nothing; nil for the baseline's.
  package init(_ order: some Sequence<StepKey>, seed: UInt64? = nil) {
    self.seed = seed
    for (place, key) in order.enumerated() where places[key] == nil {
      places[key] = place
    }
  }

  package func begin(_ run: RunStart) {
    strayed = 0
    random = SplitMix64(seed: seed ?? 0)
  }

  package func decide(at point: some ChoicePoint) -> Int {
    var pick = 0
    var first = Int.max
    for index in 0..<point.count {
      guard let place = places[point.key(at: index)], place < first else { continue }
      first = place
      pick = index
    }
    guard first == .max else { return pick }
    strayed += 1
    return seed == nil ? 0 : random.below(point.count)
  }
}
