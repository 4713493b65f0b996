import InterleaveEngine

/// Makes sure that a run that has failed says something about the program: others may have brought
/// the failure about by being late, such as threads, queues, processes.
///
/// What rests on nobody's doing something is true only if somebody was given the time for
/// it; and what comes up only now and then where a thread takes part is not to be blamed on
/// the program. A run that is not sure is made again, with all the time that is given to
/// others: a run that waits less fails by itself where the machine is busy. And a step that hangs
/// while another one is interrupted inside may turn until that goes on, as natively it does: such a
/// run is made again in whole steps.
struct Doubt {
  private let failure: RunFailure
  private let schedule: RecordedSchedule
  private let draws: Draws
  private let firstEscapes: [SeenEscape]
  /// The step hung while others were interrupted inside.
  private var isInside = false
  private var again: RunOutcome?

  /// - Returns: Nil where there is nothing to doubt.
  init?(about outcome: RunOutcome) {
    guard let failure = outcome.failure, let schedule = outcome.schedule, let draws = outcome.draws,
      outcome.wasHasty || (failure.kind.isToldByTime && !outcome.escapes.isEmpty)
    else { return nil }
    self.failure = failure
    self.schedule = schedule
    self.draws = draws
    firstEscapes = outcome.escapes
  }

  /// The same of a failure that another process has found.
  init?(about found: FoundFailure) {
    isInside =
      found.failure.kind == .hang && !found.failure.isForEver
      && Interruptions(of: found.schedule.deviations) != .never
    let isLate =
      found.failure.kind.isToldByTime && !found.isSure && found.interleaving == nil
    guard isInside || isLate else { return nil }
    failure = found.failure
    schedule = found.schedule
    draws = found.draws
    firstEscapes = []
  }

  /// The run that tells; nil once it is known whether the failure says something.
  func next() -> RunRequest? {
    guard again == nil else { return nil }
    var request = RunRequest.replay(schedule, draws)
    request.terms.patience = .careful
    request.terms.runsWholeSteps = isInside
    return request
  }

  mutating func learn(_ outcome: RunOutcome) { again = outcome }

  /// It came up again.
  ///
  /// What has to be stopped waits for nobody who is only late.
  var isDispelled: Bool { again.map { $0.wasStopped || $0.fails(like: failure) } ?? false }

  /// What is said of a failure that did not come up again.
  var warning: String {
    guard isInside else {
      return Self.warning(about: failure, firstEscapes + (again?.escapes ?? []))
    }
    return "a step seemed to hang while another one was interrupted inside, but not in whole "
      + "steps, so that it says nothing about the test: \(failure.message). It may be a lock of the "
      + "program's own that turns until it is free; with `interruptions: .never` the search goes on"
  }

  static func warning(about failure: RunFailure, _ escapes: [SeenEscape]) -> String {
    let who =
      (escapes.first { $0.escape.kind == .foreignThread } ?? escapes.first)?.words
      ?? "somebody outside of the run's control let a task go on"
    return
      "a schedule failed once, but not when others were given more time, so that it says nothing "
      + "about the test: \(failure.kind.words). \(who); `foreignGrace` is how long it is waited for"
  }
}
