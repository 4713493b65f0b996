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

  @Test func aRunIsTheEntrysUnlessSomethingElseWasPassedOverOrLeftOut() {
    for strictness in EntryMatcher.Strictness.allCases {
      #expect(complete(strictness).isEntry == (strictness != .pickedOnly))
    }
    #expect(!incomplete().isEntry)
  }

  @Test func anEntryWithoutDeviationsIsRunOnce() {
    var entry = bankEntry
    entry.deviations = []
    var replay = EntryReplay(entry)
    var runs = 0
    while let matcher = replay.nextMatcher() {
      runs += 1
      replay.record(
        matcher.outcome(ran: [step("0.3", 1, "Bank.withdraw(_:)")]), failure: nil)
    }
    #expect(runs == 1)
    #expect(replay.verdict == .fixed(matched: .exact))
  }

  @Test(arguments: [true, false])
  func anEntryThatDepartsByNoNameIsFixedOnlyWhereItsStepsStillRun(deviates: Bool) {
    var entry = bankEntry
    let unnamed = Interleaving.Deviation(
      index: 1, picked: step("0.1", 0, ""), passedOver: step("0.0", 0, ""))
    entry.deviations = deviates ? [unnamed] : []
    for ran in [[], [step("0", 0, "Shop.open()")], [step("0", 0, "Bank.withdraw(_:)")]] {
      var replay = EntryReplay(entry)
      while var matcher = replay.nextMatcher() {
        _ = matcher.choose(among: 2) { step("0.\($0)", 0, "") }
        replay.record(matcher.outcome(ran: ran), failure: nil)
      }
      if ran.contains(where: { $0.function == "Bank.withdraw(_:)" }) {
        #expect(replay.verdict == .fixed(matched: .exact))
      } else {
        #expect(
          replay.verdict == .stale(reason: "no step runs `Bank.withdraw(_:)` any more"))
      }
    }
  }

  @Test func aLibrarysFunctionNeedNotRunAnyMoreUnlessThereIsNoOther() {
    var entry = bankEntry
    let own = "1  task 0      Bank.withdraw(_:)  Bank.swift:9  on Bank"
    let awaited = "2  task 0.0    Task.sleep(for:), awaited by Bank.open()  Bank.swift:12"
    let alone = "3  task 0.0.0  Task.yield()"
    entry.words = [own, awaited, alone]
    #expect(entry.functions == ["Bank.withdraw(_:)"])
    entry.words = [awaited, alone]
    #expect(entry.functions == ["Task.sleep(for:)", "Task.yield()"])
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
