import Testing

@testable import Interleave

private actor Shop {
  var count = 0
  var name = "corner"
  var prices: [String: Int] = ["b": 2, "a": 1]
  var queue: [Int] = []
  var owner: Person?
  var state = State.open
  var note = Note(text: "x", pages: 1)
  let id = Identity()

  struct Note {
    var text: String
    var pages: Int
  }

  enum State {
    case open
    case closed(Int)
  }

  func change(_ body: @Sendable (isolated Shop) -> Void) { body(self) }
}

private final class Person: Sendable {}
private final class Identity: Sendable {}

@Suite struct StoredPropertiesTests {
  /// What is noticed of a change.
  private func changes(_ change: @escaping @Sendable (isolated Shop) -> Void) async -> [String] {
    let shop = Shop()
    let before = StoredProperties(of: shop)
    await shop.change(change)
    return StoredProperties(of: shop).changes(since: before)
      .map { "\($0.property): \($0.before) → \($0.after)" }
  }

  @Test func nothingIsSaidOfWhatStaysTheSame() async {
    #expect(await changes { _ in } == [])
    #expect(await changes { $0.count = 0 } == [])
  }

  @Test func eachPropertyThatChangedIsNamed() async {
    let changes = await changes {
      $0.count = 5
      $0.name = "big"
    }
    #expect(changes == ["count: 0 → 5", "name: \"corner\" → \"big\""])
  }

  @Test func collectionsAreInAnOrderThatDoesNotDependOnHashing() async {
    let changes = await changes {
      $0.queue = [3, 1]
      $0.prices["c"] = 3
    }
    #expect(changes.contains("queue: [] → [3, 1]"))
    #expect(
      changes.contains(#"prices: ["a": 1, "b": 2] → ["a": 1, "b": 2, "c": 3]"#), "\(changes)")
  }

  @Test func longCollectionsAreCounted() async {
    #expect(
      await changes { $0.queue = Array(100..<200) } == ["queue: [] → 100 elements"])
  }

  @Test func objectsAreNamedByTheirTypeAndNotByAnAddress() async {
    #expect(await changes { $0.owner = Person() } == ["owner: nil → Person"])
  }

  @Test func structuresAndCasesArePrinted() async {
    let changes = await changes {
      $0.state = .closed(2)
      $0.note.pages = 4
    }
    #expect(
      changes == [
        "state: open → .closed(2)",
        "note: Note(text: \"x\", pages: 1) → Note(text: \"x\", pages: 4)",
      ])
  }

  @Test func longTextsAreCut() async {
    let changes = await changes { $0.name = String(repeating: "y", count: 500) }
    #expect(changes.count == 1)
    #expect(changes.allSatisfy { $0.count < 100 && $0.hasSuffix("...") })
  }
}
