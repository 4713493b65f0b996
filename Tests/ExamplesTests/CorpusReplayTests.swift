import Examples
import Interleave
import InterleaveCommand
import Testing

/// The races of the examples lie in `corpus/Examples/Examples`, and are replayed first.
///
/// Where an entry is missing, it is found again and written (not on CI), and the
/// test fails until the file is committed.
@Suite struct CorpusReplayTests {
  @Test(arguments: Showcase.all)
  func theEntryOfARaceStillFails(showcase: Showcase) async throws {
    let outcome = await replay(showcase, showcase.racy)
    let failure = try #require(outcome.failure)
    #expect(failure.kind == showcase.kind)
    #expect(outcome.report.replayed == 1)
    #expect(outcome.report.schedules == 0, "nothing new was tried")
    #expect(failure.schedulesTried == 1)
    let file = try #require(failure.corpusFile)
    #expect(file.hasPrefix("corpus/Examples/Examples/"))
    #expect(file.hasSuffix(".json"))
    #expect(failure.unsavedEntry == nil)
  }

  @Test(arguments: Showcase.all)
  func theEntryOfARaceDoesNotFailOnceItIsMended(showcase: Showcase) async throws {
    let outcome = await replay(showcase, showcase.mended)
    guard case .passed(let report) = outcome else {
      Issue.record(outcome.failure.map { "\($0)" } ?? "")
      return
    }
    #expect(report.replayed == 1)
    #expect(report.fixed.count + report.stale.count == 1)
    #expect(report.isExhaustive || report.schedules == 100, "it was fuzzed further")
  }

  @Test(arguments: SystemRace.all)
  func theEntryOfASystemStillFails(race: SystemRace) async throws {
    let outcome = await race.inRacySystem(fuzzer(schedules: 1_000))
    try expectEntryFails(outcome, as: race.kind, of: race.name)
  }

  @Test(arguments: SystemRace.all)
  func theEntryOfASystemDoesNotFailOnceItIsMended(race: SystemRace) async throws {
    let outcome = await race.inMendedSystem(fuzzer(schedules: 50))
    expectEntryIsMended(outcome)
  }

  /// Replays what is kept of an example, and looks a little further if that passes.
  private func replay(
    _ showcase: Showcase, _ body: @escaping @Sendable () async throws -> Void
  ) async -> FuzzOutcome {
    await fuzzer(schedules: 100).run(
      named: showcase.name, fileID: "Examples/Examples.swift", body)
  }

  private func fuzzer(schedules: Int) -> Fuzzer {
    var configuration = FuzzConfiguration()
    configuration.schedules = schedules
    configuration.seed = 1
    return Fuzzer(configuration)
  }
}
