import InterleaveEngine

/// A corpus entry whose interleaving was made again, and passed.
struct FixedEntry {
  let path: String
  let seed: UInt64
  /// What was generated for it.
  let plan: DrawingPlan
  /// What tells its interleaving from others.
  let signature: UInt64
  /// Its interleaving as it runs now.
  let steps: [StepTrace.Step]
  /// A step of it that could be interrupted to another end.
  let divided: DividedStep?
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
/// could come between two things that a step does: then the certificate says so.
struct Certification {
  let fix: FixedEntry
  private var search: ReversalSearch
  private let watch: SharingWatch?
  private var limits: ReductionLimits
  private var unseen: UnseenSharing?
  private var divided: DividedStep?
  /// What fails around it: then it is not fixed.
  private(set) var found: FoundFailure?

  init(of fix: FixedEntry, _ budget: ReversalSearch.Budget, watch: SharingWatch?) {
    self.fix = fix
    self.watch = watch
    search = ReversalSearch(from: fix.signature, fix.steps, budget)
    limits = watch == nil ? .blindness : []
    divided = fix.divided
  }

  /// The next run; nil once nothing is left to look at.
  mutating func next() -> RunRequest? {
    guard found == nil, let strategy = search.next() else { return nil }
    var request = RunRequest(
      strategy: strategy, start: RunStart(index: 0, seed: fix.seed), plan: fix.plan,
      wants: [.signature, .limits, .touches, .division])
    if watch != nil { request.wants.insert(.unseen) }
    request.terms.seed = fix.seed
    request.terms.runsWholeSteps = true
    return request
  }

  /// Learns from the run that was asked for.
  ///
  /// - Parameter replayed: How many entries of the test were replayed.
  mutating func learn(_ outcome: RunOutcome, replayed: Int) {
    guard outcome.failure != nil else {
      limits.formUnion(outcome.limits)
      unseen = unseen ?? outcome.unseen
      divided = divided ?? outcome.divided
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

  /// What nothing failing around it shows.
  var certificate: FixCertificate {
    FixCertificate(
      corpusFile: fix.path, reversals: search.reversals, schedules: search.interleavings,
      unfinished: search.isCutShort ? search.distance : nil,
      obstacle: ProofObstacles.words(limits, unseen, divided).first)
  }
}
