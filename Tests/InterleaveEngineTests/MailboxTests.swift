import InterleaveEngine
import Testing

@Suite struct MailboxTests {
  private let early = Arrival(earliest: 1, latest: 1, urgency: 2)
  private let late = Arrival(earliest: 5, latest: 5, urgency: 2)

  @Test func aJobThatArrivedLaterWaitsForTheEarlierOne() {
    #expect(early.mustPrecede(late, lastEnd: 0))
    #expect(!late.mustPrecede(early, lastEnd: 0))
  }

  @Test func aHopThatMayArriveLaterHoldsNobodyUp() {
    let hop = Arrival(earliest: 2, latest: .max, urgency: 2)
    #expect(!hop.mustPrecede(late, lastEnd: 0))
    #expect(!late.mustPrecede(hop, lastEnd: 0))
    #expect(early.mustPrecede(hop, lastEnd: 0))
  }

  @Test func aMoreUrgentJobThatWaitedWhenTheLastStepEndedGoesFirst() {
    let urgent = Arrival(earliest: 5, latest: 5, urgency: 3)
    #expect(urgent.mustPrecede(early, lastEnd: 6))
    #expect(!early.mustPrecede(urgent, lastEnd: 6))
  }

  @Test func aMoreUrgentJobThatComesWhileTheActorWaitsForAThreadMayGoFirst() {
    let urgent = Arrival(earliest: 5, latest: 5, urgency: 3)
    #expect(!urgent.mustPrecede(early, lastEnd: 0))
    #expect(!early.mustPrecede(urgent, lastEnd: 0))
  }

  @Test func aTaskThatFindsItsActorFreeTakesIt() {
    let hop = Arrival(earliest: 3, latest: 4, urgency: 1, takesFreeActor: true)
    #expect(hop.surelyTookActor(among: [late], freeSince: 2))
    #expect(!hop.surelyTookActor(among: [late, early], freeSince: 2))
    #expect(!hop.surelyTookActor(among: [late], freeSince: .max))
    #expect(!early.surelyTookActor(among: [late], freeSince: 0))
  }

  @Test func anyPriorityCountsAsTheNextHigherOfTheFiveWithAName() {
    let priorities: [UInt8] = [0x01, 0x09, 0x0A, 0x11, 0x12, 0x15, 0x16, 0x19, 0x1A, 0x21, 0x22]
    #expect(
      priorities.map(Arrival.urgency(ofPriority:)) == [0, 0, 1, 1, 2, 2, 3, 3, 4, 4, 4])
  }

  // MARK: Against every history that fits

  @Test func theRuleAllowsWhatSomeHistoryOfTheActorDoes() {
    var random = SplitMix64(seed: 1)
    var mixed = 0
    for round in 0..<20_000 {
      let box = RandomMailbox(&random)
      let possible = ActorHistory.firstJobs(of: box)
      let allowed = Set(box.jobs.indices.filter { box.allows($0) })
      #expect(allowed == possible, "round \(round): \(box)")
      if Set(box.jobs.map(\.urgency)).count > 1 { mixed += 1 }
      if allowed != possible { break }
    }
    #expect(mixed > 5_000)
  }

  @Test func someJobOfAMailboxMayAlwaysRun() {
    var random = SplitMix64(seed: 2)
    for round in 0..<50_000 {
      let box = RandomMailbox(&random, most: 7)
      #expect(box.jobs.indices.contains { box.allows($0) }, "round \(round): \(box)")
    }
  }
}
