import Interleave
import Testing

// Bugs in which what was checked, or was begun last, is not so any more.

extension ReportedBug {
  /// An actor that stops a machine checks its state, awaits, and sets it.
  static let sandboxStoppedTwice = ReportedBug("apple/container#684", .expectation) { isMended in
    let machine = Elsewhere()
    let sandbox = Sandbox(machine: machine, isMended: isMended)
    async let first: Void = sandbox.stop()
    async let second: Void = sandbox.stop()
    _ = await (first, second)
    #expect(await machine.calls == 1)
  }

  private actor Sandbox {
    private enum State { case running, stopping, stopped }
    private var state = State.running
    private let machine: Elsewhere
    private let isMended: Bool

    init(machine: Elsewhere, isMended: Bool) {
      self.machine = machine
      self.isMended = isMended
    }

    func stop() async {
      guard state == .running else { return }
      if isMended { state = .stopping }
      await machine.call()
      state = .stopped
    }
  }

  /// Two calls with an expired token each trade in the refresh token, which is good for once.
  static let refreshedTwice = ReportedBug("logto-io/swift#60", .expectation) { isMended in
    let server = Elsewhere()
    let client = Client(server: server, isMended: isMended)
    async let first = client.token()
    async let second = client.token()
    _ = await (first, second)
    #expect(await server.calls == 1)
  }

  private actor Client {
    private var known: Int?
    private var refresh: Task<Int, Never>?
    private let server: Elsewhere
    private let isMended: Bool

    init(server: Elsewhere, isMended: Bool) {
      self.server = server
      self.isMended = isMended
    }

    func token() async -> Int {
      if let known { return known }
      if isMended, let refresh { return await refresh.value }
      let refresh = Task { [server] in await server.call() }
      self.refresh = refresh
      let token = await refresh.value
      known = token
      return token
    }
  }

  /// The flag that guards a start is set when all that it starts has been awaited.
  static let startedTwice = ReportedBug("torlando-tech/Columba-iOS#90", .expectation) { isMended in
    let transport = Elsewhere()
    let node = Node(transport: transport, isMended: isMended)
    async let first: Void = node.start()
    async let second: Void = node.start()
    _ = await (first, second)
    #expect(await transport.calls == 1)
  }

  private actor Node {
    private var isRunning = false
    private let transport: Elsewhere
    private let isMended: Bool

    init(transport: Elsewhere, isMended: Bool) {
      self.transport = transport
      self.isMended = isMended
    }

    func start() async {
      guard !isRunning else { return }
      if isMended { isRunning = true }
      await transport.call()
      isRunning = true
    }
  }

  /// The answer to an older query takes the place of that to the newer one.
  static let olderAnswerShown = ReportedBug("usemoss/moss#320", .expectation) { isMended in
    let store = IndexStore(isMended: isMended)
    async let first: Void = store.search("a")
    async let second: Void = store.search("ab")
    _ = await (first, second)
    #expect(await store.shown == store.typed)
  }

  private actor IndexStore {
    private(set) var typed = ""
    private(set) var shown = ""
    private let isMended: Bool

    init(isMended: Bool) {
      self.isMended = isMended
    }

    func search(_ query: String) async {
      typed = query
      // The index takes its time.
      try? await Task.sleep(for: .milliseconds(5))
      guard !isMended || typed == query else { return }
      shown = query
    }
  }

  /// What is sent from a task each comes in any order.
  static let sentOutOfOrder = ReportedBug(
    "apple/swift-async-algorithms#356", .expectation
  ) { isMended in
    let channel = Channel()
    if isMended {
      let (stream, continuation) = AsyncStream<Int>.makeStream()
      for number in 1...3 { continuation.yield(number) }
      continuation.finish()
      async let other: Void = channel.send(0)
      for await number in stream { await channel.send(number) }
      await other
    } else {
      await withTaskGroup { group in
        for number in 1...3 { group.addTask { await channel.send(number) } }
      }
    }
    #expect(await channel.received.filter { $0 > 0 } == [1, 2, 3])
  }

  private actor Channel {
    private(set) var received: [Int] = []

    func send(_ number: Int) { received.append(number) }
  }
}
