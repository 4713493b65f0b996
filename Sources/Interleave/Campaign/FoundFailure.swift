import InterleaveEngine

/// A failing schedule that is on its way into a report.
struct FoundFailure {
  var failure: RunFailure
  var schedule: RecordedSchedule
  /// What was generated for it.
  var draws: Draws
  /// The run, to compare another one with; nil for what was replayed.
  var kept: RunOutcome?
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
  /// Something left the control of its run.
  var hasEscapes = false
  /// It has been made sure that nobody was only late.
  var isSure = false
  /// How it went, as far as was seen at once; nil where it can be made again.
  var interleaving: Interleaving?
}

extension FoundFailure {
  /// The failure of a run that failed.
  ///
  /// Of one that was stopped, all is kept that can be told, since it may not come up again.
  init(_ outcome: RunOutcome, schedulesTried: Int, seed: UInt64, isKept: Bool = true) {
    guard let failure = outcome.failure, let schedule = outcome.schedule, let draws = outcome.draws
    else { preconditionFailure("a run that has failed tells its choices") }
    self.init(
      failure: failure, schedule: schedule, draws: draws, schedulesTried: schedulesTried,
      seed: seed)
    hasEscapes = !outcome.escapes.isEmpty
    if outcome.wasStopped {
      interleaving = outcome.interleaving
    } else if isKept {
      kept = outcome
    }
  }
}

extension FuzzFailure.Kind {
  /// It shows only by what has not happened after a time, or a number of steps.
  var isToldByTime: Bool {
    [.livelock, .lostWakeUp, .deadlock, .leakedTask, .leakedContinuation].contains(self)
  }

  /// Without isolation, the process would end or stand still.
  var endsTheProcess: Bool { self == .crash || self == .hang }
}

extension FuzzFailure.Size {
  init(_ schedule: RecordedSchedule, _ draws: Draws) {
    self.init(
      steps: schedule.wholeSteps, preemptions: schedule.preemptions,
      deviations: schedule.deviations.count, lanes: draws.lanes.count, operations: draws.count)
  }
}
