import InterleaveEngine

/// The walks of an exploration: the runs that its strategy chooses, in shares.
///
/// They are numbered, and what is run depends on a walk's number and its share alone. So it makes
/// no difference who makes them.
struct Walks {
  /// Of so many runs in a row, the first cancels nobody.
  private static let cancellationPeriod = 4

  /// The first walks are all looked at, and one of so many later on.
  private static let alwaysLookedAt = 64
  private static let lookingPeriod = 16

  private let resolved: ResolvedConfiguration
  let names: [String]
  private(set) var share: Share
  /// The place of the share among those of this shard.
  private(set) var place = 0
  /// The number of the next walk.
  private(set) var number = 0
  private let first: FirstWalk
  /// What a walk is when it is to cancel a task, which a systematic strategy could not follow.
  private let cancelledWalk = RandomWalk()

  init(_ resolved: ResolvedConfiguration) {
    self.resolved = resolved
    let configuration = resolved.configuration
    let choice = configuration.strategy
    share = Share(0, of: choice)
    names = Share.names(of: share.strategy, choice)
    first = FirstWalk(
      of: share.strategy,
      isKept: choice.makeLater != nil
        && (configuration.schedules > ShareCut.first || !resolved.shard.isFirst))
  }

  /// The next walk is made for what strategies learn from it: it is another shard's.
  var isPreparation: Bool { number == 0 && !resolved.shard.isFirst }

  /// The number after that of the share's last walk.
  var end: Int { place == 0 && !resolved.shard.isFirst ? 1 : share.range.upperBound }

  /// The walks of the share have all been made.
  var isShareOver: Bool { number >= end }

  /// The number of the walk that is made next, be it of this share or of the next.
  var nextNumber: Int {
    guard isShareOver else { return number }
    guard resolved.configuration.strategy.makeLater != nil else { return .max }
    return ShareCut.range(of: resolved.shard.share(at: place + 1)).lowerBound
  }

  /// Goes on with a later share.
  ///
  /// - Parameter place: Its place among those of this shard.
  mutating func beginShare(_ place: Int) {
    self.place = place
    share = Share(
      resolved.shard.share(at: place), of: resolved.configuration.strategy, names: names,
      after: first.listed)
    number = share.range.lowerBound
  }

  /// The next walk.
  func request() -> RunRequest {
    let canceller = canceller
    // A search of all schedules must not meet a run that differs by more than choices.
    let isApart = canceller != nil && resolved.configuration.strategy.isComplete
    var request = RunRequest(
      strategy: number == 0 ? first : isApart ? cancelledWalk : share.strategy,
      start: resolved.start(number), plan: resolved.drawingPlan(number), canceller: canceller,
      wants: Repetition.wants(number))
    if isLookedAt { request.wants.insert(.orders) }
    if isWeighed { request.wants.insert(.odds) }
    // A proof is watched over by walks of whole steps.
    request.terms.runsWholeSteps = runsWholeSteps
    request.terms.randomSeed = resolved.randomSeed(number)
    return request
  }

  private var runsWholeSteps: Bool {
    resolved.configuration.strategy.proof == .all && number.isMultiple(of: 2)
  }

  /// The orders in which steps run in the next walk count for what was covered.
  ///
  /// To look at them costs a tenth of the walk, so that not all are looked at. Which ones depends on
  /// their numbers alone.
  private var isLookedAt: Bool {
    !isPreparation && (number < Self.alwaysLookedAt || number.isMultiple(of: Self.lookingPeriod))
  }

  /// So many walks at the beginning may tell how many interleavings there are, and one of so many
  /// later on.
  private static let alwaysWeighed = 512
  private static let weighingPeriod = 8

  /// It is looked at how likely the interleaving of the next walk is.
  private var isWeighed: Bool {
    resolved.configuration.strategy.proof != .none && !resolved.cancels && number > 0
      && (number < Self.alwaysWeighed || number.isMultiple(of: Self.weighingPeriod))
  }

  /// Steps could be interrupted in the walk that was asked for.
  var couldInterruptSteps: Bool {
    number > 0 && share.strategy.interruptsSteps && !runsWholeSteps
  }

  /// Of so many walks, one interrupts steps if the strategy ever does.
  private static let mostOfWholeSteps = 16

  /// Without a choice, every walk is the baseline.
  ///
  /// Of whole steps there may be no choice where there is one inside; and where a step was blocked, a
  /// narrower pool makes a difference.
  ///
  /// - Parameters:
  ///   - outcome: What the last one came to.
  ///   - couldInterrupt: In that, steps could be interrupted inside.
  ///   - tally: How many choices there were.
  ///   - schedules: How many were run in all.
  func haveNoChoice(
    _ outcome: RunOutcome, couldInterrupt: Bool, _ tally: Tally, after schedules: Int
  ) -> Bool {
    let configuration = resolved.configuration
    let isInside =
      configuration.interruptions != .never && Interruptions.obstacle == nil
      && tally.mostTasks > 1
    let mayStarve =
      configuration.poolWidth == .automatic && outcome.limits.contains(.interruptions)
    return tally.choices == 0 && !mayStarve
      && (!isInside || couldInterrupt || schedules > Self.mostOfWholeSteps)
  }

  /// What cancels a task in the next walk; nil where none is to be cancelled.
  ///
  /// Whom and when is drawn from a stream of its own, so that neither the schedule nor
  /// what is generated depends on it.
  private var canceller: (any Canceller)? {
    // Without a new schedule, a cancellation makes the difference.
    guard resolved.cancels, number > 0,
      share.strategy.isExhausted || !number.isMultiple(of: Self.cancellationPeriod)
    else { return nil }
    let seed = SplitMix64.seed(
      SplitMix64.seed(resolved.seed, stream: 1 << 40), stream: UInt64(number))
    let average = share.averageSteps
    // A cancelled run may be shorter than others, so look a little beyond the average.
    return RandomCancellation(seed: seed, within: max(1, average + average / 4))
  }

  /// What is kept of the walk that has just been made.
  ///
  /// - Parameter isGenerated: Runs differ by what is generated for them.
  func note(_ outcome: RunOutcome, isGenerated: Bool) -> RunNote {
    RunNote(
      signature: outcome.signature, returned: outcome.returned,
      draws: isGenerated ? outcome.draws?.hash ?? 0 : 0,
      steps: Int32(truncatingIfNeeded: outcome.steps),
      choices: Int32(truncatingIfNeeded: outcome.choices),
      place: number == 0 ? -1 : Int32(share.lastPlace),
      // Only the search is watched: what it meets unseen, it meets in its own runs.
      limits: outcome.limits.subtracting(.sharing),
      isDrawn: number > 0 && share.strategy.drewLastRun, isCancelled: outcome.hasCancelled,
      isGenerated: isGenerated, odds: outcome.odds, mayInterrupt: couldInterruptSteps,
      cameToPoints: outcome.cameToPoints)
  }

  /// Goes on to the next walk of the share.
  mutating func pass(_ note: RunNote) {
    number += 1
    share.add(steps: Int(note.steps))
  }
}

/// The first walk of all: the baseline, which shows a strategy how many steps and tasks there are.
private final class FirstWalk: Strategy {
  private let baseline = Baseline()
  private let strategy: any Strategy
  private let isKept: Bool
  /// The run, for strategies that begin later.
  private(set) var listed: ListedRun?

  init(of strategy: any Strategy, isKept: Bool) {
    self.strategy = strategy
    self.isKept = isKept
  }

  func begin(_ run: RunStart) { baseline.begin(run) }

  var interruptsSteps: Bool { baseline.interruptsSteps }

  func choose(among steps: EnabledSteps) -> Int { baseline.choose(among: steps) }

  func end(_ run: RunRecord) {
    strategy.end(run)
    if isKept { listed = ListedRun(run) }
  }
}
