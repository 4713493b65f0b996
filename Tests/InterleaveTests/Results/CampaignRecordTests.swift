import Foundation
import Interleave
import Testing

/// The file that `INTERLEAVE_RESULTS` names.
@Suite(.enabled(if: !fixturesAreEnabled)) struct CampaignRecordTests {
  private func records(
    _ filter: String, environment: [String: String] = [:]
  ) async throws -> (records: [CampaignRecord], result: ProgramResult) {
    try await withTemporaryFolder { folder in
      let file = "\(folder)/results"
      let result = try await runFixtures(
        filter, environment: environment.merging(["INTERLEAVE_RESULTS": file]) { $1 })
      let text = FileManager.default.contents(atPath: file) ?? Data()
      return (try CampaignRecord.read(String(decoding: text, as: UTF8.self)), result)
    }
  }

  @Test func eachCampaignAddsALine() async throws {
    let (records, result) = try await records(
      "TraitFixtures/(fails\\(|passes|isCancelled|fuzzesEachCase)")
    #expect(records.count == 6, "\(result)")
    let failed = try #require(records.first { $0.test == "fails()" })
    #expect(failed.outcome == .failed)
    #expect(failed.name == "InterleaveTests/TraitFixtures/fails()")
    #expect(failed.failure?.kind == "expectation")
    #expect(failed.failure?.replayString?.hasPrefix("interleave1-") == true)
    #expect(failed.failure?.report.contains("What collided") == true)
    let passed = try #require(records.first { $0.test == "passes()" })
    #expect(passed.outcome == .passed)
    #expect(passed.isExhaustive)
    #expect(passed.failure == nil)
    #expect(records.first { $0.test == "isCancelled()" }?.outcome == .cancelled)
    #expect(
      records.filter { $0.test == "fuzzesEachCase(balance:)" }.map(\.arguments).sorted()
        == ["100", "200", "90"])
  }

  @Test func whatABodyReturnedIsInItsLine() async throws {
    let (records, result) = try await records("OutcomeFixtures|TraitFixtures/passes")
    let returning = try #require(records.first { $0.test == "returnsWhoCameFirst()" }, "\(result)")
    let outcomes = try #require(returning.outcomes, "\(result)")
    #expect(Set(outcomes.map(\.value)) == ["1", "2"])
    #expect(outcomes.map(\.count).reduce(0, +) == returning.schedules)
    #expect(records.first { $0.test == "passes()" }?.outcomes == nil)
  }

  @Test func aFileThatCannotBeWrittenIsAnErrorThatNamesTheVariable() async throws {
    let result = try await runFixtures(
      "TraitFixtures/passes", environment: ["INTERLEAVE_RESULTS": "/no/such/folder/results"])
    #expect(result.exitCode == 1)
    #expect(
      result.output.contains("INTERLEAVE_RESULTS must name a file that can be written to"),
      "\(result)")
  }

  @Test func aRunIsStoppedForADebuggerBeforeAStep() async throws {
    let stopped = try await runFixtures(
      "TraitFixtures/passes",
      environment: ["INTERLEAVE_STOP_AT": "3", "INTERLEAVE_ISOLATION": "none"])
    #expect(stopped.exitCode == SIGTRAP, "\(stopped)")
    let beyond = try await runFixtures(
      "TraitFixtures/passes",
      environment: ["INTERLEAVE_STOP_AT": "30000", "INTERLEAVE_ISOLATION": "none"])
    #expect(beyond.exitCode == 0, "\(beyond)")
    let wrong = try await runFixtures(
      "TraitFixtures/passes", environment: ["INTERLEAVE_STOP_AT": "soon"])
    #expect(wrong.output.contains("INTERLEAVE_STOP_AT must be the number of a step, or `each`"))
  }
}
