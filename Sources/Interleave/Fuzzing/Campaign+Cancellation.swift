import InterleaveEngine

extension Campaign {
  /// Some runs cancel a task.
  var cancels: Bool { resolved.configuration.cancellation == .anyTask }

  /// Of so many runs in a row, the first cancels nobody.
  private static let cancellationPeriod = 4

  /// What cancels a task in the run with an index of an exploration; nil where none is
  /// to be cancelled.
  ///
  /// Whom and when is drawn from a stream of its own, so that neither the schedule nor
  /// what is generated depends on it.
  ///
  /// - Parameters:
  ///   - average: How many steps runs take on average.
  ///   - always: Every run is to cancel one, since there is no new schedule.
  func canceller(forRun index: Int, within average: Int, always: Bool) -> (any Canceller)? {
    guard cancels, index > 0, always || !index.isMultiple(of: Self.cancellationPeriod) else {
      return nil
    }
    let seed = SplitMix64.seed(
      SplitMix64.seed(resolved.seed, stream: 1 << 40), stream: UInt64(index))
    // A cancelled run may be shorter than others, so look a little beyond the average.
    return RandomCancellation(seed: seed, within: max(1, average + average / 4))
  }

  /// Makes a run cancel the task that another one cancelled.
  func repeatCancellation(of schedule: RecordedSchedule) {
    machine.canceller = schedule.cancellation.map { ReplayCancellation($0) }
  }

  /// Looks for the same failure without the cancellation.
  ///
  /// The failing schedule is tried as it is, then the baseline, then random ones.
  ///
  /// - Parameter effort: How many random schedules are tried.
  /// - Returns: A schedule that fails without; nil if none was found.
  func withoutCancellation(
    _ schedule: RecordedSchedule, like original: RunFailure, draws: Draws, effort: Int
  ) -> (schedule: RecordedSchedule?, runs: Int) {
    guard schedule.cancellation != nil else { return (nil, 0) }
    machine.canceller = nil
    plan = .replay(draws)
    let walk = RandomWalk()
    for number in 0..<effort + 2 where mayShrink {
      let strategy: any Strategy =
        switch number {
        case 0: Replay(schedule.deviations)
        case 1: Baseline()
        default: walk
        }
      var found: RecordedSchedule?
      let start = RunStart(
        index: number, seed: SplitMix64.seed(resolved.seed, stream: UInt64(number)))
      _ = execute(strategy, start) { [self] failure in
        guard let failure, failure.isLike(original) else { return }
        found = machine.recordedSchedule(upTo: failure.steps)
      }
      if found != nil { return (found, number + 1) }
    }
    return (nil, effort + 2)
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
  private let machine: Machine
  private var namer: StepNamer
  private(set) var found = false

  init(
    _ cancellation: Interleaving.Cancellation, strictness: EntryMatcher.Strictness,
    machine: Machine
  ) {
    self.cancellation = cancellation
    self.strictness = strictness
    self.machine = machine
    namer = StepNamer(machine)
  }

  func begin() {
    namer = StepNamer(machine)
    found = false
  }

  func choose(at moment: CancellationMoment) -> Int? {
    guard
      EntryMatcher.matches(
        namer.name(moment.inspectedLast), cancellation.after, by: strictness),
      let task = moment.tasks.first(where: { moment.path(of: $0) == cancellation.task })
    else { return nil }
    found = true
    return task
  }
}
