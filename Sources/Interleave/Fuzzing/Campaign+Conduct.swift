import Foundation
import InterleaveEngine

/// A failing schedule that is on its way into a report.
struct FoundFailure {
  var failure: RunFailure
  var schedule: RecordedSchedule
  /// What was generated for it.
  var draws: Draws
  /// The run, to compare another one with; nil for what was replayed.
  var kept: KeptRun?
  /// The corpus file that led to it, if one did.
  var corpusFile: String?
  /// The corpus entry near whose interleaving it was found, where that has gone.
  var repaired: StaleEntry?
  /// How many schedules were run until it failed, this one included.
  var schedulesTried: Int
  /// The seed of its values; a corpus entry brings its own.
  var seed: UInt64
  /// The strategy that found it; nil for what was replayed.
  var strategy: String?
  /// The corpus entry that it was found around, if it was.
  var halfFix: FuzzFailure.HalfFix?
  /// It has been made sure that nobody was only late.
  var isSure = false
  /// How it went, as far as was seen at once; nil where it can be made again.
  var interleaving: Interleaving?
}

extension Campaign {
  /// Replays the corpus, then explores, and makes a failure small and clear.
  ///
  /// - Parameter recordsExpectations: Lets the issue of the minimal run through.
  /// - Throws: ``CorpusFileError`` for a corpus file that cannot be used.
  func conduct(recordsExpectations: Bool) throws(CorpusFileError) -> FuzzResult {
    openCorpus()
    if let found = try search(), isSure(of: found) {
      var settled = settle(found, recordsExpectations: recordsExpectations)
      finishReport()
      settled.failure.escapes = report.escapes
      return FuzzResult(
        outcome: .failed(settled.failure, report), isRecorded: settled.isRecorded)
    }
    finishReport()
    if let failure = unreachableOrder() ?? judgeNothingInterleaved() {
      return FuzzResult(outcome: .failed(failure, report))
    }
    return FuzzResult(outcome: .passed(report), cancellation: run.cancellation)
  }

  // MARK: From a failure to a report

  /// Shrinks a failure, and says what happened in it.
  ///
  /// - Returns: The failure for people, and what is left of it.
  func explain(_ found: FoundFailure) -> (FuzzFailure, ShrunkFailure) {
    machine.settings.environmentSeed = found.seed
    lastMessage = nil
    let shrunk = shrink(found)
    plan = .replay(shrunk.draws)
    repeatCancellation(of: shrunk.schedule)
    // That it fails is known; now it is looked at.
    machine.settings.patience = .hasty
    let interleaving = interleaving(of: shrunk.schedule, like: found.failure)
    machine.settings.patience = .ordinary
    let texts = texts(of: programRun)
    var failure = FuzzFailure(
      kind: found.failure.kind, message: found.failure.message,
      sourceLocation: found.failure.location,
      interleaving: interleaving, inputs: texts.inputs, operations: texts.operations,
      original: FuzzFailure.Size(found.schedule, found.draws), isMinimal: shrunk.isMinimal,
      seed: found.seed, schedulesTried: found.schedulesTried, strategy: found.strategy,
      strategies: found.strategy == nil ? [] : report.strategies,
      corpusFile: found.corpusFile, halfFix: found.halfFix,
      replayCommand: test.replayCommand, test: test.name)
    if let message = lastMessage { failure.message = message }
    return (failure, shrunk)
  }

  /// Runs a failing schedule once more, to see what each of its steps does.
  private func interleaving(
    of schedule: RecordedSchedule, like failure: RunFailure
  ) -> Interleaving {
    let inspector = StepInspector()
    var result: Interleaving?
    for inspects in [true, false] where result == nil {
      run.inspector = inspects ? inspector : nil
      // Looking at actors may keep one alive a little longer. Where that changes
      // the run, it is shown without what its steps changed.
      _ = execute(Replay(schedule.deviations), RunStart(index: 0, seed: 0)) { [self] again in
        guard let again, again.isLike(failure) else { return }
        lastMessage = again.message
        result = Explainer(machine).interleaving(
          upTo: again.steps, seenBy: inspects ? inspector : nil)
      }
      run.inspector = nil
    }
    return result ?? Interleaving()
  }

  /// Runs the minimal schedule with its issue let through.
  ///
  /// - Returns: The issue was recorded.
  func recordIssue(
    of failure: FuzzFailure, schedule: RecordedSchedule, seed: UInt64
  ) -> Bool {
    capture.passNext(with: failure.description)
    _ = execute(Replay(schedule.deviations), RunStart(index: 0, seed: 0))
    return capture.stopPassing()
  }

  private func unreachableOrder() -> FuzzFailure? {
    guard run.cancellation == nil, let complaint = order.complaint else { return nil }
    return FuzzFailure(
      kind: .unreachableOrder, message: complaint, seed: resolved.seed,
      schedulesTried: report.schedules, test: test.name)
  }

  /// Judges a test in which nothing was interleaved.
  ///
  /// - Returns: The failure that it is; nil where it is none, or only worth a warning: a test that
  ///   keeps an old failure is of use all the same, and of one that never suspends, as tests that
  ///   are not async, nothing else can be expected.
  private func judgeNothingInterleaved() -> FuzzFailure? {
    guard let failure = nothingInterleaved() else { return nil }
    let neverSuspends = report.steps == report.schedules && report.escapes.isEmpty
    guard report.replayed > 0 || neverSuspends else { return failure }
    let advice =
      report.replayed > 0
      ? "The corpus entries of this test were replayed, so it is of use as a regression test"
      : "The body never suspends: make it async and let two tasks run at the same time, or take the "
        + "fuzzing off it"
    report.warnings.append("\(failure.message) \(advice).")
    return nil
  }

  private func nothingInterleaved() -> FuzzFailure? {
    guard resolved.mode == .fuzz, report.schedules > 0, report.choices == 0,
      report.cancellations == 0, run.cancellation == nil,
      resolved.configuration.checks.contains(.nothingInterleaved)
    else { return nil }
    return FuzzFailure(
      kind: .nothingInterleaved,
      message: """
        nothing was interleaved: in no moment of the run could more than one step have run, so \
        every schedule is the same and the test proves nothing about concurrency. \
        \(report.escapes.isEmpty ? "Let at least two tasks run at the same time." : "What ran outside of Interleave's control: \(report.escapes.joined(separator: "; ")).")
        """,
      seed: resolved.seed, schedulesTried: report.schedules, test: test.name)
  }
}

extension FuzzFailure.Size {
  init(_ schedule: RecordedSchedule, _ draws: Draws) {
    self.init(
      steps: schedule.steps.count, preemptions: schedule.preemptions,
      deviations: schedule.deviations.count, lanes: draws.lanes.count, operations: draws.count)
  }
}
