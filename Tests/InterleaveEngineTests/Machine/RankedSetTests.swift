import Testing

@testable import InterleaveEngine

/// A set that tells its members by their ranks says what a sorted list says.
@Suite struct RankedSetTests {
  @Test(arguments: [10, 64, 65, 1_000, 5_000])
  func itSaysWhatASortedListSays(numbers: Int) {
    var random = SplitMix64(seed: UInt64(numbers))
    let set = RankedSet()
    defer { set.deallocate() }
    var members: Set<Int> = []
    for step in 0..<2_000 {
      let number = random.below(numbers)
      if members.insert(number).inserted {
        set.insert(number)
      } else {
        members.remove(number)
        set.remove(number)
      }
      guard step.isMultiple(of: 50) else { continue }
      let sorted = members.sorted()
      #expect(sorted.indices.allSatisfy { set.member(at: $0) == sorted[$0] })
      #expect(sorted.indices.allSatisfy { set.count(below: sorted[$0]) == $0 })
      #expect(set.count(below: numbers * 2) == sorted.count)
      var listed: [Int] = []
      set.forEach { listed.append($0) }
      #expect(listed == sorted)
    }
  }

  @Test func whatIsEmptiedHasNoMembers() {
    let set = RankedSet()
    defer { set.deallocate() }
    for _ in 0..<3 {
      #expect(set.count(below: 1_000) == 0)
      set.insert(700)
      set.insert(3)
      #expect(set.member(at: 1) == 700 && set.count(below: 700) == 1)
      set.removeAll()
    }
  }
}
