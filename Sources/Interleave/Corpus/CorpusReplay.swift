import InterleaveEngine

/// Finds the interleaving of a corpus entry again, in a program that may have
/// changed since.
final class CorpusReplay: Strategy {
  private var matcher: EntryMatcher
  private var namer: StepNamer?

  init(_ matcher: EntryMatcher) {
    self.matcher = matcher
  }

  func begin(_ run: RunStart) { namer = nil }

  func choose(among steps: EnabledSteps) -> Int {
    let namer = self.namer ?? StepNamer(steps.inspectedRun)
    self.namer = namer
    return matcher.choose(among: steps.count) { namer.name(steps.inspect(at: $0)) }
  }

  /// How much of the interleaving was there, once the run is over.
  func outcome(of trace: RunTrace) -> MatchOutcome {
    let namer = StepNamer(trace)
    return matcher.outcome(ran: trace.steps.map { namer.name($0.key) })
  }
}

/// Cancels the task that a corpus entry cancels.
protocol StoredCanceller: Canceller {
  /// The task was there, after a step like the one that was stored.
  var found: Bool { get }
}

/// Finds the cancellation of a corpus entry again, in a program that may have changed
/// since.
final class CorpusCancellation: StoredCanceller {
  private let cancellation: Interleaving.Cancellation
  private let strictness: EntryMatcher.Strictness
  private var namer: StepNamer?
  private(set) var found = false

  init(_ cancellation: Interleaving.Cancellation, strictness: EntryMatcher.Strictness) {
    self.cancellation = cancellation
    self.strictness = strictness
  }

  func begin() {
    namer = nil
    found = false
  }

  func choose(at moment: CancellationMoment) -> Int? {
    let namer = self.namer ?? StepNamer(moment.inspectedRun)
    self.namer = namer
    guard
      EntryMatcher.matches(
        namer.name(moment.inspectedLast), cancellation.after, by: strictness),
      let task = moment.tasks.first(where: { moment.path(of: $0) == cancellation.task })
    else { return nil }
    found = true
    return task
  }
}
