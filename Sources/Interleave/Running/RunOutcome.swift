import InterleaveEngine

/// What one run came to.
///
/// What was not asked for (``RunWants``) is empty.
struct RunOutcome {
  /// How it failed; nil where it passed.
  @OutOfLine var failure: RunFailure?
  /// The number of steps that were run.
  var steps = 0
  /// How often more than one step could run.
  var choices = 0
  /// How many tasks there were, the body's among them.
  var tasks = 0
  /// It was made: what takes a place of its own may find none.
  var wasMade = true
  /// A step was stopped, and the thread that ran it is lost.
  var wasStopped = false
  /// It went on although somebody may only have been late.
  var wasHasty = false
  /// A task was cancelled.
  var hasCancelled = false
  /// The error by which the body called off the whole test.
  var cancellation: (any Error)?
  /// Why what is stored in the corpus is not generated any more; nil where it is.
  var staleReason: String?
  /// Something is generated, in this run or before.
  var isGenerated = false
  /// What left its control.
  var escapes: [SeenEscape] = []
  /// The types of actors on which tasks met, as far as no run before has told of them.
  var contended: [UInt] = []
  /// What was noticed although it did not fail for it, and was not in a run before.
  ///
  /// Mostly there is nothing, which then costs no copy of a dozen empty sets.
  var noticed: Observations {
    get { noticedAny ?? Observations() }
    set { noticedAny = newValue.isEmpty ? nil : newValue }
  }
  @OutOfLine var noticedAny: Observations?
  /// What it shows of the order that is asked for.
  @OutOfLine var order: OrderExperience?
  /// The hash of what the body returned; 0 where that is nothing, or it did not.
  var returned: UInt64 = 0
  /// What tells its interleaving from others.
  var signature: UInt64 = 0
  /// What the dependency relation does not cover in it.
  // An empty literal would be put together at each run.
  var limits = ReductionLimits(rawValue: 0)
  /// How likely its interleaving was.
  var odds = RunOdds.notAsked
  /// A step came to a point at which it could be interrupted inside.
  var cameToPoints = false
  /// By what its steps may have shared something unseen.
  var unseen: UnseenSharing?
  /// The dependency relation covers all that was noticed in it, but for where a step was interrupted
  /// inside.
  var followsRelation = false
  /// The choices, up to the failure.
  @OutOfLine var schedule: RecordedSchedule?
  /// What was drawn.
  @OutOfLine var draws: Draws?
  /// What it did, for words.
  @OutOfLine var trace: RunTrace?
  /// What was seen of its steps.
  @OutOfLine var sights: StepSights?
  /// What was generated, for people.
  @OutOfLine var texts: GeneratedTexts?
  /// Its steps with what they touched.
  var touched: [StepTrace.Step]?
  /// A step between whose parts others could have come to another end.
  var divided: DividedStep?

  /// A run for which there was no place.
  static let notMade = {
    var outcome = RunOutcome()
    outcome.wasMade = false
    return outcome
  }()

  /// It fails in the same way as another one.
  func fails(like other: RunFailure) -> Bool { failure?.isLike(other) ?? false }

  /// The indices of the steps that happen before the one that failed, that one included.
  ///
  /// - Returns: Nil where no step failed, where it is not known what steps touched, and where that
  ///   does not tell all.
  func past(ofFailure kind: FuzzFailure.Kind) -> Set<Int>? {
    guard kind.endsInAStep, let failure, escapes.isEmpty, let touched,
      failure.steps > 0, touched.count >= failure.steps, failure.steps <= Self.longestPast
    else { return nil }
    // All that is outside of actors counts as one, since it may share what nobody sees. That all
    // of it were before all else would say nothing, so it is just kept.
    let told = touched.prefix(failure.steps).map { step in
      var step = step
      step.accesses.removeAll { $0 == .outsideOfActors || $0.object == Access.time.object }
      return step
    }
    let outside = touched.indices.prefix(failure.steps).filter {
      touched[$0].accesses.contains(.outsideOfActors)
    }
    return Set(StepTrace(told).past(of: failure.steps - 1)).union(outside)
  }

  /// Of longer runs, it is not told what happens before what.
  private static let longestPast = 2_000

  /// What happened in it, up to its failure.
  var interleaving: Interleaving? {
    trace.map { Explainer($0).interleaving(upTo: failure?.steps ?? steps, with: sights) }
  }
}

/// How likely walks come to the interleaving of a run.
enum RunOdds: Sendable, Hashable {
  /// It was not to be looked at, or is no walk of which that can be told.
  case notAsked
  /// It is too long or too wide, or the dependency relation does not cover it.
  case unknown
  case known(InterleavingOdds)
}

// MARK: - From a process to another

extension RunOutcome {
  /// Packs all but the error that called off the test, and what steps touched, which are told to
  /// no other process.
  func pack(into packet: inout Packet) {
    packet.put(optional: failure) { $1.pack(into: &$0) }
    for number in [steps, choices, tasks] { packet.put(number) }
    for flag in [
      wasMade, wasStopped, wasHasty, hasCancelled, isGenerated, followsRelation,
    ] { packet.put(flag) }
    packet.put(optional: staleReason) { $0.put($1) }
    packet.put(escapes.count)
    for escape in escapes { escape.pack(into: &packet) }
    packet.put(contended.map(Takeover.typeName))
    packet.put(all: contended)
    noticed.pack(into: &packet)
    packet.put(optional: order) { $1.pack(into: &$0) }
    packet.put(returned)
    packet.put(signature)
    packet.put(limits)
    packet.put(odds)
    packet.put(cameToPoints)
    packet.put(optional: schedule) { $1.pack(into: &$0) }
    packet.put(optional: draws) { $1.pack(into: &$0) }
    packet.put(optional: trace) { $1.pack(into: &$0) }
    packet.put(optional: sights) { $1.pack(into: &$0) }
    packet.put(optional: texts) { packet, texts in
      packet.put(texts.inputs)
      packet.put(texts.operations)
    }
  }

  init(from packet: inout Packet) {
    failure = packet.takeOptional { RunFailure(from: &$0) }
    steps = packet.take()
    choices = packet.take()
    tasks = packet.take()
    wasMade = packet.take()
    wasStopped = packet.take()
    wasHasty = packet.take()
    hasCancelled = packet.take()
    isGenerated = packet.take()
    followsRelation = packet.take()
    staleReason = packet.takeOptional { $0.takeText() }
    let count: Int = packet.take()
    escapes = (0..<count).map { _ in SeenEscape(from: &packet) }
    let names = packet.takeTexts()
    contended = packet.takeAll()
    Takeover.learn(typeNames: Dictionary(zip(contended, names)) { $1 })
    noticed = Observations(from: &packet)
    order = packet.takeOptional { OrderExperience(from: &$0) }
    returned = packet.take()
    signature = packet.take()
    limits = packet.take()
    odds = packet.take()
    cameToPoints = packet.take()
    schedule = packet.takeOptional { RecordedSchedule(from: &$0) }
    draws = packet.takeOptional { Draws(from: &$0) }
    trace = packet.takeOptional { RunTrace(from: &$0) }
    sights = packet.takeOptional { StepSights(from: &$0) }
    texts = packet.takeOptional {
      GeneratedTexts(inputs: $0.takeTexts(), operations: $0.takeTexts())
    }
  }
}
