import Testing

@testable import Interleave

/// The line that a process ends with.
@Suite struct ProcessSummaryTests {
  private func passed(
    _ schedules: Int, _ interleavings: Int, fixed: [String] = [], stale: [String] = []
  ) -> FuzzOutcome {
    .passed(
      FuzzReport(
        schedules: schedules, distinctInterleavings: interleavings, fixed: fixed, stale: stale))
  }

  private func line(_ outcomes: [(String, FuzzOutcome)]) -> String? {
    var summary = ProcessSummary()
    for (test, outcome) in outcomes { summary.note(outcome, of: test) }
    return summary.line
  }

  @Test func itAddsUpAndNamesTheTestThatIsWorthLeast() {
    #expect(
      line([
        ("A/a", passed(1_000, 900)), ("A/b", passed(40, 3)), ("B/c", passed(1_000, 90)),
      ])
        == "interleave: 3 tests fuzzed, 2,040 schedules, 993 distinct interleavings; least was "
        + "tried of A/b: 3 interleavings only")
  }

  @Test func entriesOfTheCorpusAndFailuresAreCounted() {
    let failure = FuzzFailure(kind: .deadlock, message: "m", test: "A/b")
    #expect(
      line([
        ("A/a", passed(1, 1, fixed: ["f", "g"], stale: ["s"])),
        ("A/b", .failed(failure, FuzzReport(schedules: 2, distinctInterleavings: 1))),
      ])
        == "interleave: 2 tests fuzzed, 3 schedules, 2 distinct interleavings, 1 failure, 2 fixed "
        + "corpus entries, 1 stale corpus entry; least was tried of A/a: 1 interleaving only")
  }

  @Test func whatFailedOrTriedNothingIsNotTheOneThatIsWorthLeast() {
    let failure = FuzzFailure(kind: .deadlock, message: "m", test: "A/b")
    #expect(
      line([
        ("A/b", .failed(failure, FuzzReport(schedules: 2, distinctInterleavings: 1))),
        ("A/c", passed(0, 0)),
      ]) == "interleave: 2 tests fuzzed, 2 schedules, 1 distinct interleaving, 1 failure")
  }

  @Test func ofOneTestNothingIsAdded() {
    #expect(line([]) == nil)
    #expect(line([("A/a", passed(9, 8)), ("A/a", passed(9, 8))]) == nil)
  }

  @Test func ofOneTestItIsSaidThatItsFailuresAreMended() {
    #expect(
      line([("A/a", passed(9, 8, fixed: ["f"]))])
        == "interleave: 1 test fuzzed, 9 schedules, 8 distinct interleavings, 1 fixed corpus entry")
  }

  @Test(.enabled(if: !fixturesAreEnabled)) func aProcessOfTestsEndsWithIt() async throws {
    let result = try await runFixtures("TraitFixtures/(fails\\(|passes|interleavesNothing)")
    let lines = result.output.split(separator: "\n").filter { $0.contains("tests fuzzed") }
    #expect(lines.count == 1, "\(result)")
    #expect(lines.first?.hasPrefix("interleave: 3 tests fuzzed, ") == true, "\(result)")
    #expect(
      lines.first?.contains("; least was tried of TraitFixtures/passes()") == true, "\(result)")
    let alone = try await runFixtures("TraitFixtures/passes")
    #expect(!alone.output.contains("tests fuzzed"), "\(alone)")
  }
}
