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

  @Test func ofAMegabyteOnlyTheDifferenceIsTold() {
    let text = String(repeating: "0123456789abcdef", count: 65_536)
    let changed = change(text, text + "!")
    #expect(changed?[1].hasSuffix("!\"") == true, "\(changed ?? [])")
    #expect(changed?.allSatisfy { $0.count <= ValuePicture.limit } == true)
  }
}
