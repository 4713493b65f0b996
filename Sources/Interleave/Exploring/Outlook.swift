import InterleaveEngine

/// What the runs of an exploration tell of those that it does not make: how likely one more is to show
/// what none has shown, and how many interleavings there are.
struct Outlook {
  private var unseen: RiskEstimator
  private var steps = InterleavingEstimator()
  /// How many interleavings of parts of steps there are, by a survey of these.
  private var parts = InterleavingEstimator()

  /// Gets ready.
  ///
  /// - Parameter isGenerated: Runs differ by what is generated for them.
  init(isGenerated: Bool) {
    unseen = RiskEstimator(includesInputs: isGenerated)
  }

  // MARK: What is learned

  /// Takes note of a run of the search for a proof.
  ///
  /// - Parameter isOfSteps: Its steps were wholes.
  mutating func noteSearched(_ outcome: RunOutcome, isOfSteps: Bool) {
    unseen.note(outcome.signature)
    if isOfSteps { steps.note(outcome.signature) }
  }

  /// Takes note of a walk.
  ///
  /// - Parameters:
  ///   - number: Of the walk.
  ///   - isGenerated: Runs differ by what is generated for them.
  ///   - countsInterleavings: How many there are may be asked.
  mutating func note(_ walk: RunNote, number: Int, isGenerated: Bool, countsInterleavings: Bool) {
    assess(walk, number: number, isGenerated: isGenerated)
    if countsInterleavings { steps.note(walk) }
  }

  private mutating func assess(_ walk: RunNote, number: Int, isGenerated: Bool) {
    guard isGenerated else {
      return walk.isDrawn
        ? unseen.draw(walk.signature, group: number) : unseen.note(walk.signature)
    }
    let kind = mix(walk.signature, walk.draws)
    // What is generated first is the simplest, and not drawn.
    let group = number / ResolvedConfiguration.schedulesPerDraw
    walk.isDrawn && group > 0 ? unseen.draw(kind, group: group) : unseen.note(kind)
  }

  /// Takes note of a walk of a survey.
  ///
  /// - Parameter grain: What it took for a whole.
  mutating func noteSurveyed(_ walk: RunNote, of grain: Reduction.Grain) {
    switch grain {
    case .steps: steps.note(walk, isTried: false)
    case .segments: parts.note(walk, isTried: false)
    }
  }

  // MARK: What it comes to

  /// How likely one more schedule is to show what none has shown; nil without a sample.
  var risk: FuzzReport.ResidualRisk? { unseen.risk }

  /// How many interleavings there are; nil where the walks do not tell.
  ///
  /// - Parameters:
  ///   - proof: The attempt to run them all.
  ///   - isAskedFor: Somebody has asked for a proof.
  func interleavings(after proof: ProofAttempt, isAskedFor: Bool)
    -> FuzzReport.InterleavingEstimate?
  {
    if let ofParts = proof.interleavings.flatMap({ parts.estimate(afterTrying: $0) }) {
      return ofParts
    }
    // Those of whole steps are no measure of a search of parts of them that was asked for.
    return isAskedFor && proof.hasDivided ? nil : steps.estimate
  }
}
