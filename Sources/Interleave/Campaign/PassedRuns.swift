/// Judges a test in which no run has failed: it may have tested nothing.
struct PassedRuns {
  private let test: TestIdentity
  private let resolved: ResolvedConfiguration
  private let tally: Tally

  /// How the message begins that says that a test has proved nothing.
  static let nothing = "nothing was interleaved"

  init(_ test: TestIdentity, _ resolved: ResolvedConfiguration, _ tally: Tally) {
    self.test = test
    self.resolved = resolved
    self.tally = tally
  }

  /// What the test came to; what is only worth a warning is added to the report.
  func judge(_ report: inout FuzzReport) -> FuzzOutcome {
    let awaits = UnsuspendedAwaits(tally.noticed.awaits, ofTestsIn: test.module)
    if var failure = unreachableOrder(report) ?? judgeNothingInterleaved(&report) {
      if failure.kind == .nothingInterleaved, let facts = awaits.facts.first {
        failure.message += " \(facts)."
      }
      return .failed(failure, report)
    }
    if resolved.mode == .fuzz {
      if !report.isExhaustive { report.coverage = tally.noticed.orders.coverage }
      report.warnings += tally.noticed.missed(in: report.schedules)
      if report.choices > 0 { report.warnings += awaits.warnings(in: report.schedules) }
    }
    return .passed(report)
  }

  private func unreachableOrder(_ report: FuzzReport) -> FuzzFailure? {
    guard tally.cancellation == nil,
      let complaint = OrderPlan(resolved.configuration).complaint(after: tally.order)
    else { return nil }
    return FuzzFailure(
      kind: .unreachableOrder, message: complaint, seed: resolved.seed,
      schedulesTried: report.schedules, test: test.name)
  }

  /// Judges a test in which nothing was interleaved.
  ///
  /// - Returns: The failure that it is; nil where it is none, or only worth a warning: a test that
  ///   keeps an old failure is of use all the same, and of one that never suspends, as tests that
  ///   are not async, or that has a single task, nothing else can be expected.
  private func judgeNothingInterleaved(_ report: inout FuzzReport) -> FuzzFailure? {
    guard let failure = nothingInterleaved(report) else { return nil }
    guard let advice = excuse(report) else { return failure }
    report.warnings.append("\(failure.message) \(advice).")
    return nil
  }

  /// Why it is only worth a warning, and what to do about it; nil where it is a failure.
  private func excuse(_ report: FuzzReport) -> String? {
    if report.replayed > 0 {
      return "The corpus entries of this test were replayed, so it is of use as a regression test"
    }
    guard report.escapes.isEmpty, report.partners.isEmpty else { return nil }
    if report.steps == report.schedules {
      return
        "The body never suspends: make it async and let two tasks run at the same time, or take "
        + "the fuzzing off it"
    }
    return tally.mostTasks == 1
      ? "The body is a single task: start another one beside it, as with `async let`, or take the "
        + "fuzzing off it" : nil
  }

  private func nothingInterleaved(_ report: FuzzReport) -> FuzzFailure? {
    guard resolved.mode == .fuzz, report.schedules > 0, report.choices == 0,
      report.cancellations == 0, tally.cancellation == nil,
      resolved.configuration.checks.contains(.nothingInterleaved)
    else { return nil }
    return FuzzFailure(
      kind: .nothingInterleaved,
      message: """
        \(Self.nothing): in no moment of the run could more than one step have run, so \
        every schedule is the same and the test proves nothing about concurrency. \
        \(report.escapes.isEmpty ? "Let at least two tasks run at the same time." : "What ran outside of Interleave's control: \(report.escapes.joined(separator: "; ")).") \
        `configuration.checks.remove(.nothingInterleaved)` turns this check off.
        """,
      seed: resolved.seed, schedulesTried: report.schedules, test: test.name)
  }
}
