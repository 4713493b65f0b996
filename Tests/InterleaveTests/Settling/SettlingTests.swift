import Testing

@testable import Interleave
@testable import InterleaveEngine

/// What becomes of a failure that is made again, by runs that no machine makes.
@Suite(.serialized) struct SettlingTests {
  private let escape = SeenEscape(Escape(kind: .foreignThread, site: 0, task: -1))

  private func settle(
    _ first: RunOutcome, _ maker: Answers
  ) throws -> (settled: SettledFailure?, warnings: [String]) {
    let resolved = try ResolvedConfiguration(of: "settling") { $0.isolation = .none }
    let test = TestIdentity(suite: "S", name: "t()", arguments: "", filePath: "/p/T.swift")
    let found = FoundFailure(first, schedulesTried: 3, seed: 8)
    let progress = ShrinkingProgress(of: found, in: test)
    defer { progress.end() }
    let runs = SettlingRuns(maker, progress, seed: found.seed, beside: found.failure)
    let settled = Settling(
      found: found, test: test, resolved: resolved,
      result: SearchResult(found: found, tally: Tally()), runs: runs, program: PlainProgram {},
      keeper: Keeper(corpus: nil, test: test.corpusName, testFile: test.filePath),
      capture: IssueCapture()
    ).settle(recordsExpectations: false)
    var report = FuzzReport()
    runs.tally.complete(&report)
    return (settled, report.warnings)
  }

  private func withEscape(_ outcome: RunOutcome) -> RunOutcome {
    var outcome = outcome
    outcome.escapes = [escape]
    return outcome
  }

  @Test func whatIsLostOnlyNowAndThenBesideOthersIsNotBlamedOnTheProgram() throws {
    let (settled, warnings) = try settle(
      withEscape(.failing(kind: .lostWakeUp)), Answers { _, _ in withEscape(.passing()) })
    #expect(settled == nil)
    #expect(warnings.contains { $0.contains("a schedule failed once") }, "\(warnings)")
  }

  @Test func whatPassesTheNextTimeWithNobodyElseIsNotDeterministic() throws {
    let (settled, _) = try settle(
      .failing(kind: .lostWakeUp), Answers { _, _ in .passing([1, 2]) })
    #expect(settled?.failure.kind == .nondeterministic)
  }

  @Test func whatAStepDidBesideOthersIsNotDeterministic() throws {
    let (settled, _) = try settle(
      withEscape(.failing()), Answers { _, _ in withEscape(.passing()) })
    #expect(settled?.failure.kind == .nondeterministic)
  }

  @Test func whatComesUpAgainIsSettled() throws {
    let first = withEscape(.failing(kind: .lostWakeUp))
    let (settled, _) = try settle(first, Answers { _, _ in first })
    #expect(settled?.failure.kind == .lostWakeUp)
  }
}
