import InterleaveEngine

/// A corpus entry whose interleaving was made again, and passed.
struct FixedEntry {
  let path: String
  let seed: UInt64
  /// What its random numbers are made from; nil for the seed.
  let randomSeed: UInt64?
  /// What was generated for it.
  let plan: DrawingPlan
  /// Where its steps can be interrupted inside.
  let interruptions: Interruptions
  /// How many threads its pool has; nil where that made no difference.
  let poolWidth: Int?
  /// What tells its interleaving from others.
  let signature: UInt64
  /// Its interleaving as it runs now.
  let steps: [StepTrace.Step]
  /// A step of it that could be interrupted to another end.
  let divided: DividedStep?

  /// What is told apart around it.
  var grain: Reduction.Grain { interruptions == .never ? .steps : .segments }
}

extension FuzzConfiguration.Certificate {
  /// The most runs for all certificates of a test that is only replayed: the corpus stays fast.
  private static let runsInReplay = 200

  /// What may be spent on each fixed entry of a test; nil for nothing.
  func budget(_ mode: ResolvedConfiguration.Mode, entries: Int) -> ReversalSearch.Budget? {
    let runs = mode == .fuzz ? runs : min(runs, Self.runsInReplay)
    guard entries > 0, runs > 0, reversals > 0 else { return nil }
    return ReversalSearch.Budget(reversals: reversals, runs: max(1, runs / entries))
  }
}

/// Looks around an entry that is fixed.
///
/// Its runs are of whole steps. They stand for all in which steps are interrupted inside, unless others
/// could come between two things that a step does: then the certificate says so. Of an entry whose
/// failure took an interruption, they are runs of what steps do from one point to the next. So that
/// is what its interleaving is made of first.
struct Certification {
  let fix: FixedEntry
  /// Makes the entry's interleaving, from point to point; nil where that is not to be done.
  private var beginning: FollowOrder?
  private var search: ReversalSearch
  private var obstacle: String?
  private let budget: ReversalSearch.Budget
  private let watch: SharingWatch?
  private var limits: ReductionLimits
  private var unseen: UnseenSharing?
  private var divided: DividedStep?
  /// What fails around it: then it is not fixed.
  private(set) var found: FoundFailure?

  init(of fix: FixedEntry, _ budget: ReversalSearch.Budget, watch: SharingWatch?) {
    self.fix = fix
    self.watch = watch
    self.budget = budget
    search = ReversalSearch(from: fix.signature, fix.steps, budget)
    limits = watch == nil ? .blindness : []
    if let width = fix.poolWidth {
      obstacle =
        "its pool has \(counted(width, "thread")), and no relation between steps tells which of them "
        + "find one"
    } else if fix.grain == .segments {
      beginning = FollowOrder(fromPointToPoint: fix.steps.map(\.key))
    } else {
      divided = fix.divided
    }
  }

  /// The next run; nil once nothing is left to look at.
  mutating func next() -> RunRequest? {
    guard found == nil, obstacle == nil, let strategy = beginning ?? search.next() else {
      return nil
    }
    var request = RunRequest(
      strategy: strategy, start: RunStart(index: 0, seed: fix.seed), plan: fix.plan,
      wants: [.signature, .limits, .touches, .division])
    if watch != nil { request.wants.insert(.unseen) }
    request.terms.seed = fix.seed
    request.terms.randomSeed = fix.randomSeed
    request.terms.runsWholeSteps = fix.grain == .steps
    request.terms.interruptions = fix.interruptions
    return request
  }

  /// Learns from the run that was asked for.
  ///
  /// - Parameter replayed: How many entries of the test were replayed.
  mutating func learn(_ outcome: RunOutcome, replayed: Int) {
    guard outcome.failure != nil else {
      // All of them draw the same.
      limits.formUnion(outcome.limits.subtracting(.randomness))
      unseen = unseen ?? outcome.unseen
      divided = divided ?? outcome.divided
      if let beginning { return begin(outcome, as: beginning) }
      return search.learn(
        outcome.signature, stepCount: outcome.steps, outcome.touched ?? [])
    }
    var found = FoundFailure(
      outcome, schedulesTried: outcome.wasStopped ? replayed : search.runs, seed: fix.seed,
      isKept: false)
    if !outcome.wasStopped {
      found.halfFix = FuzzFailure.HalfFix(corpusFile: fix.path, reversals: search.distance)
    }
    self.found = found
  }

  /// Goes on from the entry's interleaving, as it was made from point to point.
  private mutating func begin(_ outcome: RunOutcome, as order: FollowOrder) {
    beginning = nil
    let steps = outcome.touched ?? []
    if !order.isOrder(of: steps) {
      obstacle = "its interleaving cannot be made from point to point"
    }
    search = ReversalSearch(from: outcome.signature, steps, grain: .segments, budget)
  }

  /// What nothing failing around it shows.
  var certificate: FixCertificate {
    FixCertificate(
      corpusFile: fix.path, reversals: search.reversals, schedules: search.interleavings,
      unfinished: search.isCutShort ? search.distance : nil,
      obstacle: obstacle ?? ProofObstacles.words(limits, unseen, divided).first)
  }
}
