import Testing

@testable import Interleave

@Suite struct StyledTextTests {
  @Test func textIsFilledUpOrCutOffToItsColumn() {
    #expect(StyledText("bank").fitted(to: 6).plain == "bank  ")
    #expect(StyledText("overdrawn").fitted(to: 6).plain == "overd…")
    #expect((StyledText("over", .bold) + StyledText("drawn")).truncated(to: 6).plain == "overd…")
    #expect(StyledText("bank").truncated(to: 0).plain.isEmpty)
  }

  @Test func aWideCharacterTakesTwoColumns() {
    #expect("残高".columns == 4)
    #expect(StyledText("残高残高").fitted(to: 6).width == 6)
  }

  @Test func textIsBrokenAtSpacesAndKeepsItsIndent() {
    #expect("  one two three".wrapped(to: 9) == ["  one two", "  three"])
    #expect("a/very/long/path".wrapped(to: 4) == ["a/very/long/path"])
    #expect("first\nsecond".wrapped(to: 40) == ["first", "second"])
  }

  @Test func aNoBreakSpaceHoldsAndIsPrintedAsASpace() {
    #expect("changed 100\u{A0}→\u{A0}20".wrapped(to: 12) == ["changed", "100 → 20"])
  }

  @Test func onlyStyledPiecesCarryEscapes() {
    let text = StyledText("a") + StyledText("b", .bold) + StyledText("  ")
    #expect(text.rendered(colour: true) == "a\u{1B}[1mb\u{1B}[0m")
    #expect(text.rendered(colour: false) == "ab")
  }
}
