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
    let found = FoundFailure(first, schedulesTried: 3, seed: 8)
    let (outcome, runs) = settled(found, by: maker, resolved)
    var report = FuzzReport()
    runs.tally.complete(&report)
    return (outcome, report.warnings)
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
