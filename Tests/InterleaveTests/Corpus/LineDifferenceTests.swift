import Interleave
import Testing

@Suite struct LineDifferenceTests {
  private func difference(_ old: String, _ new: String) -> String {
    LineDifference.unified(from: old, named: "a", to: new, named: "b")
  }

  @Test func equalTextsHaveNone() {
    #expect(difference("x\ny\n", "x\ny\n") == "")
  }

  @Test func aChangedLineIsShownWithTheLinesAroundIt() {
    #expect(
      difference("1\n2\n3\n4\n5\n", "1\n2\nthree\n4\n5\n") == """
        --- a
        +++ b
        @@ -2,3 +2,3 @@
         2
        -3
        +three
         4
        """)
  }

  @Test func changesFarApartAreShownApart() {
    let old = (1...9).map(String.init).joined(separator: "\n")
    let new = "0\n" + old.replacing("9", with: "nine\nten")
    #expect(
      difference(old, new) == """
        --- a
        +++ b
        @@ -1,1 +1,2 @@
        +0
         1
        @@ -8,2 +9,3 @@
         8
        -9
        +nine
        +ten
        """)
  }

  @Test func textsTooLongToReadAreNotCompared() {
    let old = String(repeating: "x\n", count: 1_500)
    let text = difference(old, String(repeating: "y\n", count: 1_400))
    #expect(text == "--- a\n+++ b\n-1500 lines, +1400 lines: too many to compare")
  }
}
