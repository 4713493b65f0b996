import InterleaveEngine

/// What an exploration has come to so far.
///
/// Two streams of runs make it up. *Walks* are chosen by a strategy; they are numbered, and
/// what is run depends on a walk's number and its share alone. The runs of the search for a proof
/// come between them, in an order that depends on what both have shown. So it makes no
/// difference who makes the walks, as long as they are learned from in their order.
final class Exploration {
  /// Where the walks of a share are made.
  enum Source {
    case here
    case elsewhere(ShareLog)
  }

  let choice: FuzzConfiguration.StrategyChoice
  let names: [String]
  var share: Share
  var source = Source.here
  var workers: Workers?
  /// How many schedules were run in all.
  private(set) var schedules = 0
  /// The number of the next walk.
  private(set) var nextWalk = 0
  /// What the walks of each strategy were used for, and the runs of the search.
  private var spent: [StrategyShare]
  private var searched = StrategyShare(name: FuzzConfiguration.StrategyChoice.reduction.name)
  private(set) var risk: RiskEstimator
  var proof: ProofAttempt
  /// The first run, for strategies that begin later.
  var baseline: ListedRun?
  /// The search chose the run that is going on.
  var isSearching = false
  /// What a walk is when it is to cancel a task, which a systematic strategy could not follow.
  let cancelledWalk = RandomWalk()

  /// Gets ready.
  ///
  /// - Parameters:
  ///   - configuration: How many schedules there may be, and what chooses them.
  ///   - isGenerated: Runs differ by what is generated for them.
  ///   - isWatched: What steps do that is shared unseen can be watched for.
  init(_ configuration: FuzzConfiguration, isGenerated: Bool, isWatched: Bool = true) {
    choice = configuration.strategy
    share = Share(0, of: choice)
    names = Share.names(of: share.strategy, choice)
    spent = names.map { StrategyShare(name: $0) }
    risk = RiskEstimator(includesInputs: isGenerated)
    let isPlain = !isGenerated && configuration.cancellation == .never
    proof = ProofAttempt(
      effort: isPlain ? choice.proof : .none, schedules: configuration.schedules
    ) { isWatched ? SharingWatch() : nil }
  }

  /// What was used for what, the baseline left out.
  var strategies: [StrategyShare] { choice.proof == .none ? spent : spent + [searched] }

  /// Walks are cut into shares, and there may be more than one.
  var isCut: Bool { choice.makeLater != nil }

  /// The walks of the share have all been learned from.
  var isShareOver: Bool {
    switch source {
    case .here: nextWalk >= share.range.upperBound
    case .elsewhere(let log): log.isOver
    }
  }

  /// A worker has made the walks of the share.
  var isElsewhere: Bool {
    if case .elsewhere = source { true } else { false }
  }

  /// Goes on with a later share.
  func beginShare(_ number: Int) {
    share = Share(number, of: choice, names: names, after: baseline)
    nextWalk = share.range.lowerBound
    source = .here
  }

  /// Learns from the next walk.
  ///
  /// - Parameters:
  ///   - note: What it was.
  ///   - isNew: No run before had its interleaving.
  ///   - isGenerated: Runs differ by what is generated for them.
  func learn(_ note: RunNote, isNew: Bool, isGenerated: Bool) {
    let walk = nextWalk
    schedules += 1
    pass(note)
    if note.place >= 0 { spent[Int(note.place)].add(isNew: isNew) }
    assess(note, walk: walk, isGenerated: isGenerated)
    proof.learn(
      note.signature, steps: Int(note.steps), limits: note.limits, unseen: nil, isOfSearch: false)
  }

  /// Goes on to the next walk of the share.
  func pass(_ note: RunNote) {
    nextWalk += 1
    share.add(steps: Int(note.steps))
  }

  /// Learns from a run of the search for a proof.
  func learn(
    search signature: UInt64, steps: Int, isNew: Bool, limits: ReductionLimits,
    unseen: UnseenSharing?
  ) {
    schedules += 1
    searched.add(isNew: isNew)
    risk.note(signature)
    proof.learn(signature, steps: steps, limits: limits, unseen: unseen, isOfSearch: true)
  }

  private func assess(_ note: RunNote, walk: Int, isGenerated: Bool) {
    guard isGenerated else {
      return note.isDrawn
        ? risk.draw(note.signature, group: walk) : risk.note(note.signature)
    }
    let kind = mix(note.signature, note.draws)
    // What is generated first is the simplest, and not drawn.
    let group = walk / Campaign.schedulesPerDraw
    note.isDrawn && group > 0 ? risk.draw(kind, group: group) : risk.note(kind)
  }

  /// The name of the strategy that chose the last run.
  ///
  /// - Parameter place: The place of the walk's; -1 for the baseline.
  func name(ofPlace place: Int32) -> String {
    place < 0 ? "baseline" : names[Int(place)]
  }

  var nameOfSearch: String { searched.name }
}
