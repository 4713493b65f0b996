import Interleave
import Testing

@Test func aPlaceIsPrintedWithoutItsFolders() {
  #expect(Interleaving.Place(file: "/a/b/Bank.swift", line: 12).description == "Bank.swift:12")
}
