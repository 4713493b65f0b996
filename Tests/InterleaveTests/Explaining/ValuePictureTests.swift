import Testing

@testable import Interleave

/// What is said of two values that are not the same.
@Suite struct ValuePictureTests {
  private func change(_ before: Any, _ after: Any) -> [String]? {
    ValuePicture(after).change(since: ValuePicture(before)).map { [$0.before, $0.after] }
  }

  @Test func valuesThatAreTheSameAreNoChange() {
    #expect(change(1, 1) == nil)
    #expect(change(["a": [1]], ["a": [1]]) == nil)
    #expect(change("x", "x") == nil)
  }

  @Test func shortValuesAreToldWhole() {
    #expect(change(1, 2) == ["1", "2"])
    #expect(change("a", "b") == ["\"a\"", "\"b\""])
    #expect(change(Int?.none as Any, 4) == ["nil", "4"])
  }

  @Test func ofLongTextsTheDifferenceIsToldOnBothSides() {
    let text = String(repeating: "lorem ipsum ", count: 100)
    #expect(
      change(text + "old" + text, text + "new" + text)
        == ["...m ipsum oldlorem ip...", "...m ipsum newlorem ip..."])
  }

  @Test func aChangeDeepWithinACollectionCounts() {
    let before = ["q": ["a", "b", "c", "d"].map { [$0: String(repeating: $0, count: 30)] }]
    var after = before
    after["q"]?.remove(at: 1)
    #expect(change(before, after) == ["[\"q\": 4 elements]", "[\"q\": 3 elements]"])
    after = before
    after["q"]?[2]["c"]?.append("!")
    let words = change(before, after)
    #expect(words?[0] != words?[1], "\(words ?? [])")
    #expect(words?[1].contains("ccc!") == true, "\(words ?? [])")
  }

  @Test func aChangeFarBackInALongListCounts() {
    var numbers = Array(0..<1_000_000)
    let before = ValuePicture(numbers)
    numbers[999_999] = 0
    #expect(ValuePicture(numbers).change(since: before) != nil)
  }

  @Test func whereFewPartsAreLookedAtTheOthersAreCounted() {
    var lists = Array(repeating: [0], count: 200)
    let before = (all: ValuePicture(lists), few: ValuePicture(lists, parts: 100))
    lists[199] = [1]
    #expect(ValuePicture(lists).change(since: before.all) != nil)
    #expect(ValuePicture(lists, parts: 100).change(since: before.few) == nil)
    lists.append([0])
    let change = ValuePicture(lists, parts: 100).change(since: before.few)
    #expect(change?.before == "200 elements" && change?.after == "201 elements")
  }

  @Test func amongObjectsEachIsNamedByItsOwnType() {
    let task = Task {}
    #expect(change([Base()], [Derived()]) == ["[Base]", "[Derived]"])
    #expect(
      change([Base(), Derived()], [Derived(), Base()]) == ["[Base, Derived]", "[Derived, Base]"])
    #expect(change([Named(name: "a")], [Named(name: "b")]) == ["[a]", "[b]"])
    #expect(
      change([task], [task, task]) == ["[Task<(), Never>]", "[Task<(), Never>, Task<(), Never>]"])
  }

  @Test func ofAMegabyteOnlyTheDifferenceIsTold() {
    let text = String(repeating: "0123456789abcdef", count: 65_536)
    let changed = change(text, text + "!")
    #expect(changed?[1].hasSuffix("!\"") == true, "\(changed ?? [])")
    #expect(changed?.allSatisfy { $0.count <= ValuePicture.limit } == true)
  }
}

private class Base {}
private final class Derived: Base {}

private final class Named: CustomStringConvertible {
  private let name: String

  init(name: String) {
    self.name = name
  }

  var description: String { name }
}
