import Testing

@testable import Interleave

@Suite struct OrdinalTests {
  @Test(arguments: [
    (1, "1st"), (2, "2nd"), (3, "3rd"), (4, "4th"), (11, "11th"), (12, "12th"), (13, "13th"),
    (21, "21st"), (22, "22nd"), (103, "103rd"), (111, "111th"), (120, "120th"),
  ])
  func aNumberIsSpokenAsAPlaceInAnOrder(number: Int, words: String) {
    #expect(ordinal(number) == words)
  }
}
