import Foundation
import Interleave
import Testing

private struct Offline: Error, Equatable {}

/// Counts.
private actor Counter {
  private(set) var count = 0
  func add() { count += 1 }
}

/// asyncio's test cases, time, orders and tasks, row by row of the README's table.
struct AsyncioFlowTests {
  // MARK: Async test case

  @Test(.controlled) func aTestRunsOnceInAFixedOrder() async throws {
    let store = try await Store.open()
    await store.write("a")
    #expect(await store.values == ["a"])
  }

  @Test(.fuzzed) func aTestRunsInEveryOrder() async throws {
    let store = try await Store.open()
    async let first: Void = store.write("a")
    await store.write("b")
    await first
    #expect(await store.values.sorted() == ["a", "b"])
  }

  // MARK: Clean-up, context entered by a test

  @Test func whatIsSetUpIsTornDown() async throws {
    let closed = Counter()
    let server = ClosureFixture {
      Store()
    } tearDown: { _ in
      await closed.add()
    }
    await #expect(throws: Offline()) {
      try await withFixture(server) { _ in throw Offline() }
    }
    #expect(await closed.count == 1)
  }

  // MARK: Patched sleep

  @Test(.controlled) func anHourIsOverAtOnce() async throws {
    let start = ContinuousClock.now
    try await Task.sleep(for: .seconds(3600))
    #expect(ContinuousClock.now - start >= .seconds(3600))
  }

  // MARK: Patched date and loop time

  @Test(.controlled) func datesAreThoseOfTheRun() async throws {
    let start = Date()
    try await Task.sleep(for: .seconds(3600))
    #expect(abs(Date().timeIntervalSince(start) - 3600) < 0.001)
  }

  // MARK: Advanced time

  @Test(.controlled) func timeMovesWhenItIsMoved() async {
    let clock = VirtualClock()
    let search = Search(debounce: .milliseconds(300), clock: clock)
    await search.type("swift")
    await clock.advance(by: .milliseconds(299))
    #expect(await search.queries == [])
    await clock.advance(by: .milliseconds(1))
    #expect(await search.queries == ["swift"])
  }

  // MARK: `sleep(0)` until others have run

  @Test(.controlled) func othersGoAsFarAsTheyCan() async {
    let counter = Counter()
    Task { for _ in 0..<100 { await counter.add() } }
    await waitUntilIdle()
    #expect(await counter.count == 100)
  }

  // MARK: Forced order, `Event`

  @Test func pointsAreReachedInTheOrderThatIsWrittenDown() async throws {
    try await interleave("paid", "shipped") {
      let events = StubSequence<String>("events")
      async let shipping: Void = {
        await checkpoint("shipped")
        events.send("shipped")
      }()
      await checkpoint("paid")
      events.send("paid")
      await shipping
      events.finish()
      for try await _ in events {}
      events.expectReceived("paid", "shipped")
    }
  }

  @Test func allInterleavingsWithThatOrderAreTried() async throws {
    try await fuzz(ordering: "paid" < "shipped") {
      let store = Store()
      async let shipping: Void = {
        await checkpoint("shipped")
        await store.write("shipped")
      }()
      await store.write("paid")
      await checkpoint("paid")
      await shipping
      #expect(await store.values == ["paid", "shipped"])
    }
  }

  // MARK: Forced order, `Barrier`

  @Test func callsAreHeldUntilAllAreThere() async throws {
    let fetch = Stub<Int, String>("fetch", .whenReleased(.returns("a")))
    async let first = fetch(1)
    async let second = fetch(2)
    try await fetch.waitForCalls(2)
    fetch.releaseAll()
    #expect(try await [first, second] == ["a", "a"])
  }

  // MARK: Parameterised test

  @Test(.fuzzed(schedules: 50), arguments: [1, 2, 3])
  func eachCaseIsFuzzed(tasks: Int) async {
    let counter = Counter()
    await withTaskGroup { group in
      for _ in 0...tasks { group.addTask { await counter.add() } }
    }
    #expect(await counter.count == tasks + 1)
  }

  // MARK: Generated inputs

  @Test func inputsAreDrawn() async throws {
    try await fuzz(over: .int(in: 1...100)) { amount in
      let bank = Bank(balance: 0)
      async let first = bank.deposit(amount)
      async let second = bank.deposit(amount)
      _ = await (first, second)
      #expect(await bank.balance == 2 * amount)
    }
  }

  // MARK: Repeated runs

  @Test(.fuzzed(schedules: 200)) func aTestIsRepeatedInOtherOrders() async {
    let counter = Counter()
    async let first: Void = counter.add()
    await counter.add()
    await first
    #expect(await counter.count == 2)
  }

  // MARK: `gather` of many

  @Test func aHundredRunAtTheSameTime() async throws {
    try await fuzz(.few) {
      let bank = Bank(balance: 0)
      let results = await withTaskGroup { group in
        for _ in 0..<100 { group.addTask { await bank.deposit(1) } }
        return await group.reduce(into: []) { $0.append($1) }
      }
      #expect(results.count == 100)
      #expect(await bank.balance == 100)
    }
  }

  // MARK: `gather(return_exceptions=True)`

  @Test func errorsAreResults() async throws {
    try await fuzz(.few) {
      let fetch = Stub<Int, Int>("fetch", .inTurn(.returns(1), .throws(Offline())))
      let tasks = (0..<2).map { id in Task { try await fetch(id) } }
      var failed = 0
      for task in tasks { if case .failure = await task.result { failed += 1 } }
      #expect(failed == 1)
    }
  }

  // MARK: `TaskGroup`

  @Test func oneErrorCancelsTheGroup() async throws {
    try await fuzz(.few) {
      let fetch = Stub<Int, Void>("fetch", .never)
      await #expect(throws: Offline()) {
        try await withThrowingTaskGroup { group in
          group.addTask { try await fetch(1) }
          group.addTask { throw Offline() }
          for try await _ in group {}
        }
      }
      fetch.expectEachCallEnded()
    }
  }

  // MARK: Cancelled task

  @Test func aCancelledTaskThrows() async throws {
    let fetch = Stub<Int, Void>("fetch", .never)
    let task = Task { try await fetch(1) }
    try await fetch.waitForCalls()
    task.cancel()
    await #expect(throws: CancellationError.self) { try await task.value }
  }

  // MARK: Cancelled at every `await`

  @Test func cancellationComesAtAnyMoment() async throws {
    var configuration = FuzzConfiguration()
    configuration.cancellation = .anyTask
    try await fuzz(configuration) {
      let connections = StubResource("connection")
      let user = Task { try await connections.with { _ in await Task.yield() } }
      _ = await user.result
      connections.expectAllClosed()
    }
  }

  // MARK: Shielded clean-up

  @Test func cleanUpThatMustNotBeCancelledHasATaskOfItsOwn() async throws {
    var configuration = FuzzConfiguration()
    configuration.cancellation = .anyTask
    configuration.schedules = 200
    try await fuzz(configuration) {
      let flush = Stub<Int, Void>("flush", .returns(()))
      let writer = Task {
        await Task.yield()
        await Task { try? await flush(1) }.value
      }
      await writer.value
      flush.expectAwaitedOnce()
    }
  }
}

extension FuzzConfiguration {
  /// A few schedules: of large bodies.
  fileprivate static var few: FuzzConfiguration {
    var configuration = FuzzConfiguration()
    configuration.schedules = 20
    return configuration
  }
}
