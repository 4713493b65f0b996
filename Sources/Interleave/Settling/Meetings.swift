import InterleaveEngine

/// Steps of an interleaving in which different tasks meet: on an actor, or at a lock.
struct Meetings {
  private let steps: [Interleaving.Step]
  /// For each step, the steps before it with which it has something in common, the latest first.
  private var pairs: [StepTrace.Race] = []

  /// How many pairs are looked at, and how far apart two steps may be.
  private static let most = 4_000
  private static let farthest = 200

  init(_ steps: [Interleaving.Step]) {
    self.steps = steps
    for second in steps.indices.reversed() {
      for first in stride(from: second - 1, through: max(0, second - Self.farthest), by: -1)
      where pairs.count < Self.most && Self.meet(steps[first], steps[second]) {
        pairs.append(StepTrace.Race(first: first, second: second))
      }
    }
  }

  /// Two steps of different tasks have an actor or a lock in common.
  static func meet(_ one: Interleaving.Step, _ other: Interleaving.Step) -> Bool {
    one.name.task != other.name.task
      && (!one.actor.isEmpty && one.actor == other.actor || lock(of: one, other) != nil)
  }

  /// The number of a lock that both took.
  static func lock(of one: Interleaving.Step, _ other: Interleaving.Step) -> Int? {
    one.locks.first { lock in other.locks.contains { $0.number == lock.number } }?.number
  }

  /// The second of two steps came first, or the first did not come at all.
  ///
  /// - Parameter places: Where each step was in a run; nil where it was not.
  static func isTurned(_ pair: StepTrace.Race, _ places: [Int?]) -> Bool {
    guard let second = places[pair.second] else { return false }
    return places[pair.first].map { second < $0 } ?? true
  }

  /// The two steps that met in the other order in a run; of several, of which one changed
  /// something, that are the nearest to each other, and to the failure.
  func turned(_ places: [Int?]) -> StepTrace.Race? {
    let turned = pairs.filter { Self.isTurned($0, places) }
    let changing = turned.filter {
      !steps[$0.first].changes.isEmpty || !steps[$0.second].changes.isEmpty
    }
    return (changing.isEmpty ? turned : changing).min {
      ($0.second - $0.first, -$0.second) < ($1.second - $1.first, -$1.second)
    }
  }
}
