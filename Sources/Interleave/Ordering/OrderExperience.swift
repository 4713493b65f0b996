import InterleaveEngine

/// What runs have shown of the order that is asked for: whether it can be had.
///
/// A run in which it cannot be had is void: it is no interleaving that was asked for, and so
/// neither fails nor proves anything. If all runs are void, that is what the campaign comes to.
struct OrderExperience: Equatable, Sendable {
  var runs = 0
  var isMet = false
  /// What kept the order from coming about in the run that came nearest, and where tasks
  /// waited.
  var obstacles: [String] = []
  var standstill: String?

  /// Learns from what later runs have shown.
  mutating func add(_ other: OrderExperience) {
    let isFirst = runs == 0
    runs += other.runs
    isMet = isMet || other.isMet
    guard !isMet, other.runs > 0 else { return }
    if isFirst || other.obstacles.count < obstacles.count {
      obstacles = other.obstacles
      standstill = other.standstill
    }
  }
}

extension OrderExperience {
  /// What one run shows that has not failed otherwise.
  ///
  /// - Parameters:
  ///   - state: How far the order came about in it.
  ///   - standstill: What its end would mean without an order.
  ///   - isKnown: The order is known to be one that can be had.
  init(of state: OrderState, standstill: RunFailure?, isKnown: Bool) {
    self.init(
      runs: 1, isMet: state.isMet, obstacles: isKnown ? [] : state.obstacles,
      standstill: state.isHeldUp ? standstill?.message : nil)
  }

  func pack(into packet: inout Packet) {
    packet.put(runs)
    packet.put(isMet)
    packet.put(obstacles)
    packet.put(optional: standstill) { $0.put($1) }
  }

  init(from packet: inout Packet) {
    self.init(
      runs: packet.take(), isMet: packet.take(), obstacles: packet.takeTexts(),
      standstill: packet.takeOptional { $0.takeText() })
  }
}

extension OrderPlan {
  init(_ configuration: FuzzConfiguration) {
    self.init(pairs: configuration.ordering, sequence: configuration.sequence)
  }

  /// Why the runs have tested nothing; nil if some came in the order.
  func complaint(after experience: OrderExperience) -> String? {
    guard !isEmpty, experience.runs > 0, !experience.isMet else { return nil }
    let runs = experience.runs
    let count = runs == 1 ? "the run did not come" : "none of \(grouped(runs)) runs came"
    let lines =
      experience.obstacles.map { "* \($0)" } + (experience.standstill.map { [$0] } ?? [])
    return (["\(count) in the order \(words):"] + lines).joined(separator: "\n")
  }
}
