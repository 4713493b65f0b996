import InterleaveEngine
import Testing

/// In which order jobs arrive in mailboxes.
@Suite struct ArrivalTests {
  // MARK: What a step queues arrives then and there

  private static let twoTasks: @Sendable () async -> [Int] = {
    let dock = Dock()
    for task in await dock.makeTasks([nil, nil]) { await task.value }
    return await dock.arrivals
  }

  @Test func tasksMadeOnAnActorRunInTheOrderInWhichTheyWereMade() async throws {
    let orders = try await orders(Self.twoTasks)
    #expect(orders.seen == [[0, 1]])
    #expect(orders.isExhaustive)
  }

  @Test func whatTheLanguageAlonePromisesLetsThemRunInAnyOrder() async throws {
    let orders = try await orders(mailboxes: .unordered, Self.twoTasks)
    #expect(orders.seen == [[0, 1], [1, 0]])
  }

  @Test func tasksMadeForAGlobalActorRunInTheOrderInWhichTheyWereMade() async throws {
    let orders = try await orders {
      let (corridor, trace) = (Corridor(), Trace())
      for task in await corridor.makeTasksOnHub([nil, nil], trace) { await task.value }
      return trace.events
    }
    #expect(orders.seen == [["0", "1"]])
  }

  /// A continuation goes on in the global executor, and hops to its actor from there.
  @Test func continuationsThatOneStepResumesMayReachTheirActorInAnyOrder() async throws {
    let orders = try await orders {
      let (dock, corridor) = (Dock(), Corridor())
      async let first: Void = dock.park(0)
      async let second: Void = dock.park(1)
      await corridor.resume(await dock.bothParked())
      _ = await (first, second)
      return await dock.arrivals
    }
    #expect(orders.seen == [[0, 1], [1, 0]])
  }

  // MARK: Hops

  @Test func tasksThatLeaveAnActorForAnotherArriveInOrder() async throws {
    let program: @Sendable () async -> [Int] = {
      let (corridor, dock) = (Corridor(), Dock())
      async let first: Void = corridor.pass(to: dock)
      async let second: Void = corridor.pass(to: dock)
      _ = await (first, second)
      return await dock.arrivals
    }
    let ordered = try await orders(program)
    #expect(ordered.seen == [[0, 1]])
    #expect(ordered.isExhaustive)
    #expect(try await orders(mailboxes: .unordered, program).seen == [[0, 1], [1, 0]])
  }

  @Test func threeTasksThatLeaveAnActorForAnotherArriveInOrder() async throws {
    let orders = try await orders {
      let (corridor, dock) = (Corridor(), Dock())
      await withTaskGroup(of: Void.self) { group in
        for _ in 0..<3 { group.addTask { await corridor.pass(to: dock) } }
      }
      return await dock.arrivals
    }
    #expect(orders.seen == [[0, 1, 2]])
  }

  @Test func tasksThatLeaveAnActorForTheMainActorArriveInOrder() async throws {
    let program: @Sendable () async -> [String] = {
      let (corridor, trace) = (Corridor(), Trace())
      async let first: Void = corridor.passToMain(trace)
      async let second: Void = corridor.passToMain(trace)
      _ = await (first, second)
      return trace.events
    }
    #expect(try await orders(program).seen == [["0", "1"]])
    #expect(try await orders(mailboxes: .unordered, program).seen == [["0", "1"], ["1", "0"]])
  }

  @Test func tasksThatLeaveTheMainActorForAnActorArriveInOrder() async throws {
    let orders = try await orders {
      let dock = Dock()
      let pass: @MainActor @Sendable (Tickets) async -> Void = { tickets in
        await dock.arrive(tickets.next())
      }
      let tickets = Tickets()
      async let first: Void = pass(tickets)
      async let second: Void = pass(tickets)
      _ = await (first, second)
      return await dock.arrivals
    }
    #expect(orders.seen == [[0, 1]])
  }

  @Test func tasksThatLeaveAnActorForAUsersExecutorArriveInOrder() async throws {
    let orders = try await orders {
      let (corridor, ownDock) = (Corridor(), OwnDock())
      async let first: Void = corridor.pass(to: ownDock)
      async let second: Void = corridor.pass(to: ownDock)
      _ = await (first, second)
      return await ownDock.arrivals
    }
    #expect(orders.seen == [[0, 1]])
  }

  @Test func tasksThatLeaveAUsersExecutorForAnActorArriveInOrder() async throws {
    let orders = try await orders {
      let (ownDock, dock) = (OwnDock(), Dock())
      async let first: Void = ownDock.pass(to: dock)
      async let second: Void = ownDock.pass(to: dock)
      _ = await (first, second)
      return await dock.arrivals
    }
    #expect(orders.seen == [[0, 1]])
  }

  @Test func tasksThatLeaveTheGlobalExecutorArriveInAnyOrder() async throws {
    let orders = try await orders {
      let (corridor, dock, trace) = (Corridor(), Dock(), Trace())
      let pass: @Sendable () async -> Void = {
        let number = await corridor.ticket()
        trace.add("between the actors")
        await dock.arrive(number)
      }
      async let first: Void = pass()
      async let second: Void = pass()
      _ = await (first, second)
      return await dock.arrivals
    }
    #expect(orders.seen == [[0, 1], [1, 0]])
  }

  @Test func theGlobalExecutorRunsTasksInAnyOrder() async throws {
    let orders = try await orders {
      let trace = Trace()
      let tasks = (0..<3).map { number in Task.detached { trace.add("\(number)") } }
      for task in tasks { await task.value }
      return trace.events
    }
    #expect(orders.seen.count == 6)
    #expect(orders.isExhaustive)
  }

  // MARK: What a step wakes, and where it goes itself

  @Test func aReaderThatIsWokenMayReachTheClientBeforeTheErrorDoes() async throws {
    let orders = try await orders { await Client().exchange(readingFrom: .nowhere) }
    #expect(orders.seen == [["message", "error"], ["error", "message"]])
  }

  @Test func aReaderThatWakesOnTheTransportReachesTheClientAfterTheError() async throws {
    let orders = try await orders { await Client().exchange(readingFrom: .transport) }
    #expect(orders.seen == [["error", "message"]])
  }

  @Test func aTaskThatAStepMadeOnAGlobalActorIsThereBeforeTheStepsOwnHop() async throws {
    let orders = try await orders {
      let (corridor, trace) = (Corridor(), Trace())
      await corridor.makeTaskAndPassToHub(trace).value
      return trace.events
    }
    #expect(orders.seen == [["made", "passed"]])
  }
}

@MainActor private final class Tickets {
  private var given = 0

  nonisolated init() {}

  func next() -> Int {
    given += 1
    return given - 1
  }
}

/// Wakes its reader, and then fails to send.
private actor Transport {
  struct Broken: Error {}

  private var reader: UnsafeContinuation<Void, Never>?
  private var sender: UnsafeContinuation<Void, Never>?

  func store(_ continuation: UnsafeContinuation<Void, Never>) {
    reader = continuation
    sender?.resume()
  }

  func read() async {
    await withUnsafeContinuation { store($0) }
  }

  func readerIsThere() async {
    if reader == nil { await withUnsafeContinuation { sender = $0 } }
  }

  func send() throws {
    reader?.resume()
    throw Broken()
  }
}

/// Reads and sends at the same time.
private actor Client {
  /// On which executor the reader waits.
  enum Waiting {
    case nowhere, transport
  }

  private let transport = Transport()
  private var events: [String] = []

  func exchange(readingFrom place: Waiting) async -> [String] {
    async let reading: Void = read(from: place)
    await transport.readerIsThere()
    do { try await transport.send() } catch { events.append("error") }
    await reading
    return events
  }

  private func read(from place: Waiting) async {
    switch place {
    case .nowhere: await readOnNoActor()
    case .transport: await transport.read()
    }
    events.append("message")
  }

  nonisolated private func readOnNoActor() async {
    await withUnsafeContinuation { continuation in
      Task { await transport.store(continuation) }
    }
  }
}
