/// A hub as it is first written: it forgets that a name may mean another stream by now.
///
/// - `publish` takes a number, waits until the text is rendered, and delivers. Of two events, the
///   second may be rendered first: a screen that shows the last event it got stays wrong.
/// - When a stream ends, its name is unsubscribed, in a task of its own. A phone that loses the line
///   and comes back at once is unsubscribed by the end of its old stream, and rings no more.
/// - `subscribe` waits for the journal before it enters the stream. If the hub is closed meanwhile,
///   nobody will ever end that stream.
actor EventHub: Hub {
  private var subscribers: [String: AsyncStream<HubEvent>.Continuation] = [:]
  private var lastNumber = 0
  private let journal: AuditLog

  init(journal: AuditLog) {
    self.journal = journal
  }

  func subscribe(_ name: String) async -> AsyncStream<HubEvent> {
    let (stream, continuation) = AsyncStream.makeStream(of: HubEvent.self)
    continuation.onTermination = { _ in
      Task { await self.unsubscribe(name) }
    }
    await journal.append("\(name) subscribes")
    subscribers[name] = continuation
    return stream
  }

  private func unsubscribe(_ name: String) {
    subscribers[name] = nil
  }

  func publish(_ text: String) async {
    lastNumber += 1
    let event = await HubEvent.rendered(lastNumber, text)
    for subscriber in subscribers.values { subscriber.yield(event) }
  }

  func close() {
    for subscriber in subscribers.values { subscriber.finish() }
    subscribers = [:]
  }
}
