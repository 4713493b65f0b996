/// Runs steps in a given order, as far as they are enabled.
///
/// At each choice it takes the enabled step that comes first in the order, and
/// the baseline's where none of them is in it, or a random one. So a schedule whose steps were
/// moved about can be tried without knowing which deviations that takes.
package final class FollowOrder: PureStrategy, GrainedStrategy {
  private var places: [StepKey: Int] = [:]
  /// Of each task, where it goes on in the order; empty where each name has to be in the order.
  private var stretches: [UInt64: [(key: StepKey, place: Int)]] = [:]
  /// What it takes for a whole.
  package let grain: Reduction.Grain
  private let seed: UInt64?
  private var random = SplitMix64(seed: 0)
  /// How many choices of the run the order had nothing to say about.
  package private(set) var strayed = 0

  /// Makes a strategy.
  ///
  /// - Parameters:
  ///   - order: The names of steps; of a name that comes twice, the first place counts.
  ///   - seed: Of the choices for which the order has nothing; nil for the baseline's.
  ///   - grain: What the names are of.
  package init(
    _ order: some Sequence<StepKey>, seed: UInt64? = nil, grain: Reduction.Grain = .steps
  ) {
    self.seed = seed
    self.grain = grain
    for (place, key) in order.enumerated() where places[key] == nil {
      places[key] = place
    }
  }

  /// Makes a strategy that runs from point to point what another run did in one go.
  ///
  /// - Parameter order: The names of that run's steps, and of what was left of those that were
  ///   interrupted.
  package convenience init(fromPointToPoint order: [StepKey]) {
    self.init(order, grain: .segments)
    for (place, key) in order.enumerated() {
      stretches[key.task, default: []].append((key, place))
    }
  }

  /// The place in the order of the step, or of what it is a part of.
  private func place(of key: StepKey) -> Int? {
    if let place = places[key] { return place }
    return stretches[key.task]?.last { !key.comesBefore($0.key) }?.place
  }

  /// A run was one in this order.
  package func isOrder(of steps: [StepTrace.Step]) -> Bool {
    let ran = steps.map { place(of: $0.key) ?? -1 }
    return zip(ran, ran.dropFirst()).allSatisfy { $0 >= 0 && $0 <= $1 }
  }

  package func begin(_ run: RunStart) {
    strayed = 0
    random = SplitMix64(seed: seed ?? 0)
  }

  package func decide(at point: some ChoicePoint) -> Int {
    var pick = 0
    var first = Int.max
    for index in 0..<point.count {
      guard let place = place(of: point.key(at: index)), place < first else { continue }
      first = place
      pick = index
    }
    guard first == .max else { return pick }
    strayed += 1
    return seed == nil ? 0 : random.below(point.count)
  }
}
