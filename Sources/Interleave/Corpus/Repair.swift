import InterleaveEngine

/// A corpus entry whose own interleaving does not fail any more.
struct StaleEntry {
  var path: String
  var entry: CorpusEntry
  /// What has become of its interleaving.
  var reason: String
}

/// Looks for the failure of an entry near its interleaving, where that is gone.
struct Repair {
  private enum Turn {
    /// What is generated is made to fit first.
    case adaption
    case neighbour(NearbyReplay, (any StoredCanceller)?)
  }

  /// How many schedules are run near an entry.
  private static let mostRuns = 400

  private let stale: StaleEntry
  /// How many entries of the test were replayed, this one included.
  private let replayed: Int
  private var plan: DrawingPlan
  private var neighbourhood: EntryNeighbourhood
  private var turn = Turn.adaption
  private var isOver = false
  /// The same failure, or one that ended the search.
  private(set) var found: FoundFailure?
  /// The failure that was found is that of the entry.
  private(set) var isRepaired = false

  /// - Parameters:
  ///   - stale: The entry.
  ///   - matched: The deviations of the replay that came nearest to it.
  ///   - isGenerated: The program is generated.
  ///   - replayed: How many entries of the test were replayed, this one included.
  init(
    of stale: StaleEntry, matched: [NearbySchedule.Deviation]?, isGenerated: Bool, replayed: Int
  ) {
    self.stale = stale
    self.replayed = replayed
    plan = isGenerated ? .adapted(StoredDraws(stale.entry)) : .simplest
    neighbourhood = EntryNeighbourhood(stale.entry, matched: matched, limit: Self.mostRuns)
  }

  /// What was generated for the entry has not been drawn again.
  private var needsAdaption: Bool { if case .adapted = plan { true } else { false } }

  /// How many schedules were run near the entry.
  var runs: Int { needsAdaption ? 0 : neighbourhood.count }

  /// The next run; nil once it is known whether the failure is there.
  mutating func next(_ budget: Budget, isCalledOff: Bool) -> RunRequest? {
    let entry = stale.entry
    guard found == nil, !isOver else { return nil }
    var request = RunRequest(
      strategy: Baseline(), start: RunStart(index: 0, seed: entry.seed), plan: plan)
    request.terms = RunTerms(of: entry)
    if needsAdaption {
      // The draws that come nearest are those of all runs that follow.
      request.wants = .draws
      return request
    }
    guard !isCalledOff, budget.ending(neighbourhood.count + 1) == nil,
      let schedule = neighbourhood.next()
    else { return nil }
    let strategy = NearbyReplay(schedule)
    let canceller = entry.cancellation.map { Self.canceller($0, near: schedule) }
    turn = .neighbour(strategy, canceller)
    request.strategy = strategy
    request.canceller = canceller
    return request
  }

  private static func canceller(
    _ cancellation: Interleaving.Cancellation, near schedule: NearbySchedule
  ) -> any StoredCanceller {
    guard let shift = schedule.cancellationShift else {
      return CorpusCancellation(cancellation, strictness: .function)
    }
    return NearbyCancellation(cancellation, shift: shift)
  }

  /// Learns from the run that was asked for.
  mutating func learn(_ outcome: RunOutcome) {
    let isEntrys = outcome.failure.map { stale.entry.isOf(FuzzFailure($0)) } ?? false
    if outcome.wasStopped { return end(outcome, isRepaired: isEntrys) }
    guard case .neighbour(let strategy, let canceller) = turn else {
      guard outcome.staleReason == nil, let draws = outcome.draws else { return isOver = true }
      return plan = .replay(draws)
    }
    neighbourhood.record(strategy.nearby, hasCancelled: canceller?.found ?? false)
    if isEntrys { return end(outcome, isRepaired: true) }
    // Whatever the schedule, nothing else can happen.
    if outcome.choices == 0, canceller == nil { isOver = true }
  }

  private mutating func end(_ outcome: RunOutcome, isRepaired: Bool) {
    self.isRepaired = isRepaired
    var found = FoundFailure(
      outcome, schedulesTried: replayed, seed: stale.entry.seed, isKept: false)
    if isRepaired { found.repaired = stale } else { found.corpusFile = stale.path }
    self.found = found
  }
}
