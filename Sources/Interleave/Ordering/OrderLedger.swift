import InterleaveEngine

/// Learns from the runs of a campaign whether the order that it asks for can be had.
///
/// A run in which it cannot be had is void: it is no interleaving that was asked for, and so
/// neither fails nor proves anything. If all runs are void, that is what the campaign comes to.
final class OrderLedger {
  private let plan: OrderPlan
  private var experience = Experience()

  /// What runs have shown.
  struct Experience: Equatable {
    var runs = 0
    var isMet = false
    /// What kept the order from coming about in the run that came nearest, and where tasks
    /// waited.
    var obstacles: [String] = []
    var standstill: String?

    /// Learns from what later runs have shown.
    mutating func add(_ other: Experience) {
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

  init(_ configuration: FuzzConfiguration) {
    plan = OrderPlan(configuration)
  }

  /// What holds tasks up in the next run; nil where no order is asked for.
  func makeGate() -> OrderGate? {
    plan.isEmpty ? nil : OrderGate(plan)
  }

  /// Learns from a run that has not failed otherwise.
  ///
  /// - Parameters:
  ///   - failure: What a standstill at its end would mean without an order.
  /// - Returns: The failure, unless the run is void.
  func judge(_ gate: OrderGate?, _ failure: RunFailure?) -> RunFailure? {
    guard let state = gate?.state else { return failure }
    experience.add(
      Experience(
        runs: 1, isMet: state.isMet, obstacles: experience.isMet ? [] : state.obstacles,
        standstill: state.isHeldUp ? failure?.message : nil))
    return state.isHeldUp ? nil : failure
  }

  /// Learns from what runs of another process have shown.
  func learn(from other: Experience) { experience.add(other) }

  /// Takes what runs have shown since it was last taken.
  func takeExperience() -> Experience {
    defer { experience = Experience() }
    return experience
  }

  /// Why the campaign has tested nothing; nil if some run came in the order.
  var complaint: String? {
    guard !plan.isEmpty, experience.runs > 0, !experience.isMet else { return nil }
    let runs = experience.runs
    let count = runs == 1 ? "the run did not come" : "none of \(grouped(runs)) runs came"
    let lines =
      experience.obstacles.map { "* \($0)" } + (experience.standstill.map { [$0] } ?? [])
    return (["\(count) in the order \(plan.words):"] + lines).joined(separator: "\n")
  }
}

extension OrderPlan {
  init(_ configuration: FuzzConfiguration) {
    self.init(pairs: configuration.ordering, sequence: configuration.sequence)
  }
}

extension OrderLedger.Experience {
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
