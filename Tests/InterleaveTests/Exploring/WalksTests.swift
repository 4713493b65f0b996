import InterleaveEngine
import Testing

@testable import Interleave

/// What a walk is depends on its number and its share alone.
@Suite struct WalksTests {
  private func walks(_ change: (inout FuzzConfiguration) -> Void = { _ in }) throws -> Walks {
    Walks(try ResolvedConfiguration(of: "walks", change))
  }

  @Test func whoGoesOnWithAShareGoesOnWithItsFirstWalk() throws {
    var walks = try walks()
    #expect(walks.number == 0)
    walks.beginShare(3)
    #expect(walks.number == ShareCut.range(of: 3).lowerBound)
    #expect(walks.request().start.index == walks.number)
    #expect(!walks.isShareOver)
  }

  @Test func theSameWalkIsAskedForInTheSameWayByAll() throws {
    var (one, other) = (try walks(), try walks())
    one.beginShare(2)
    other.beginShare(1)
    other.beginShare(2)
    let requests = [one.request(), other.request()]
    #expect(requests[0].start.seed == requests[1].start.seed)
    #expect(requests[0].wants == requests[1].wants)
  }

  @Test func oneInputIsRunUnderSeveralSchedules() throws {
    var walks = try walks()
    func seed() -> UInt64? {
      if case .fresh(let seed) = walks.request().plan { seed } else { nil }
    }
    #expect(seed() == nil, "the first inputs are the simplest")
    walks.beginShare(1)
    let seeds = (0..<32).map { _ in
      defer { walks.pass(walks.note(.passing(), isGenerated: true)) }
      return seed()
    }
    #expect(Set(seeds).count == 2)
    #expect(Set(seeds[..<16]).count == 1)
  }

  @Test func mostRunsCancelSomebodyWhereThatIsAskedFor() throws {
    var walks = try walks { $0.cancellation = .anyTask }
    let cancel = (0..<8).map { _ in
      defer { walks.pass(walks.note(.passing(), isGenerated: false)) }
      return walks.request().canceller != nil
    }
    #expect(cancel == [false, true, true, true, false, true, true, true])
  }

  @Test func whatIsPassedOnSaysWhoChoseIt() throws {
    var walks = try walks { $0.strategy = .randomWalk }
    var outcome = RunOutcome.passing()
    outcome.limits = [.timers, .sharing]
    let first = walks.note(outcome, isGenerated: false)
    #expect(first.place == -1)
    #expect(!first.isDrawn)
    #expect(first.limits == [.timers], "only the search is watched")
    walks.pass(first)
    #expect(walks.note(outcome, isGenerated: false).place == 0)
    #expect(walks.share.averageSteps == 2)
  }
}
