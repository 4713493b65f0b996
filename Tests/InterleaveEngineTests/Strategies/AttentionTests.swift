import Testing

@testable import InterleaveEngine

/// Runs are looked at as long as that teaches something.
@Suite struct AttentionTests {
  /// Which of so many runs are looked at, where those show something new that are named.
  private func looks(
    _ attention: Attention, runs: Int, isNew: (Int) -> Bool
  ) -> [Int] {
    var attention = attention
    return (0..<runs).filter { run in
      guard attention.isDue() else { return false }
      attention.note(isNew: isNew(run))
      return true
    }
  }

  @Test func allOfTheFirstRunsAreLookedAtWhileTheyShowWhatIsNew() {
    let looks = looks(Attention(first: 10, period: 4, longest: 16), runs: 30) { _ in true }
    #expect(looks == Array(0..<10) + [13, 17, 21, 25, 29])
  }

  @Test func whatShowsNothingNewIsLookedAtEverMoreSeldom() {
    let looks = looks(Attention(first: 32, period: 4, longest: 16), runs: 400) { _ in false }
    let gaps = zip(looks, looks.dropFirst()).map { $1 - $0 }
    #expect(gaps.prefix(7).allSatisfy { $0 == 1 })
    #expect(gaps.dropFirst(7).prefix(8).allSatisfy { $0 == 4 })
    #expect(gaps == gaps.sorted())
    #expect(gaps.last == 16)
  }

  @Test func somethingNewBringsAttentionBack() {
    let looks = looks(Attention(first: 4, period: 2, longest: 64), runs: 1_000) { $0 > 900 }
    let late = looks.drop { $0 <= 964 }
    #expect(late.count >= 16)
    #expect(zip(late, late.dropFirst()).allSatisfy { $1 - $0 == 2 })
  }
}
