import Interleave
import Synchronization
import Testing

/// What can be opened and must be closed.
private actor Store {
  private(set) var isOpen = true
  private(set) var writes = 0

  func write() { if isOpen { writes += 1 } }
  func close() { isOpen = false }
}

/// What happens in fixtures, natively and in runs.
private final class Events: Sendable {
  private let list = Mutex<[String]>([])

  var all: [String] { list.withLock { $0 } }
  func add(_ event: String) { list.withLock { $0.append(event) } }
}

private struct Broken: Error, CustomStringConvertible {
  var description: String { "Broken" }
}

/// A fixture that takes down what it does.
private func recorded(
  _ events: Events, setUpThrows: Bool = false, tearDownThrows: Bool = false
) -> ClosureFixture<Int> {
  ClosureFixture {
    if setUpThrows { throw Broken() }
    events.add("up")
    return 7
  } tearDown: {
    await Task.yield()
    events.add("down \($0)\(Task.isCancelled ? ", cancelled" : "")")
    if tearDownThrows { throw Broken() }
  }
}

/// Set-up and tear-down around bodies.
@Suite struct FixtureTests {
  // MARK: Natively

  @Test func theBodyHasTheResourceAndItIsTornDown() async throws {
    let events = Events()
    let result = try await withFixture(recorded(events)) { number in
      events.add("body \(number)")
      return number + 1
    }
    #expect(result == 8)
    #expect(events.all == ["up", "body 7", "down 7"])
  }

  @Test func itIsTornDownWhenTheBodyThrows() async {
    let events = Events()
    await #expect(throws: Broken.self) {
      try await withFixture(recorded(events)) { _ in throw Broken() }
    }
    #expect(events.all == ["up", "down 7"])
  }

  @Test func itIsTornDownUncancelledWhenTheTaskIsCancelled() async {
    let events = Events()
    let task = Task {
      try await withFixture(recorded(events)) { _ in try await Task.sleep(for: .seconds(3_600)) }
    }
    task.cancel()
    await #expect(throws: CancellationError.self) { try await task.value }
    #expect(events.all == ["up", "down 7"])
  }

  @Test func aSetUpThatThrowsIsNamedAndNothingIsTornDown() async {
    let events = Events()
    let error = await #expect(throws: FixtureError.self) {
      try await withFixture(recorded(events, setUpThrows: true)) { _ in events.add("body") }
    }
    #expect(error?.description == "the set-up of `ClosureFixture<Int>` threw Broken")
    #expect(error?.underlying is Broken)
    #expect(events.all == [])
  }

  @Test func aTearDownThatThrowsIsNamed() async {
    let fixture = recorded(Events(), tearDownThrows: true)
    let alone = await #expect(throws: FixtureError.self) { try await withFixture(fixture) { _ in } }
    #expect(alone?.description == "the tear-down of `ClosureFixture<Int>` threw Broken")
    let second = await #expect(throws: FixtureError.self) {
      try await withFixture(fixture) { _ in throw Broken() }
    }
    #expect(
      second?.description
        == "the body threw Broken, and then the tear-down of `ClosureFixture<Int>` threw Broken")
    #expect(second?.bodyError is Broken)
  }

  @Test func whatEndsATestEarlyIsPassedOn() async {
    let fixture = ClosureFixture<Void> {
      throw CancellationError()
    } tearDown: { _ in
    }
    await #expect(throws: CancellationError.self) { try await withFixture(fixture) { _ in } }
  }

  // MARK: In runs

  @Test func eachRunHasItsOwn() async throws {
    let events = Events()
    var configuration = FuzzConfiguration()
    configuration.schedules = 30
    configuration.corpus = .none
    let fixture = ClosureFixture {
      events.add("up")
      return Store()
    } tearDown: { store in
      await store.close()
      events.add("down")
    }
    let report = try await fuzz(with: fixture, configuration) { store in
      async let other: Void = store.write()
      await store.write()
      await other
      #expect(await store.writes == 2)
    }
    #expect(report.schedules == 30)
    // The second and the tenth are run again, to see that they repeat.
    #expect(events.all == Array(repeating: ["up", "down"], count: 30 + 2).flatMap(\.self))
  }

  /// Fuzzes with a fixture under a fixed seed.
  private func fuzzed<Needed: Fixture>(
    with fixture: Needed, _ body: @escaping @Sendable (Needed.Resource) async throws -> Void
  ) async -> FuzzOutcome {
    var configuration = FuzzConfiguration()
    configuration.schedules = 200
    configuration.seed = 1
    configuration.corpus = .none
    return await Fuzzer(configuration).run(named: #function, with: fixture, body)
  }

  @Test(arguments: ["throws", "expects", "is cancelled"])
  func itIsTornDownInEachRunThatFails(how: String) async throws {
    let events = Events()
    let outcome = await fuzzed(with: recorded(events)) { _ in
      let bank = Bank(balance: 100)
      await withdrawTwice(from: bank)
      guard await bank.balance < 0 else { return }
      if how == "throws" { throw Broken() }
      if how == "expects" { #expect(Bool(false), "overdrawn") }
      if how == "is cancelled" {
        withUnsafeCurrentTask { $0?.cancel() }
        try Task.checkCancellation()
      }
    }
    #expect(outcome.failure != nil)
    #expect(events.all.count { $0 == "up" } == events.all.count { $0 == "down 7" })
  }

  @Test func setUpAndTearDownTakePartInTheSchedule() async throws {
    let fixture = ClosureFixture {
      let store = Store()
      Task { await store.write() }
      return store
    } tearDown: {
      await $0.close()
    }
    let outcome = await fuzzed(with: fixture) { store in
      #expect(await store.writes == 1, "the set-up's own task has not written yet")
    }
    #expect(try #require(outcome.failure).kind == .expectation)
  }

  @Test func aTearDownThatLeavesATaskBehindIsALeak() async throws {
    let fixture = ClosureFixture {
      Store()
    } tearDown: { store in
      await store.close()
      Task { await withUnsafeContinuation { (_: UnsafeContinuation<Void, Never>) in } }
    }
    let outcome = await fuzzed(with: fixture) { await $0.write() }
    let failure = try #require(outcome.failure)
    #expect(failure.kind == .leakedTask)
    #expect(
      failure.message.hasPrefix("after tear-down, tasks of the run are still waiting:"),
      "\(failure)")
    #expect(failure.message.contains("FixtureTests.swift"))
  }

  @Test func aTearDownThatThrowsFailsTheRun() async throws {
    let fixture = recorded(Events(), tearDownThrows: true)
    let outcome = await fuzzed(with: fixture) { _ in }
    let failure = try #require(outcome.failure)
    #expect(failure.kind == .thrownError)
    #expect(
      failure.message == "the body threw the tear-down of `ClosureFixture<Int>` threw Broken"
        || failure.message == "the tear-down of `ClosureFixture<Int>` threw Broken")
  }

  @Test func aRaceOfTheTearDownIsFound() async throws {
    let fixture = ClosureFixture {
      Store()
    } tearDown: { store in
      await store.close()
      #expect(await store.writes == 1, "closed before the last write")
    }
    let outcome = await fuzzed(with: fixture) { store in Task { await store.write() } }
    let failure = try #require(outcome.failure)
    #expect(failure.kind == .expectation)
    #expect(failure.message.contains("closed before the last write"))
  }
}
