/// Something that happened.
struct HubEvent: Sendable, Hashable {
  /// Later events have greater numbers.
  var number: Int
  var text: String
}

extension HubEvent {
  /// Makes an event with a text as it is to be shown, which is work for another thread.
  @concurrent static func rendered(_ number: Int, _ text: String) async -> HubEvent {
    HubEvent(number: number, text: text.uppercased())
  }
}

/// Tells subscribers of events, in order, until it closes.
protocol Hub: Actor {
  /// - Parameter journal: Where subscriptions are written down.
  init(journal: AuditLog)
  /// Begins a subscription; one of the same name takes the place of the one before.
  func subscribe(_ name: String) async -> AsyncStream<HubEvent>
  func publish(_ text: String) async
  /// Ends all streams.
  func close()
}
