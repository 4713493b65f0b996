import Interleave
import Testing

/// Stubs in ordinary tests, where nothing is fuzzed.
@Suite struct StubTests {
  @Test func aStubReturnsAValueAndRecordsItsCalls() async throws {
    let fetch = Stub<Int, String, String>("fetch", .returns("a"))
    #expect(try await fetch(1, "x") == "a")
    let call = try #require(fetch.calls.first)
    #expect(call.input == (1, "x"))
    #expect(try call.result?.get() == "a")
    #expect(call.task == "task #1")
    #expect(call.start == nil && call.end == nil)
    #expect(!call.isFault)
  }

  @Test func callsOfOneTaskAreOfOneTask() async throws {
    let fetch = NonthrowingStub<Int, Int>("fetch", .computes { $0 * 2 })
    #expect(await fetch(1) == 2)
    #expect(await Task { await fetch(2) }.value == 4)
    #expect(await fetch(3) == 6)
    #expect(fetch.calls.map(\.task) == ["task #1", "task #2", "task #1"])
  }

  @Test func aStubThrowsWhatItIsTold() async {
    let fetch = Stub<Int, String>("fetch", .throws(Offline()))
    await #expect(throws: Offline()) { try await fetch(1) }
    let typed = TypedStub<Int, String, Offline>("typed", .throws(Offline()))
    do throws(Offline) { _ = try await typed(1) } catch { #expect(error == Offline()) }
  }

  @Test func aStubAnswersInTurn() async throws {
    let fetch = Stub<Int, String>(
      "fetch", .inTurn(.throws(Offline()), .returns("a"), .computes { "\($0)" }))
    await #expect(throws: Offline()) { try await fetch(1) }
    #expect(try await fetch(2) == "a")
    #expect(try await fetch(3) == "3")
  }

  @Test func aCallAfterTheLastAnswerIsAnIssueAndGetsTheLastAgain() async throws {
    let count = NonthrowingStub<Int>("count", .returns(inTurn: 1, 2))
    let texts = try await issues {
      #expect(await [count(), count(), count()] == [1, 2, 2])
    }
    #expect(
      texts == [
        """
        `count` has 2 answers, but was called once more:
          1. count() -> 1 (task #1)
          2. count() -> 2 (task #1)
          3. count() has not ended (task #1)
        """
      ])
  }

  @Test func aStubMayDoSomething() async throws {
    let log = Box<[Int]>([])
    let save = Stub<Int, Void>(
      "save", .computes { await log.set((log.value ?? []) + [$0]) })
    try await save(1)
    try await save(2)
    #expect(await log.value == [1, 2])
  }

  @Test func whatNeverReturnsEndsWhenItIsCancelled() async throws {
    let fetch = Stub<Int, String>("fetch", .never)
    let task = Task { try await fetch(1) }
    try await fetch.waitForCalls()
    task.cancel()
    await #expect(throws: CancellationError.self) { try await task.value }
    fetch.expectEachCallEnded()
  }

  @Test func whatIsAlreadyCancelledDoesNotWait() async throws {
    let fetch = Stub<Int, String>("fetch", .whenReleased(.returns("a")))
    let task = Task {
      withUnsafeCurrentTask { $0?.cancel() }
      return try await fetch(1)
    }
    await #expect(throws: CancellationError.self) { try await task.value }
  }

  @Test func aCallGoesOnWhenItIsReleased() async throws {
    let fetch = NonthrowingStub<Int, Int>("fetch", .whenReleased(.computes { $0 }))
    let first = Task { await fetch(1) }
    try await fetch.waitForCalls()
    let second = Task { await fetch(2) }
    try await fetch.waitForCalls(2)
    #expect(fetch.calls.allSatisfy { $0.result == nil })
    fetch.release()
    #expect(await first.value == 1)
    #expect(fetch.calls.map { $0.result == nil } == [false, true])
    fetch.releaseAll()
    #expect(await second.value == 2)
    #expect(await fetch(3) == 3)
  }

  @Test func aReleaseCountsForALaterCall() async {
    let fetch = NonthrowingStub<Int>("fetch", .whenReleased(.returns(1)))
    fetch.release()
    #expect(await fetch() == 1)
  }

  @Test func waitingForACallEndsWithCancellation() async {
    let fetch = NonthrowingStub<Int>("fetch", .returns(1))
    let task = Task { try await fetch.waitForCalls() }
    task.cancel()
    await #expect(throws: CancellationError.self) { try await task.value }
  }

  @Test func aStubIsAClosure() async throws {
    let fetch = Stub<Int, String>("fetch", .returns("a"))
    let closure: @Sendable (Int) async throws -> String = fetch.callAsFunction
    #expect(try await closure(1) == "a")
    fetch.expectAwaitedOnce(with: 1)
  }

  @Test func aDoubleForwardsToStubsWhetherOrNotItThrows() async throws {
    let server = ServerDouble()
    #expect(try await server.user(1) == "user 1")
    #expect(await server.userCount == 3)
    server.fetch.expectAwaitedOnce(with: 1)
    server.count.expectAwaited(times: 1)
  }

  @Test func latencyAndFaultsAreOfFuzzedRunsAlone() async throws {
    let fetch = Stub<Int, String>(
      "fetch", .returns("a"), latency: .seconds(3600) ... .seconds(7200),
      faults: [Offline(), Busy()])
    for number in 0..<20 { #expect(try await fetch(number) == "a") }
    fetch.expectAwaited(times: 20)
  }
}

private protocol Server: Sendable {
  func user(_ id: Int) async throws -> String
  var userCount: Int { get async }
}

private struct ServerDouble: Server {
  let fetch = Stub<Int, String>("fetch", .computes { id in "user \(id)" })
  let count = NonthrowingStub<Int>("count", .returns(3))

  func user(_ id: Int) async throws -> String { try await fetch(id) }
  var userCount: Int { get async { await count() } }
}
