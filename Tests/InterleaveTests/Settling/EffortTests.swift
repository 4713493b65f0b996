import InterleaveBugs
import Testing

@testable import Interleave
@testable import InterleaveEngine

/// What making a failure small costs, and what is told of it.
@Suite(.serialized) struct EffortTests {
  // MARK: What it costs

  @Test func theCostOfARunIsTheSameWhateverTimeItTook() {
    var effort = Effort(.seconds(1), now: 0)
    effort.note(.passing(), .here)
    let once = effort.spent
    #expect(once > 0)
    effort.look(at: 9_000_000_000)
    effort.note(.passing(), .here)
    #expect(effort.spent == 2 * once)
    #expect(!effort.isCutShort)
  }

  @Test func longRunsProcessesAndHangsAreDear() {
    func cost(_ outcome: RunOutcome, _ place: RunPlace = .here) -> Int {
      Effort.cost(of: outcome, place)
    }
    let long = RunOutcome.passing(Array(repeating: 1, count: 10_000))
    #expect(cost(long) > 100 * cost(.passing()))
    let child = RunPlace.child(hangLimit: 1)
    #expect(cost(.failing(kind: .crash), child) > 10 * cost(.passing(), child))
    #expect(cost(.failing(kind: .hang), child) > 10 * cost(.failing(kind: .crash), child))
  }

  @Test func whatTakesSixtyTimesAsLongIsCutShort() {
    var effort = Effort(.seconds(1), now: 10)
    effort.look(at: 60_000_000_009)
    #expect(!effort.isCutShort)
    effort.look(at: 60_000_000_010)
    #expect(effort.isCutShort)
    #expect(effort.timeLimit == .seconds(60))
  }

  // MARK: Where it ends

  private func settle(
    _ maker: Answers, _ change: (inout FuzzConfiguration) -> Void = { _ in }
  ) throws -> FuzzFailure {
    let resolved = try ResolvedConfiguration(of: "effort") {
      $0.isolation = .none
      change(&$0)
    }
    var found = FoundFailure(
      .failing([1, 2, 1, 2]), schedulesTried: 3, seed: 8, isKept: false)
    found.schedule = found.schedule.deviating
    let (outcome, _) = settled(found, by: maker, resolved)
    return try #require(outcome).failure
  }

  @Test func aShortDurationLeavesTheFailureAsItWas() throws {
    let maker = Answers { _, _ in .passing() }
    _ = try settle(maker) { $0.shrinking.duration = .nanoseconds(1) }
    // What is shown, and what it rests on.
    #expect(maker.requests.count < 10)
  }

  @Test func thatItWasCutShortIsToldInTheReport() {
    var failure = FuzzFailure(kind: .crash, message: "it crashed", schedulesTried: 3)
    #expect(!failure.description.contains("cut short"))
    failure.shrinkingLimit = .seconds(50)
    let text = failure.asciiText(width: 200)
    #expect(text.contains("cut short after 50 s"), "\(text)")
    #expect(text.contains("`shrinking.duration`"))
  }

  // MARK: Other failures

  @Test func otherFailuresThatAreMetAreNamed() throws {
    let maker = Answers { _, count in
      count == 3 ? .failing(kind: .deadlock, place: "other") : .failing([1, 2, 1, 2])
    }
    let failure = try settle(maker)
    #expect(failure.others == ["deadlock, tasks wait for each other: the balance was -60"])
    let text = failure.asciiText(width: 200)
    #expect(text.contains("Other failures"))
    #expect(text.contains("* deadlock, tasks wait for each other: the balance was -60"), "\(text)")
  }

  @Test func whatMayComeOfHasteIsNone() {
    var others = OtherFailures(than: RunOutcome.failing().failure!)
    others.note(.failing())
    others.note(.failing(kind: .livelock, place: "long"))
    others.note(.failing(kind: .hang, place: "long"))
    var hasty = RunOutcome.failing(kind: .leakedTask, place: "late")
    hasty.wasHasty = true
    others.note(hasty)
    #expect(others.words.isEmpty)
    for place in ["a", "b", "b", "c", "d", "e"] { others.note(.failing(place: place)) }
    #expect(others.words.count == 4, "three, and that there are more")
    #expect(others.words.last == "and more")
  }

  // MARK: In child processes

  @Test(
    .enabled(if: !fixturesAreEnabled && !Sanitizer.isAddress), arguments: [1, 2, 3] as [UInt64])
  func aCrashIsMadeTheSameSmallOneEachTime(seed: UInt64) async throws {
    func failure() async -> FuzzFailure? {
      await fuzzed(
        schedules: 500, seed: seed, { $0.strategy = .randomWalk }, named: "crash"
      ) {
        await LongCrash.sell(customers: 4, looks: 3)
      }.failure
    }
    let first = try #require(await failure())
    #expect(first.kind == .crash)
    #expect(first.interleaving.deviations.count < first.original.deviations)
    let second = try #require(await failure())
    #expect(second.interleaving == first.interleaving)
  }
}
