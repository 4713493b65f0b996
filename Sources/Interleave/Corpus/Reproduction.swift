import InterleaveEngine

/// Replays one corpus entry, under stricter rules first, until it fails or is known not to.
struct Reproduction {
  private enum Turn {
    case next
    /// In a child process first, since the entry ended its process.
    case apart(EntryMatcher)
    case here(CorpusReplay, (any StoredCanceller)?)
  }

  let path: String
  let entry: CorpusEntry
  private let resolved: ResolvedConfiguration
  /// How many entries of the test were replayed, this one included.
  private let replayed: Int
  private var replay: EntryReplay
  private var staleReason: String?
  private var turn = Turn.next
  /// It fails.
  private(set) var found: FoundFailure?
  /// The first run that was the entry's interleaving, and passed.
  private(set) var fix: FixedEntry?
  /// The deviations of the run that came nearest to the entry.
  private(set) var nearest: (applied: Int, deviations: [NearbySchedule.Deviation])?

  init(_ entry: CorpusEntry, path: String, _ resolved: ResolvedConfiguration, replayed: Int) {
    self.entry = entry
    self.path = path
    self.resolved = resolved
    self.replayed = replayed
    replay = EntryReplay(entry)
  }

  /// What the runs say together.
  var verdict: CorpusVerdict {
    staleReason.map { .stale(reason: $0) } ?? replay.verdict
  }

  private var isCautious: Bool {
    guard entry.kind.endsTheProcess, case .automatic = resolved.isolation else { return false }
    return true
  }

  // MARK: The runs

  /// The next run; nil once the verdict is known.
  mutating func next() -> RunRequest? {
    guard found == nil, staleReason == nil else { return nil }
    if case .apart(let matcher) = turn {
      // It does not end its process that way: it may be made here.
      return begin(matcher)
    }
    guard let matcher = replay.nextMatcher() else { return nil }
    guard isCautious else { return begin(matcher) }
    turn = .apart(matcher)
    var request = request(CorpusReplay(matcher), canceller(matcher))
    request.place = .child(hangLimit: resolved.hangLimit)
    return request
  }

  private mutating func begin(_ matcher: EntryMatcher) -> RunRequest {
    let (strategy, canceller) = (CorpusReplay(matcher), canceller(matcher))
    turn = .here(strategy, canceller)
    var request = request(strategy, canceller)
    request.wants = [.trace, .touches, .signature, .division]
    return request
  }

  private func request(
    _ strategy: CorpusReplay, _ canceller: (any StoredCanceller)?
  ) -> RunRequest {
    var request = RunRequest(
      strategy: strategy, start: RunStart(index: 0, seed: entry.seed),
      plan: .stored(StoredDraws(entry)), canceller: canceller)
    request.terms = RunTerms(of: entry)
    return request
  }

  private func canceller(_ matcher: EntryMatcher) -> (any StoredCanceller)? {
    entry.cancellation.map { CorpusCancellation($0, strictness: matcher.strictness) }
  }

  // MARK: What they come to

  /// Learns from the run that was asked for.
  mutating func learn(_ outcome: RunOutcome, isChild: Bool) {
    switch turn {
    case .next: break
    case .apart: learnApart(outcome)
    case .here(let strategy, let canceller):
      turn = .next
      if outcome.wasStopped {
        found = found(outcome)
      } else {
        learn(outcome, strategy, canceller, isChild: isChild)
      }
    }
  }

  private mutating func learnApart(_ outcome: RunOutcome) {
    guard outcome.staleReason == nil, let failure = outcome.failure, failure.kind.endsTheProcess
    else { return }
    turn = .next
    let signature = FailureSignature(of: FuzzFailure(failure))
    if signature == entry.signature {
      found = found(outcome)
      found?.interleaving = nil
    } else {
      replay.record(MatchOutcome(strictness: .pickedOnly, applied: 0), failure: signature)
    }
  }

  private mutating func learn(
    _ outcome: RunOutcome, _ strategy: CorpusReplay, _ canceller: (any StoredCanceller)?,
    isChild: Bool
  ) {
    staleReason = outcome.staleReason
    guard staleReason == nil, let trace = outcome.trace else { return }
    let signature = outcome.failure.map { FailureSignature(of: FuzzFailure($0)) }
    var match = strategy.outcome(of: trace)
    if canceller?.found == false { match.missingCancellation = entry.cancellation }
    replay.record(match, failure: signature)
    if fix == nil, outcome.failure == nil, match.isEntry {
      fix = FixedEntry(
        path: path, seed: entry.seed, randomSeed: entry.randomSeed,
        plan: .stored(StoredDraws(entry)),
        interruptions: entry.interruptions, poolWidth: entry.poolWidth,
        signature: outcome.signature, steps: outcome.touched ?? [], divided: outcome.divided)
    }
    if match.applied > nearest?.applied ?? 0 {
      nearest = (match.applied, trace.nearbyDeviations)
    }
    guard outcome.failure != nil, signature == entry.signature else { return }
    found = found(outcome)
    found?.isSure = !isChild && !outcome.wasHasty
  }

  private func found(_ outcome: RunOutcome) -> FoundFailure {
    var found = FoundFailure(
      outcome, schedulesTried: replayed, seed: entry.seed, isKept: false)
    found.corpusFile = path
    return found
  }
}

extension FuzzFailure {
  /// The failure of a run, as far as one run can tell.
  init(_ failure: RunFailure) {
    self.init(kind: failure.kind, message: failure.message, sourceLocation: failure.location)
  }
}

extension StoredDraws {
  init(_ entry: CorpusEntry) {
    self.init(
      texts: GeneratedTexts(inputs: entry.inputs, operations: entry.operations),
      rows: entry.choices)
  }
}

extension RunTerms {
  /// On which terms the interleaving of an entry is made again.
  init(of entry: CorpusEntry) {
    seed = entry.seed
    randomSeed = entry.randomSeed
    interruptions = entry.interruptions
    poolWidth = entry.poolWidth
  }
}
