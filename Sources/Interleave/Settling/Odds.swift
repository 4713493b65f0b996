import InterleaveEngine

/// Finds out when a failure became likely: by runs that go on at random from more and more of its
/// steps.
struct Odds {
  /// After how many counts of steps, and how often from each.
  private static let mostCounts = 10
  private static let trials = 8
  /// Fewer tell nothing.
  private static let fewestTrials = 4

  private let failure: RunFailure
  private let schedule: RecordedSchedule
  private let draws: Draws
  private let counts: [Int]
  private let trials: Int
  /// The steps of all runs; a run may be long.
  private var steps = 0
  private static let mostSteps = 200_000
  private var count = 0
  private var trial = 0
  private(set) var chances: [Int: ExperimentFindings.Runs] = [:]

  /// Prepares runs on a failing run.
  ///
  /// - Parameters:
  ///   - outcome: The run, with its schedule and its draws.
  ///   - limit: The most runs.
  init?(of outcome: RunOutcome, atMost limit: Int) {
    guard let failure = outcome.failure, let schedule = outcome.schedule,
      let draws = outcome.draws
    else { return nil }
    self.failure = failure
    self.schedule = schedule
    self.draws = draws
    // Where nothing else could have run, nothing changes.
    let open = schedule.steps.indices.filter { schedule.steps[$0].enabled > 1 }.map { $0 + 1 }
    let stride = max(1, (open.count + Self.mostCounts - 1) / Self.mostCounts)
    let some = open.enumerated().filter { $0.offset % stride == stride - 1 }.map(\.element)
    let last = open.last.map { some.last == $0 ? [] : [$0] } ?? []
    counts = open.isEmpty ? [] : [0] + some + last
    trials = counts.isEmpty ? 0 : min(Self.trials, limit / counts.count)
    guard trials >= Self.fewestTrials else { return nil }
  }

  /// The next run; nil once nothing is left to find out.
  mutating func next() -> RunRequest? {
    guard count < counts.count, steps < Self.mostSteps else { return nil }
    var request = RunRequest.replay(schedule, draws)
    request.strategy = FollowOrder(
      schedule.steps.prefix(counts[count]).map(\.key), seed: UInt64(trial))
    request.terms.patience = .hasty
    return request
  }

  mutating func learn(_ outcome: RunOutcome) {
    steps += outcome.steps
    let fails = outcome.fails(like: failure)
    if outcome.wasMade, fails || outcome.failure == nil {
      if fails {
        chances[counts[count], default: .init()].failed += 1
      } else {
        chances[counts[count], default: .init()].passed += 1
      }
    }
    trial += 1
    guard trial == trials else { return }
    trial = 0
    count += 1
  }
}
