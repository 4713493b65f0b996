import Foundation
import Interleave
import Testing

private struct Offline: Error {}

/// Loads each user once, however many ask at the same time; a load that failed is tried again.
private actor UserCache {
  private let load: @Sendable (Int) async throws -> String
  private var loads: [Int: Task<String, any Error>] = [:]

  init(load: @escaping @Sendable (Int) async throws -> String) {
    self.load = load
  }

  func name(of id: Int) async throws -> String {
    let task = loads[id] ?? Task { [load] in try await load(id) }
    loads[id] = task
    do {
      return try await task.value
    } catch {
      if loads[id] == task { loads[id] = nil }
      throw error
    }
  }
}

/// Shows the answer to the last query, whichever comes last.
private actor SearchBox {
  private let find: @Sendable (String) async -> String
  private var query = ""
  private(set) var shown = ""

  init(find: @escaping @Sendable (String) async -> String) {
    self.find = find
  }

  func search(_ text: String) async {
    query = text
    let answer = await find(text)
    if query == text { shown = answer }
  }
}

@Test func loadsEachUserOnce() async throws {
  try await fuzz {
    let fetch = Stub<Int, String>(
      "fetch", .computes { "user \($0)" }, latency: .zero ... .seconds(1), faults: [Offline()])
    let users = UserCache(load: fetch.callAsFunction)
    async let first = users.name(of: 1)
    async let second = users.name(of: 1)
    _ = try? await (first, second)
    fetch.expectOverlap(atMost: 1)
    fetch.expectAwaited(with: 1)
  }
}

@Test func aLateAnswerDoesNotReplaceANewerOne() async throws {
  try await interleave("asked a", "asked ab", "answered ab", "answered a") {
    let find = NonthrowingStub<String, String>(
      "find",
      .computes { text in
        await checkpoint("asked \(text)")
        await checkpoint("answered \(text)")
        return "results for \(text)"
      })
    let box = SearchBox(find: find.callAsFunction)
    async let first: Void = box.search("a")
    async let second: Void = box.search("ab")
    _ = await (first, second)
    #expect(await box.shown == "results for ab")
  }
}

/// What the documentation shows of doubles and orders is what is run here.
struct ReadmeDoublesTests {
  @Test(arguments: ["loadsEachUserOnce", "aLateAnswerDoesNotReplaceANewerOne"])
  func theTestIsTheOneInTheReadme(name: String) throws {
    let file = URL(filePath: #filePath)
    let source = try String(contentsOf: file, encoding: .utf8)
    let start = try #require(source.range(of: "@Test func \(name)")?.lowerBound)
    let end = try #require(source[start...].range(of: "\n}\n")?.upperBound)
    #expect(try Documentation.text().contains(source[start..<end]))
  }
}
