import Interleave
import Testing

/// What is said of a stub afterwards: nothing where it holds, the calls where it does not.
@Suite struct StubExpectationTests {
  private let fetch = Stub<Int, String, Bool>("fetch", .computes { number, _ in number > 1 })

  private func callTwice() async throws {
    _ = try await fetch(1, "a")
    _ = try await fetch(2, "b")
  }

  private static let calls = """
    :
      1. fetch(1, "a") -> false (task #1)
      2. fetch(2, "b") -> true (task #1)
    """

  @Test func whatHoldsSaysNothing() async throws {
    fetch.expectNeverAwaited()
    fetch.expectAwaited(times: 0)
    _ = try await fetch(1, "a")
    fetch.expectAwaitedOnce()
    fetch.expectAwaitedOnce(with: 1, "a")
    _ = try await fetch(2, "b")
    fetch.expectAwaited()
    fetch.expectAwaited(times: 2)
    fetch.expectAwaited(with: 2, "b")
    fetch.expectAwaited(inOrder: (1, "a"), (2, "b"))
    fetch.expectOverlap(atMost: 1)
    fetch.expectEachCallEnded()
  }

  @Test func awaited() async throws {
    let texts = try await issues { fetch.expectAwaited() }
    #expect(texts == ["`fetch` must have been awaited (was awaited never)"])
  }

  @Test func neverAwaited() async throws {
    try await callTwice()
    let texts = try await issues { fetch.expectNeverAwaited() }
    #expect(
      texts == ["`fetch` must never have been awaited (was awaited 2 times)" + Self.calls])
  }

  @Test func awaitedOnce() async throws {
    try await callTwice()
    let texts = try await issues { fetch.expectAwaitedOnce() }
    #expect(
      texts == ["`fetch` must have been awaited once (was awaited 2 times)" + Self.calls])
  }

  @Test func awaitedSoManyTimes() async throws {
    try await callTwice()
    let texts = try await issues { fetch.expectAwaited(times: 3) }
    #expect(
      texts == ["`fetch` must have been awaited 3 times (was awaited 2 times)" + Self.calls])
  }

  @Test func awaitedWithArguments() async throws {
    try await callTwice()
    let texts = try await issues { fetch.expectAwaited(with: 2, "a") }
    #expect(
      texts == [
        "`fetch` must have been awaited with (2, \"a\") (was awaited 2 times)" + Self.calls
      ])
  }

  @Test func awaitedOnceWithArguments() async throws {
    try await callTwice()
    let texts = try await issues { fetch.expectAwaitedOnce(with: 1, "a") }
    #expect(
      texts == [
        "`fetch` must have been awaited once, with (1, \"a\") (was awaited 2 times)" + Self.calls
      ])
  }

  @Test func awaitedInOrder() async throws {
    try await callTwice()
    for texts in [
      try await issues { fetch.expectAwaited(inOrder: (2, "b"), (1, "a")) },
      try await issues { fetch.expectAwaited(inOrder: (1, "a")) },
    ] {
      #expect(texts.count == 1)
      #expect(texts.first?.hasPrefix("`fetch` must have been awaited in the order (") == true)
      #expect(texts.first?.hasSuffix(Self.calls) == true)
    }
  }

  @Test func awaitedInOrderWithOneArgument() async throws {
    let fetch = NonthrowingStub<Int, Int>("fetch", .computes { $0 })
    _ = await (fetch(2), fetch(3))
    fetch.expectAwaited(inOrder: 2, 3)
    let texts = try await issues { fetch.expectAwaited(inOrder: 3, 2) }
    #expect(
      texts == [
        """
        `fetch` must have been awaited in the order (3), (2) (was awaited 2 times):
          1. fetch(2) -> 2 (task #1)
          2. fetch(3) -> 3 (task #1)
        """
      ])
  }

  @Test func overlapAndEachCallEnded() async throws {
    let fetch = Stub<Int, Void>("fetch", .whenReleased(.throws(Offline())))
    let tasks = (1...2).map { number in Task { try await fetch(number) } }
    try await fetch.waitForCalls(2)
    let overlap = try await issues { fetch.expectOverlap(atMost: 1) }
    #expect(
      overlap.first?.hasPrefix("`fetch` must have at most 1 call at the same time (was 2):") == true
    )
    let ended = try await issues { fetch.expectEachCallEnded() }
    #expect(ended.first?.hasPrefix("each call of `fetch` must have ended (2 have not):") == true)
    fetch.releaseAll()
    for task in tasks { await #expect(throws: Offline()) { try await task.value } }
    fetch.expectOverlap(atMost: 2)
    fetch.expectEachCallEnded()
  }

  @Test func errorsAreListed() async throws {
    let save = Stub<Int, Void>("save", .inTurn(.throws(Offline()), .returns(())))
    await #expect(throws: Offline()) { try await save(1) }
    let texts = try await issues {
      try await save(2)
      save.expectNeverAwaited()
    }
    #expect(
      texts == [
        """
        `save` must never have been awaited (was awaited 2 times):
          1. save(1) threw Offline() (task #1)
          2. save(2) (task #1)
        """
      ])
  }
}
