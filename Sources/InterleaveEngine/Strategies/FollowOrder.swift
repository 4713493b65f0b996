/// Runs steps in a given order, as far as they are enabled.
///
/// At each choice it takes the enabled step that comes first in the order, and
/// the baseline's where none of them is in it. So a schedule whose steps were
/// moved about can be tried without knowing which deviations that takes.
package final class FollowOrder: PureStrategy {
  private var places: [StepKey: Int] = [:]

  /// Makes a strategy.
  ///
  /// - Parameter order: The names of steps; of a name that comes twice, the first
  ///   place counts.
  package init(_ order: some Sequence<StepKey>) {
    for (place, key) in order.enumerated() where places[key] == nil {
      places[key] = place
    }
  }

  package func begin(_ run: RunStart) {}

  package func decide(at point: some ChoicePoint) -> Int {
    var pick = 0
    var first = Int.max
    for index in 0..<point.count {
      guard let place = places[point.key(at: index)], place < first else { continue }
      first = place
      pick = index
    }
    return pick
  }
}
