import InterleaveEngine

/// One run that is to be made.
struct RunRequest {
  /// What makes the choices.
  var strategy: any Strategy
  /// The run's number and seed, as the strategy is told.
  var start = RunStart(index: 0, seed: 0)
  /// Where the run takes what it draws from.
  var plan = DrawingPlan.simplest
  /// What decides whom it cancels; nil where nobody is to be.
  var canceller: (any Canceller)?
  var terms = RunTerms()
  /// What is wanted of it besides how it ended.
  var wants: RunWants = []
  var place = RunPlace.here

  /// The run that another one was, made again.
  static func replay(_ schedule: RecordedSchedule, _ draws: Draws) -> RunRequest {
    var request = replay(schedule.deviations, cancelling: schedule.cancellation, .replay(draws))
    request.terms.poolWidth = schedule.poolWidth
    request.terms.randomSeed = schedule.randomSeed
    return request
  }

  /// The run with the given choices, made again.
  static func replay(
    _ deviations: [RawDeviation], cancelling cancellation: RecordedCancellation?,
    _ plan: DrawingPlan
  ) -> RunRequest {
    var request = RunRequest(
      strategy: Replay(deviations), plan: plan,
      canceller: cancellation.map { ReplayCancellation($0) })
    request.terms.interruptions = Interruptions(of: deviations)
    return request
  }
}

/// On which terms a run is made; nil is what is configured.
struct RunTerms {
  /// The seed of what the program under test draws at random by itself.
  var seed: UInt64?
  /// The same for this run alone.
  var randomSeed: UInt64?
  /// Where it waits for others.
  var patience = Patience.ordinary
  /// The number of steps above which it is taken to be endless.
  var stepLimit: Int?
  /// How many nanoseconds it waits for a thread that it does not control.
  var foreignGrace: Int64?
  /// Where steps can be interrupted inside at least, whatever is configured.
  var interruptions = Interruptions.never
  /// No step is interrupted inside.
  var runsWholeSteps = false
  /// How many threads the pool has.
  var poolWidth: Int?
  /// What fails is a thread that runs no step: the run may have passed before it does.
  var awaitsCrashElsewhere = false
}

/// What is wanted of a run besides how it ended: what is dear is made only where it is.
struct RunWants: OptionSet {
  let rawValue: UInt16

  /// What counts in the report of a campaign.
  static let count = RunWants(rawValue: 1 << 0)
  /// The schedule although it passes.
  static let schedule = RunWants(rawValue: 1 << 1)
  /// What was drawn although it passes.
  static let draws = RunWants(rawValue: 1 << 2)
  /// What it did, for words.
  static let trace = RunWants(rawValue: 1 << 3)
  /// The same where it fails.
  static let traceOfFailure = RunWants(rawValue: 1 << 4)
  /// What was generated, for people.
  static let texts = RunWants(rawValue: 1 << 5)
  /// What each step changed: something looks at the program around each.
  static let changes = RunWants(rawValue: 1 << 6)
  /// What tells its interleaving from others.
  static let signature = RunWants(rawValue: 1 << 7)
  /// What the steps touched, where it passes.
  static let touches = RunWants(rawValue: 1 << 8)
  /// By what steps may share something unseen, while a ``SharingWatch`` is kept.
  static let unseen = RunWants(rawValue: 1 << 9)
  /// Whether the dependency relation covers it.
  static let limits = RunWants(rawValue: 1 << 10)
  /// What the steps touched, where it fails.
  static let touchesOfFailure = RunWants(rawValue: 1 << 11)

  /// In which orders steps of different tasks ran on actors.
  static let orders = RunWants(rawValue: 1 << 12)

  /// How likely walks come to its interleaving.
  static let odds = RunWants(rawValue: 1 << 13)
  /// Whether a step could be interrupted to another end, where it passes.
  static let division = RunWants(rawValue: 1 << 14)

  /// All that it takes to compare another run with it.
  static let comparison: RunWants = [.schedule, .draws, .trace]
}

/// Where a run is made.
enum RunPlace {
  /// How often it is tried to make a run in a child process.
  static let mostAttempts = 3

  /// On the thread that asks for it.
  case here
  /// On a thread of its own, which a step that crashes or hangs does not survive.
  case thread(hangLimit: Int64)
  /// In a child process.
  case child(hangLimit: Int64)

  func with(hangLimit: Int64) -> RunPlace {
    switch self {
    case .here: .here
    case .thread: .thread(hangLimit: hangLimit)
    case .child: .child(hangLimit: hangLimit)
    }
  }
}
