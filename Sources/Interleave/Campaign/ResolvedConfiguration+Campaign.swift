import InterleaveEngine

/// What the parts of a campaign make of what is configured.
extension ResolvedConfiguration {
  /// Some runs cancel a task.
  var cancels: Bool { configuration.cancellation == .anyTask }

  /// The part of the campaign that is run.
  var shard: CampaignShard { configuration.shard }

  /// How long a step may take, in nanoseconds.
  var hangLimit: Int64 { Int64(clamping: configuration.hangLimit.nanoseconds) }

  /// How runs are kept apart from the process.
  var isolation: FuzzConfiguration.Isolation {
    let chosen = configuration.isolation
    // The address sanitizer tells of one error in a process, so that none can go on in this one.
    return chosen == .automatic && Sanitizer.isAddress ? .process : chosen
  }

  /// How many schedules in a row run what was generated once, before it is generated anew.
  static let schedulesPerDraw = 16

  /// What is generated for the run with an index: first the simplest, then at random.
  func drawingPlan(_ index: Int) -> DrawingPlan { Self.drawingPlan(index, seed: seed) }

  /// What is generated for the run with an index under a seed.
  static func drawingPlan(_ index: Int, seed: UInt64) -> DrawingPlan {
    let number = index / schedulesPerDraw
    return number == 0
      ? .simplest : .fresh(seed: SplitMix64.seed(seed, stream: UInt64.max - UInt64(number)))
  }

  /// Walks draw random numbers of their own.
  ///
  /// Where all schedules are to be run, a schedule must come to the same each time.
  var walksDrawTheirOwn: Bool {
    configuration.strategy.proof != .all && !configuration.strategy.isComplete
  }

  /// What the random numbers of the walk with a number are made from; nil for those of the campaign.
  func randomSeed(_ number: Int) -> UInt64? {
    walksDrawTheirOwn ? Self.randomSeed(number, seed: seed) : nil
  }

  /// What those of the walk with a number are made from under a seed, if it draws its own; the first
  /// draws those of the campaign.
  static func randomSeed(_ number: Int, seed: UInt64) -> UInt64? {
    guard number > 0 else { return nil }
    return SplitMix64.seed(SplitMix64.seed(seed, stream: 1 << 41), stream: UInt64(number))
  }

  /// What a run with an index, or a walk with a number, is told.
  func start(_ index: Int) -> RunStart {
    RunStart(index: index, seed: SplitMix64.seed(seed, stream: UInt64(index)))
  }
}

/// What a campaign may still spend.
struct Budget {
  private let schedules: Int
  private let until: FuzzConfiguration.StopRule?
  private let duration: Duration?
  private let isCancelledByUser: () -> Bool
  private let timeWaited: () -> Duration
  private let clock = ContinuousClock()
  private let began: ContinuousClock.Instant

  /// Begins to count the time.
  ///
  /// - Parameter timeWaited: How long runs have waited while those of others had the turn.
  init(
    _ configuration: FuzzConfiguration, isCancelled: @escaping () -> Bool,
    timeWaited: @escaping () -> Duration = { .zero }
  ) {
    self.timeWaited = timeWaited
    schedules = configuration.schedules
    until = configuration.until
    duration = configuration.duration
    isCancelledByUser = isCancelled
    began = clock.now
  }

  var elapsed: Duration { clock.now - began }

  /// The time that the campaign may take is over, not counting what it waited for its turn.
  var isTimeUp: Bool { duration.map { elapsed - timeWaited() >= $0 } ?? false }

  /// Somebody called off the test.
  var isCancelled: Bool { isCancelledByUser() }

  /// Why the run with an index does not take place; nil if it does.
  ///
  /// - Parameters:
  ///   - risk: How likely one more schedule is to show what none has shown.
  ///   - isElsewhere: It was made by a worker. Workers stop by themselves, and what they have
  ///     found by then counts.
  func ending(
    _ index: Int, _ risk: FuzzReport.ResidualRisk? = nil, isElsewhere: Bool = false
  ) -> FuzzReport.Ending? {
    guard index < schedules else { return .schedules }
    guard index > 0 else { return nil }
    if isCancelled { return .cancellation }
    if !isElsewhere, isTimeUp { return .duration }
    return until.flatMap { $0.isMet(by: risk) ? $0.ending : nil }
  }
}
