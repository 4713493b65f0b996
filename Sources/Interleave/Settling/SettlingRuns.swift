import InterleaveEngine

/// Makes the runs by which one failure is settled, on terms that are the same for all of them.
final class SettlingRuns {
  private static let mostLostThreads = 200

  private let maker: any RunMaker
  private let progress: ShrinkingProgress
  /// The seed of what the program draws at random by itself.
  private let seed: UInt64
  /// Where the steps of the failure were interrupted, which may be more than is configured.
  private let interruptions: Interruptions
  /// How many threads the pool has, where a run does not bring that along; nil for what is
  /// configured.
  var poolWidth: Int?
  /// What random numbers are made from, where a run does not bring that along; nil for the seed.
  private let randomSeed: UInt64?
  /// What fails is a thread that runs no step: a run may have passed before it does.
  var awaitsCrashElsewhere = false
  /// Where runs are made.
  var place = RunPlace.here { didSet { lostThreads = 0 } }
  /// This is a child process, which has made as many runs ahead as it is to make.
  private var isRehearsed = false
  /// How many threads were lost with the steps that were stopped on them.
  private var lostThreads = 0
  /// What adds up over the runs.
  private(set) var tally = Tally()
  /// What making the failure small has cost.
  private(set) var effort: Effort
  /// Failures that are others than the one that is settled.
  private(set) var others: OtherFailures

  init(
    _ maker: any RunMaker, _ progress: ShrinkingProgress, seed: UInt64,
    interruptions: Interruptions = .never, poolWidth: Int? = nil, randomSeed: UInt64? = nil,
    beside failure: RunFailure,
    duration: Duration = FuzzConfiguration.Shrinking().duration
  ) {
    others = OtherFailures(than: failure)
    effort = Effort(duration, now: Takeover.realTime - maker.timeWaited)
    self.interruptions = interruptions
    self.poolWidth = poolWidth
    self.randomSeed = randomSeed
    self.maker = maker
    self.progress = progress
    self.seed = seed
  }

  /// Nobody wants it to end.
  var mayGoOn: Bool { !progress.isToEnd }

  /// There is also something left of what making a failure small may cost.
  var mayShrink: Bool { mayGoOn && effort.left > 0 && !effort.isCutShort && !isRehearsed }

  var isHere: Bool { if case .here = place { true } else { false } }

  /// Makes a run.
  func run(_ request: RunRequest) -> RunOutcome {
    progress.beginRun()
    let request = onTerms(request)
    let outcome = make(request)
    effort.note(outcome, place)
    effort.look(at: Takeover.realTime - maker.timeWaited)
    others.note(outcome)
    return outcome
  }

  private func make(_ request: RunRequest) -> RunOutcome {
    if case .child = place { return runInChild(request) }
    guard lostThreads < Self.mostLostThreads else { return .notMade }
    let outcome = maker.run(request)
    tally.note(outcome)
    if outcome.wasStopped { lostThreads += 1 }
    return outcome
  }

  /// Makes a run in a child process, which may have to be tried again unless it is to end.
  private func runInChild(_ request: RunRequest) -> RunOutcome {
    var outcome = RunOutcome.notMade
    for attempt in 0..<RunPlace.mostAttempts
    where !outcome.wasMade && (attempt == 0 || mayGoOn) {
      outcome = maker.run(request, attempts: 1)
    }
    return outcome
  }

  /// Tells which runs come next in any case, as long as they pass; nothing for none.
  func expect(_ series: [RunRequest]) { maker.expect(series.map(onTerms)) }

  /// Does what asks for runs, which a child process may make ahead by doing it from the beginning.
  func lookingAhead<Result>(
    _ work: @escaping (_ run: (RunRequest) -> RunOutcome) -> Result
  ) -> Result {
    maker.rehearse { [self] run in
      _ = work { request in
        let outcome = run(onTerms(request))
        isRehearsed = isRehearsed || !outcome.wasMade
        return outcome
      }
    }
    defer { maker.rehearse(nil) }
    return work { self.run($0) }
  }

  private func onTerms(_ request: RunRequest) -> RunRequest {
    var request = request
    request.place = place
    request.terms.seed = seed
    request.terms.interruptions = max(request.terms.interruptions, interruptions)
    request.terms.poolWidth = request.terms.poolWidth ?? poolWidth
    request.terms.randomSeed = request.terms.randomSeed ?? randomSeed
    request.terms.awaitsCrashElsewhere = awaitsCrashElsewhere
    return request
  }

  /// Whether a schedule fails in the same way as another one.
  func fails(
    like original: RunFailure, _ schedule: RecordedSchedule, _ draws: Draws,
    patience: Patience = .ordinary
  ) -> Bool {
    var request = RunRequest.replay(schedule, draws)
    request.terms.patience = patience
    return run(request).fails(like: original)
  }

  /// Lets as much be spent on experiments as showing that a failure is minimal may cost.
  func beginExperiments() { effort.allow(effort.limit / 5) }

  /// The smallest schedule so far, for who waits.
  func tell(best: RecordedSchedule) { progress.best = best }

  func warn(_ warning: String) { tally.warn(warning) }
}
