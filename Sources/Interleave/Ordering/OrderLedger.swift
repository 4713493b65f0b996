import InterleaveEngine

/// Learns from the runs of a campaign whether the order that it asks for can be had.
///
/// A run in which it cannot be had is void: it is no interleaving that was asked for, and so
/// neither fails nor proves anything. If all runs are void, that is what the campaign comes to.
final class OrderLedger {
  private let plan: OrderPlan
  private var runs = 0
  private var isMet = false
  /// What kept the order from coming about in the run that came nearest, and where tasks waited.
  private var obstacles: [String] = []
  private var standstill: String?

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
    runs += 1
    isMet = isMet || state.isMet
    guard !isMet else { return state.isHeldUp ? nil : failure }
    if runs == 1 || state.obstacles.count < obstacles.count {
      obstacles = state.obstacles
      standstill = state.isHeldUp ? failure?.message : nil
    }
    return state.isHeldUp ? nil : failure
  }

  /// Why the campaign has tested nothing; nil if some run came in the order.
  var complaint: String? {
    guard !plan.isEmpty, runs > 0, !isMet else { return nil }
    let count = runs == 1 ? "the run did not come" : "none of \(grouped(runs)) runs came"
    let lines = obstacles.map { "• \($0)" } + (standstill.map { [$0] } ?? [])
    return (["\(count) in the order \(plan.words):"] + lines).joined(separator: "\n")
  }
}

extension OrderPlan {
  init(_ configuration: FuzzConfiguration) {
    self.init(pairs: configuration.ordering, sequence: configuration.sequence)
  }
}
