import Examples
import Interleave
import Testing

/// The races of the systems are found from every seed, and shrink to what a reader can follow; the
/// mended systems keep their rules.
///
/// Few schedules are run here; `INTERLEAVE_SCHEDULES=10000 swift test -c release --filter
/// SystemTests` runs many, and the benchmark `systems` prints the figures.
@Suite struct SystemTests {
  @Test(arguments: SystemRace.all)
  func everySeedFindsTheRace(race: SystemRace) async throws {
    for seed in UInt64(0)..<20 {
      var fuzzer = fuzzer(schedules: 1_000, seed: seed)
      fuzzer.configuration.shrinking.runs = 0
      let failure = try #require(await race.inRacySystem(fuzzer).failure, "seed \(seed)")
      #expect(failure.kind == race.kind, "seed \(seed)")
      if [.invariant, .thrownError].contains(race.kind) {
        #expect(failure.message.contains(race.rule), "seed \(seed)")
      }
    }
  }

  @Test(arguments: SystemRace.all)
  func aRaceShrinksToWhatAReaderCanFollow(race: SystemRace) async throws {
    var fuzzer = fuzzer(schedules: 1_000, seed: 1)
    fuzzer.configuration.shrinking.runs = 500
    let failure = try #require(await race.inRacySystem(fuzzer).failure)
    let size = SystemRace.Size(failure)
    #expect(size.tasks <= race.size.tasks)
    #expect(size.preemptions <= race.size.preemptions)
    #expect(size.operations <= race.size.operations)
    // A step or two more or less depend on which failing run was found first; in release, the
    // optimizer merges some.
    #expect(size.steps <= race.size.steps + 2)
    #expect(failure.isMinimal)
  }

  @Test(arguments: SystemRace.all)
  func theMendedSystemKeepsTheRule(race: SystemRace) async {
    expectPassed(await race.inMendedSystem(fuzzer(schedules: 100, seed: 1)))
  }

  @Test(arguments: SystemRace.all)
  func theMendedSystemKeepsTheRuleWheneverItsTimersFire(race: SystemRace) async {
    var fuzzer = fuzzer(schedules: 100, seed: 2)
    fuzzer.configuration.time = .adversarial
    expectPassed(await race.inMendedSystem(fuzzer))
  }

  @Test(arguments: SystemRace.all)
  func theMendedSystemKeepsTheRuleWhoeverGivesUp(race: SystemRace) async {
    let outcome = await race.inForsakenSystem(fuzzer(schedules: 100, seed: 3))
    expectPassed(outcome)
    #expect(outcome.report.cancellations > 40)
  }

  @Test(arguments: SystemRace.all)
  func theMendedSystemKeepsTheRuleWhoeverGivesUpAndWheneverItsTimersFire(
    race: SystemRace
  ) async {
    var fuzzer = fuzzer(schedules: 100, seed: 4)
    fuzzer.configuration.time = .adversarial
    expectPassed(await race.inForsakenSystem(fuzzer))
  }

  @Test(arguments: SystemRace.all.filter { $0.cancellation == .anyTask })
  func aRuleThatACancellationBreaksHoldsWhereNobodyGivesUp(race: SystemRace) async {
    expectPassed(
      await race.inRacySystem(fuzzer(schedules: 1_000, seed: 1), cancellation: .never))
  }

  @Test func everySystemHasRacesOfItsOwn() {
    #expect(Set(SystemRace.all.map(\.system)).count == 9)
    #expect(Set(SystemRace.all.map(\.name)).count == SystemRace.all.count)
  }

  @Test func aHundredUsersOfTheChatGetEveryMessage() async {
    let outcome = await fuzzer(schedules: 2, seed: 1).run(named: "chat load") {
      try await ChatLoad.run(users: 110, messages: 220)
    }
    expectPassed(outcome)
  }

  private func expectPassed(
    _ outcome: FuzzOutcome, at location: SourceLocation = #_sourceLocation
  ) {
    if case .failed(let failure, _) = outcome {
      Issue.record("\(failure)", sourceLocation: location)
    }
    #expect(outcome.report.distinctInterleavings > 1, sourceLocation: location)
    #expect(outcome.report.escapes == [], sourceLocation: location)
    #expect(outcome.report.warnings == [], sourceLocation: location)
  }

  private func fuzzer(schedules: Int, seed: UInt64) -> Fuzzer {
    var configuration = FuzzConfiguration()
    configuration.schedules = schedules
    configuration.seed = seed
    configuration.corpus = .none
    return Fuzzer(configuration)
  }
}
