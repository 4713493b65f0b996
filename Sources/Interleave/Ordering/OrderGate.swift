import InterleaveEngine

/// Holds tasks up at named points until their turn has come.
final class OrderGate: Sendable {
  /// The order that an ordinary test has asked for.
  @TaskLocal static var current: OrderGate?

  private let monitor: Monitor<OrderState>
  private let plan: OrderPlan
  /// What natively ends a wait that would last for ever.
  private let limit: WaitLimit?

  /// How long a task may wait natively, and the line to which the issue belongs.
  struct WaitLimit: Sendable {
    var duration: Duration
    var location: CallSite
  }

  init(_ plan: OrderPlan, limit: WaitLimit? = nil) {
    self.plan = plan
    self.limit = limit
    monitor = Monitor(OrderState(plan))
  }

  /// How far the order has come about.
  var state: OrderState { monitor.withState { $0 } }

  func waitForTurn(of point: Checkpoint, isolation: isolated (any Actor)?) async {
    let isFree = monitor.withState { state in
      state.arrive(at: point)
      return state.admit(point)
    }
    guard !isFree else { return }
    let alarm = limit.flatMap { limit in
      Machine.current == nil
        ? Task {
          try await Task.sleep(for: limit.duration)
          giveUp(limit)
        } : nil
    }
    // An order is not given up because a task is cancelled.
    _ = await monitor.wait(heedsCancellation: false, isolation: isolation) { $0.admit(point) }
    alarm?.cancel()
    // Where it went off, nobody goes on before it has said so.
    _ = await alarm?.result
  }

  func pass(_ point: Checkpoint) {
    monitor.withState { $0.pass(point) }
  }

  /// Lets everything go on, and says that the order cannot be had.
  private func giveUp(_ limit: WaitLimit) {
    let state = monitor.withState { state in
      defer { state.giveUp() }
      return state
    }
    guard !state.isGivenUp else { return }
    record(
      "the order \(plan.words) must come about (a task has waited for \(limit.duration.spelledOut))",
      state.obstacles, at: limit.location)
  }

  /// Says, when all is over, that the order did not come about.
  func checkThatItCameAbout() {
    let state = state
    guard let limit, !state.isMet, !state.isGivenUp else { return }
    record("the order \(plan.words) must come about", state.obstacles, at: limit.location)
  }
}
