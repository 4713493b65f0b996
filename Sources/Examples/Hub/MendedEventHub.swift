/// A hub in which one publisher at a time delivers, and a stream is known by more than its name.
///
/// Events go into an outbox in the order of their numbers, and whoever finds nobody at work there
/// delivers them all. The end of a stream takes away that very subscription and no other. And
/// `subscribe` enters the stream in the breath in which it sees that the hub is still open.
actor MendedEventHub: Hub {
  private struct Subscriber {
    var id: Int
    var continuation: AsyncStream<HubEvent>.Continuation
  }

  private var subscribers: [String: Subscriber] = [:]
  private var subscriptionCount = 0
  private var outbox: [(number: Int, text: String)] = []
  private var isDelivering = false
  private var isClosed = false
  private var lastNumber = 0
  private let journal: AuditLog

  init(journal: AuditLog) {
    self.journal = journal
  }

  func subscribe(_ name: String) async -> AsyncStream<HubEvent> {
    await journal.append("\(name) subscribes")
    let (stream, continuation) = AsyncStream.makeStream(of: HubEvent.self)
    guard !isClosed else {
      continuation.finish()
      return stream
    }
    subscriptionCount += 1
    let id = subscriptionCount
    continuation.onTermination = { _ in
      Task { await self.unsubscribe(name, id) }
    }
    subscribers[name]?.continuation.finish()
    subscribers[name] = Subscriber(id: id, continuation: continuation)
    return stream
  }

  private func unsubscribe(_ name: String, _ id: Int) {
    if subscribers[name]?.id == id { subscribers[name] = nil }
  }

  func publish(_ text: String) async {
    lastNumber += 1
    outbox.append((lastNumber, text))
    guard !isDelivering else { return }
    isDelivering = true
    while !outbox.isEmpty {
      let (number, text) = outbox.removeFirst()
      let event = await HubEvent.rendered(number, text)
      for subscriber in subscribers.values { subscriber.continuation.yield(event) }
    }
    isDelivering = false
  }

  func close() {
    isClosed = true
    for subscriber in subscribers.values { subscriber.continuation.finish() }
    subscribers = [:]
  }
}
