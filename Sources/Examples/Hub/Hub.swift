/// Something that happened.
struct HubEvent: Sendable, Hashable {
  /// Later events have greater numbers.
  var number: Int
  var text: String
}

/// Tells subscribers of events, in order, until it closes.
protocol Hub: Actor {
  /// - Parameter journal: Where events are written before anybody is told of them.
  init(journal: AuditLog)
  /// Begins a subscription; one of the same name takes the place of the one before.
  func subscribe(_ name: String) async -> AsyncStream<HubEvent>
  func publish(_ text: String) async
  /// Ends all streams.
  func close()
}
