/// Which orders of steps on an executor have been seen, as a tree of prefixes.
///
/// Each prefix keeps the share of the orders below it that have come up, between 0
/// and 1. A new order adds the product of the shares by which its steps were
/// expected.
final class SeenOrders {
  private struct Node {
    var key: UInt
    /// How likely its last step was among those that could have come instead.
    var expected: Double
  }

  /// Above this many prefixes, no more are kept.
  private static let limit = 1 << 18
  /// What is left of a branch that has been seen in full: counts may be wrong.
  private static let remainder = 1e-3

  private let places = AddressTable()
  private let shares = Column<Double>()
  /// The prefixes of the run that is going on.
  private let path = Column<Node>()
  private var prefix: UInt64 = 0
  private var expected = 1.0

  deinit {
    places.deallocate()
    shares.deallocate()
    path.deallocate()
  }

  /// Starts an order of steps on an executor.
  func begin(_ executor: UInt64) {
    path.removeAll()
    prefix = mix(7, executor)
    expected = 1
    path.append(Node(key: UInt(prefix), expected: 1))
  }

  /// Notes how likely the next step was that is going to be followed.
  func expect(share: Double) { expected = share }

  /// A task took the next step.
  func follow(_ task: UInt64) {
    prefix = mix(prefix, task)
    path.append(Node(key: UInt(prefix), expected: expected))
    expected = 1
  }

  /// The share that has not been seen of what follows if a task is next.
  func unseen(after task: UInt64) -> Double {
    max(Self.remainder, 1 - share(UInt(mix(prefix, task))))
  }

  private func share(_ key: UInt) -> Double { places[key].map { shares[$0] } ?? 0 }

  /// Takes the order that has been followed into account.
  func end() {
    var gain = -1.0
    var index = path.count - 1
    while index >= 0 {
      let node = path[index]
      let before = share(node.key)
      if gain < 0 { gain = 1 - before }
      set(node.key, min(1, before + gain))
      gain *= node.expected
      index -= 1
    }
  }

  private func set(_ key: UInt, _ share: Double) {
    if let place = places[key] {
      shares[place] = share
    } else if shares.count < Self.limit {
      shares.append(share)
      places.set(key, to: shares.count - 1)
    }
  }
}
