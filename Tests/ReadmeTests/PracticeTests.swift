import Foundation
import Interleave
import Testing

@Test(.controlled) func theLastOfThreeIsSearched() async {
  let clock = VirtualClock()
  let search = Search(debounce: .milliseconds(300), clock: clock)
  for text in ["s", "sw", "swi"] {
    await search.type(text)
    await clock.advance(by: .milliseconds(100))
  }
  #expect(await search.queries == [])
  await clock.advance(by: .milliseconds(200))
  #expect(await search.queries == ["swi"])
}

struct StoreFixture: Fixture {
  func setUp() async throws -> Store { try await Store.open() }
  func tearDown(_ store: Store) async throws { await store.close() }
}

@Test func bothAreKept() async throws {
  try await fuzz(with: StoreFixture()) { store in
    async let first: Void = store.write("a")
    await store.write("b")
    await first
    #expect(await store.values.count == 2)
  }
}

@Test(.fixture(StoreFixture()), .fuzzed(schedules: 50)) func soAreThoseOfATrait() async throws {
  let store = try StoreFixture.resource
  async let first: Void = store.write("a")
  await store.write("b")
  await first
  #expect(await store.values.count == 2)
}

@Test func stoppingEndsThePoller() async throws {
  try await expectNoLeftovers {
    let poller = Poller()
    await poller.start()
    await poller.stop()
  }
}

/// What the documentation shows of time, fixtures and left-overs.
struct PracticeTests {
  private let documentation = Result { try Documentation.text() }

  @Test(arguments: [
    "@Test(.controlled) func the", "struct StoreFixture", "@Test func both", "@Test func stopping",
  ])
  func theDeclarationsAreThoseThatRun(beginning: String) throws {
    let source = try String(contentsOf: URL(filePath: #filePath), encoding: .utf8)
    let start = try #require(source.range(of: beginning)?.lowerBound)
    let end = try #require(source[start...].range(of: "\n}\n")?.upperBound)
    #expect(try documentation.get().contains(source[start..<end]))
  }

  @Test func theIssueOfLeftoversIsTheOneThatIsRecorded() async throws {
    let shown = try documentation.get()
    try await withKnownIssue {
      try await expectNoLeftovers { await Poller().start() }
    } matching: { issue in
      #if DEBUG
        issue.comments.contains { shown.contains($0.rawValue) }
      #else
        issue.comments.contains { $0.rawValue.hasPrefix("the body has ended, but left something") }
      #endif
    }
  }
}
