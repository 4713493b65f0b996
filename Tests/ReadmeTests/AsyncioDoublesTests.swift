import Interleave
import Testing

private struct Offline: Error, Equatable {}

/// asyncio's `AsyncMock`, row by row of the README's table.
struct AsyncioDoublesTests {
  // MARK: Async mock

  @Test func aStubAnswersAsItIsTold() async throws {
    let fetch = Stub<Int, String>("fetch", .returns("a"))
    #expect(try await fetch(1) == "a")
  }

  // MARK: `patch`

  @Test func aStubIsHandedInAsAClosure() async throws {
    struct Page: Sendable {
      let load: @Sendable (Int) async throws -> String
    }
    let fetch = Stub<Int, String>("fetch", .returns("a"))
    let page = Page(load: fetch.callAsFunction)
    #expect(try await page.load(1) == "a")
    fetch.expectAwaitedOnce(with: 1)
  }

  // MARK: `side_effect`: an exception

  @Test func aStubThrowsWhatItIsTold() async {
    let fetch = Stub<Int, String>("fetch", .throws(Offline()))
    await #expect(throws: Offline()) { try await fetch(1) }
  }

  // MARK: `side_effect`: a list

  @Test func aStubAnswersInTurn() async throws {
    let names = Stub<Int, String>("names", .returns(inTurn: "a", "b"))
    #expect(try await [names(1), names(1)] == ["a", "b"])
    let fetch = Stub<Int, String>("fetch", .inTurn(.throws(Offline()), .returns("b")))
    await #expect(throws: Offline()) { try await fetch(1) }
    #expect(try await fetch(1) == "b")
    // One call too many is an issue.
    await withKnownIssue { _ = try await fetch(1) }
  }

  // MARK: `side_effect`: an async function

  @Test func aStubComputesItsAnswer() async throws {
    let fetch = Stub<Int, String>(
      "fetch",
      .computes { id in
        await Task.yield()
        return "user \(id)"
      })
    #expect(try await fetch(2) == "user 2")
  }

  // MARK: `assert_awaited`

  @Test func aCallIsAsked() async throws {
    let fetch = Stub<Int, String>("fetch", .returns("a"))
    withKnownIssue { fetch.expectAwaited() }
    _ = try await fetch(1)
    fetch.expectAwaited()
  }

  // MARK: `assert_awaited_once`

  @Test func oneCallIsAsked() async throws {
    let fetch = Stub<Int, String>("fetch", .returns("a"))
    _ = try await fetch(1)
    fetch.expectAwaitedOnce()
    _ = try await fetch(1)
    withKnownIssue { fetch.expectAwaitedOnce() }
  }

  // MARK: `assert_awaited_with`

  @Test func theLastCallIsAskedForItsArguments() async throws {
    let fetch = Stub<Int, String>("fetch", .returns("a"))
    _ = try await fetch(1)
    _ = try await fetch(2)
    #expect(fetch.calls.last?.input == 2)
    withKnownIssue { #expect(fetch.calls.last?.input == 1) }
  }

  // MARK: `assert_awaited_once_with`

  @Test func theOnlyCallIsAskedForItsArguments() async throws {
    let fetch = Stub<Int, String>("fetch", .returns("a"))
    _ = try await fetch(1)
    fetch.expectAwaitedOnce(with: 1)
    withKnownIssue { fetch.expectAwaitedOnce(with: 2) }
    _ = try await fetch(1)
    withKnownIssue { fetch.expectAwaitedOnce(with: 1) }
  }

  // MARK: `assert_any_await`

  @Test func someCallHadTheArguments() async throws {
    let fetch = Stub<Int, String>("fetch", .returns("a"))
    _ = try await fetch(1)
    _ = try await fetch(2)
    fetch.expectAwaited(with: 1)
    withKnownIssue { fetch.expectAwaited(with: 3) }
  }

  // MARK: `assert_has_awaits`

  @Test func callsFollowOneAnother() async throws {
    let fetch = Stub<Int, String>("fetch", .returns("a"))
    for id in 1...3 { _ = try await fetch(id) }
    fetch.expectAwaited(inOrder: 1, 2, 3)
    #expect(fetch.calls.map { $0.input }.contains([2, 3]))
    withKnownIssue { fetch.expectAwaited(inOrder: 2, 3) }
    withKnownIssue { #expect(fetch.calls.map { $0.input }.contains([3, 2])) }
  }

  // MARK: `assert_not_awaited`

  @Test func noCallIsAsked() async throws {
    let fetch = Stub<Int, String>("fetch", .returns("a"))
    fetch.expectNeverAwaited()
    _ = try await fetch(1)
    withKnownIssue { fetch.expectNeverAwaited() }
  }

  // MARK: `await_count`

  @Test func callsAreCounted() async throws {
    let fetch = Stub<Int, String>("fetch", .returns("a"))
    for id in 1...2 { _ = try await fetch(id) }
    #expect(fetch.calls.count == 2)
    fetch.expectAwaited(times: 2)
    withKnownIssue { fetch.expectAwaited(times: 3) }
  }

  // MARK: `await_args`

  @Test func theLastCallTellsWhatItWasGivenAndWhatCameOfIt() async throws {
    let save = Stub<Int, String, Void>("save", .returns(()))
    try await save(1, "a")
    let call = try #require(save.calls.last)
    #expect(call.input.0 == 1 && call.input.1 == "a")
    #expect(throws: Never.self) { try call.result?.get() }
  }

  // MARK: `await_args_list`

  @Test func allArgumentsAreListed() async throws {
    let fetch = Stub<Int, String>("fetch", .returns("a"))
    for id in 1...3 { _ = try await fetch(id) }
    #expect(fetch.calls.map { $0.input } == [1, 2, 3])
  }

  // MARK: `reset_mock`

  @Test func aStubBeginsAnewWithEachRun() async throws {
    let fetch = Stub<Int, String>("fetch", .returns("a"))
    try await fuzz(named: "anew") {
      async let first = fetch(1)
      async let second = fetch(2)
      _ = try await (first, second)
      fetch.expectAwaited(times: 2)
    }
  }

  @Test func laterCallsAreToldFromEarlierOnes() async throws {
    let fetch = Stub<Int, String>("fetch", .returns("a"))
    _ = try await fetch(1)
    let before = fetch.calls.count
    _ = try await fetch(2)
    #expect(fetch.calls.dropFirst(before).map { $0.input } == [2])
  }

  // MARK: Mocked `__aiter__`

  @Test func aSequenceDeliversWhatItIsTold() async throws {
    let prices = StubSequence<Int>("prices", [3, 1], then: .finishes)
    var seen: [Int] = []
    for try await price in prices { seen.append(price) }
    #expect(seen == [3, 1])
    prices.expectReceived(3, 1)
    prices.expectEnded()
    withKnownIssue { prices.expectReceived(3) }
  }

  @Test func aSequenceFails() async {
    let prices = StubSequence<Int>("prices", [3], then: .fails(Offline()))
    await #expect(throws: Offline()) { for try await _ in prices {} }
  }

  // MARK: Mocked `__aenter__`, `__aexit__`

  @Test func aResourceIsClosedOnEveryPath() async throws {
    let connections = StubResource("connection")
    await #expect(throws: Offline()) {
      try await connections.with { _ in throw Offline() }
    }
    connections.expectAllClosed()
    _ = try await connections.open()
    withKnownIssue { connections.expectAllClosed() }
  }
}
