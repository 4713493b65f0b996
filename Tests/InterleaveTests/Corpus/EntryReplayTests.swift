import Interleave
import Testing

@Suite struct EntryReplayTests {
  private let other = FailureSignature(kind: .deadlock, place: "elsewhere")

  private func complete(_ strictness: EntryMatcher.Strictness = .exact) -> MatchOutcome {
    MatchOutcome(strictness: strictness, applied: 1)
  }

  private func incomplete(missing: [Interleaving.StepName] = []) -> MatchOutcome {
    MatchOutcome(
      strictness: .exact, applied: 0, unapplied: bankEntry.deviations, missing: missing)
  }

  @Test func strictnessFallsUntilTheFailureIsBack() {
    var replay = EntryReplay(bankEntry)
    #expect(replay.nextMatcher()?.strictness == .exact)
    replay.record(incomplete(), failure: nil)
    #expect(replay.nextMatcher()?.strictness == .occurrence)
    replay.record(complete(.occurrence), failure: bankEntry.signature)
    #expect(replay.nextMatcher() == nil)
    #expect(replay.verdict == .stillFails)
  }

  @Test func everyStrictnessIsTriedBeforeAnEntryCountsAsFixed() {
    var replay = EntryReplay(bankEntry)
    var tried: [EntryMatcher.Strictness] = []
    while let matcher = replay.nextMatcher() {
      tried.append(matcher.strictness)
      replay.record(complete(matcher.strictness), failure: nil)
    }
    #expect(
      tried == EntryMatcher.Strictness.allCases + [
        .function, .function, .anyTaskAnyOccurrence, .anyTaskAnyOccurrence,
      ])
    #expect(replay.verdict == .fixed(matched: .exact))
  }

  @Test func anEntryWithoutDeviationsIsRunOnce() {
    var entry = bankEntry
    entry.deviations = []
    var replay = EntryReplay(entry)
    var runs = 0
    while let matcher = replay.nextMatcher() {
      runs += 1
      replay.record(matcher.outcome(ran: []), failure: nil)
    }
    #expect(runs == 1)
    #expect(replay.verdict == .fixed(matched: .exact))
  }

  @Test func anotherFailureIsNotTheSameOneAndNotAPass() {
    var replay = EntryReplay(bankEntry)
    replay.record(complete(), failure: other)
    #expect(replay.verdict == .failsDifferently(other))
    replay.record(complete(), failure: bankEntry.signature)
    #expect(replay.verdict == .stillFails)
  }

  @Test func oneCompleteRunThatPassesOutweighsIncompleteOnes() {
    var replay = EntryReplay(bankEntry)
    replay.record(incomplete(), failure: nil)
    guard case .stale = replay.verdict else {
      Issue.record("\(replay.verdict)")
      return
    }
    replay.record(complete(.anyTask), failure: nil)
    replay.record(complete(.pickedOnly), failure: nil)
    replay.record(incomplete(), failure: nil)
    #expect(replay.verdict == .fixed(matched: .anyTask))
  }

  @Test func whatWasNeverReplayedIsNotCalledFixed() {
    #expect(EntryReplay(bankEntry).verdict == .stale(reason: "it was not replayed"))
  }
}
