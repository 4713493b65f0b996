/// A source of events that tells its subscribers until they leave.
public actor EventSource {
  private var subscribers: [AsyncStream<Int>.Continuation] = []

  public init() {}

  public func subscribe() -> AsyncStream<Int> {
    let (stream, continuation) = AsyncStream.makeStream(of: Int.self)
    subscribers.append(continuation)
    return stream
  }

  public func send(_ event: Int) {
    for subscriber in subscribers { subscriber.yield(event) }
  }
}

/// A monitor that may go on watching after it was stopped.
///
/// `start` looks whether the monitor is still wanted, waits for the subscription,
/// and only then has a task that `stop` could cancel. A screen that is closed while
/// it opens calls `stop` in between: there is nothing to cancel yet, and then the
/// watcher starts. Nobody knows of it any more; it runs as long as the app does.
public actor Monitor {
  public private(set) var events = 0
  private var isStopped = false
  private var watcher: Task<Void, Never>?
  private let source: EventSource

  public init(source: EventSource) {
    self.source = source
  }

  public func start() async {
    guard !isStopped else { return }
    let stream = await source.subscribe()
    watcher = Task {
      for await _ in stream { events += 1 }
    }
  }

  public func stop() {
    isStopped = true
    watcher?.cancel()
    watcher = nil
  }
}

/// A monitor that looks whether it is still wanted when the subscription is there,
/// in the same breath in which it starts to watch.
public actor MendedMonitor {
  public private(set) var events = 0
  private var isStopped = false
  private var watcher: Task<Void, Never>?
  private let source: EventSource

  public init(source: EventSource) {
    self.source = source
  }

  public func start() async {
    let stream = await source.subscribe()
    guard !isStopped else { return }
    watcher = Task {
      for await _ in stream { events += 1 }
    }
  }

  public func stop() {
    isStopped = true
    watcher?.cancel()
    watcher = nil
  }
}

/// A screen is opened and closed again at once.
public enum MonitorExample {
  public static func racy() async throws {
    let monitor = Monitor(source: EventSource())
    async let opening: Void = monitor.start()
    async let closing: Void = monitor.stop()
    _ = await (opening, closing)
  }

  public static func mended() async throws {
    let monitor = MendedMonitor(source: EventSource())
    async let opening: Void = monitor.start()
    async let closing: Void = monitor.stop()
    _ = await (opening, closing)
  }
}
