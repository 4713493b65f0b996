import InterleaveEngine

/// Searches all interleavings of a body, and tells whether that proves something.
///
/// The search begins once the schedules that were chosen otherwise show that it is worth
/// its cost. They go on beside it and after it, since they watch over it, too: an
/// interleaving that one of them sees and the search does not shows that the search
/// cannot be relied on, and then nothing is claimed.
struct ProofAttempt {
  /// How much is done for a proof.
  enum Effort {
    /// Nothing.
    case none
    /// The search gets a share of the schedules, if it is likely to come to its end.
    case whereSmall
    /// The search gets all schedules.
    case all
  }

  /// How many schedules are run before the search, and how many at least watch over it.
  static let fewestSchedules = 32
  /// The part of all schedules, in fifths, that a search may take which nobody asked for.
  static let share = 2
  /// The most runs of a search that nobody asked for, however many schedules there are.
  static let mostRuns = 100_000

  /// A search that has begun is given up once there seem to be so many times as many interleavings as
  /// it may take runs: what few schedules tell of that goes up and down.
  static let slack = 2
  /// And once so many times as many again seem to be left by where it comes to: it begins with what
  /// is alike.
  private static let searchSlack = 4

  /// The most steps that a run of such a search may have.
  ///
  /// What polls can be made to poll once more in each run: a search whose runs become far longer
  /// than all others were comes to no end.
  ///
  /// - Parameter longest: The most steps of a schedule before the search.
  static func mostSteps(after longest: Int) -> Int { 4 * longest + 64 }

  private enum Phase {
    case looking, searching, checking, over
  }

  private let effort: Effort
  /// Where steps of the search turn out to be no wholes, it is made again with segments of them.
  private let mayDivide: Bool
  /// The most runs that the search may take.
  private let limit: Int
  private var phase: Phase
  private var search = Reduction()
  private let makeWatch: () -> SharingWatch?
  private var watch: SharingWatch?
  private var isSearchesTurn = true
  private var searched = 0
  private var walks = WalksSeen()
  /// The walks in which steps were interrupted inside: they watch over no search of whole steps.
  private var interrupted = WalksSeen()
  private var interruptedLimits: ReductionLimits = []
  /// What bodies returned in walks, and in runs of the search.
  private var returned = (walks: Set<UInt64>(), search: Set<UInt64>())
  private(set) var proved: Set<UInt64> = []
  /// How many of those walks have met, too.
  private var common = 0
  /// What another process has left, until the first run has shown whether that is of use.
  private var saved: SavedSearch?
  /// It was of no use: the program does not do what it did.
  private(set) var hasRefused = false
  /// What was noticed that the dependency relation does not cover.
  private(set) var limits: ReductionLimits = []
  /// By what steps may share something unseen.
  private(set) var unseen: UnseenSharing?
  /// A step that could be interrupted to another end.
  var divided: DividedStep? { search.dividedStep }

  /// Gets ready.
  ///
  /// - Parameters:
  ///   - effort: How much is to be done.
  ///   - schedules: How many schedules there are in all.
  ///   - mayDivide: Steps may be interrupted inside.
  ///   - saved: The search that another process has left.
  ///   - makeWatch: Begins to watch for memory that is shared unseen; nil where that
  ///     cannot be done.
  init(
    effort: Effort, schedules: Int, mayDivide: Bool = false, resuming saved: SavedSearch? = nil,
    makeWatch: @escaping () -> SharingWatch? = SharingWatch.init
  ) {
    self.effort = effort
    self.mayDivide = mayDivide
    self.makeWatch = makeWatch
    self.saved = effort == .all ? saved : nil
    limit = effort == .all ? .max : min(schedules / 5 * Self.share, Self.mostRuns)
    phase = effort == .none ? .over : .looking
  }

  /// The search that makes the choices of the next run; nil while none does.
  mutating func next() -> Reduction? {
    if phase == .looking, isWorthwhile { begin() }
    guard phase == .searching else { return nil }
    if effort == .whereSmall {
      isSearchesTurn.toggle()
      if isSearchesTurn { return nil }
    }
    if divided != nil { divide() }
    guard limits.isEmpty, searched < limit, effort == .all || mayBeSmall(limit * Self.slack) else {
      end(.over)
      return nil
    }
    if search.advance() { return search }
    limits.formUnion(search.limits)
    if hasDivided, !returned.walks.isSubset(of: returned.search) { limits.insert(.divergence) }
    end(search.isExhausted ? .checking : .over)
    return nil
  }

  /// Steps are no wholes: begins again with parts of them, or gives up.
  private mutating func divide() {
    if mayDivide, search.grain == .steps, limits.isEmpty {
      search = newSearch(of: .segments)
      limits.formUnion(interruptedLimits)
    } else {
      limits.insert(.division)
    }
  }

  private func newSearch(of grain: Reduction.Grain) -> Reduction {
    guard effort == .whereSmall else { return Reduction(grain: grain) }
    let longest = max(walks.longest, grain == .segments ? interrupted.longest : 0)
    return Reduction(
      maxSteps: min(Reduction.mostSteps, Self.mostSteps(after: longest)), grain: grain)
  }

  private mutating func begin() {
    search = newSearch(of: .steps)
    if let saved {
      if let search = Reduction(words: saved.words) { self.search = search } else { refuse() }
    }
    watch = makeWatch()
    if watch == nil { limits.insert(.blindness) }
    phase = watch == nil ? .over : .searching
  }

  private mutating func end(_ next: Phase) {
    stopWatching()
    phase = next
  }

  /// No run that follows is one of the search.
  mutating func stopWatching() { watch = nil }

  /// Begins anew: what another process has left is of no use.
  private mutating func refuse() {
    search = Reduction()
    saved = nil
    hasRefused = true
  }

  /// What another process can go on with; nil where there is nothing to go on with.
  ///
  /// - Parameter seed: The campaign's.
  func unfinished(seed: UInt64) -> SavedSearch? {
    guard effort == .all, limits.isEmpty, divided == nil else { return nil }
    // Nothing has been run that could be added to it.
    if let saved { return saved }
    guard phase == .searching, let words = search.words else { return nil }
    return SavedSearch(seed: seed, signatures: proved, words: words)
  }

  private var isWorthwhile: Bool {
    if effort == .all { return walks.count >= Self.fewestSchedules }
    let count = walks.count + interrupted.count
    return count >= Self.fewestSchedules && count.nonzeroBitCount == 1 && mayBeSmall(limit)
  }

  /// As far as walks tell, there are no more interleavings than so many.
  ///
  /// Of whole steps there are no more than of what is interrupted, of which few walks of whole steps
  /// are made.
  private func mayBeSmall(_ most: Int) -> Bool {
    let isSmallInside = interrupted.likelyInterleavings <= most
    guard !hasDivided else { return isSmallInside }
    return walks.likelyInterleavings <= most
      && likelyBySearch <= most * Self.searchSlack
      && (walks.count >= Self.fewestSchedules || isSmallInside)
  }

  /// How many interleavings of whole steps there are, by how many of those that walks met the search
  /// has come to as well (Petersen: "The yearly immigration of young plaice into the Limfjord from
  /// the German Sea", 1896).
  ///
  /// Strategies prefer some, so that by what they repeat there seem to be far fewer.
  private var likelyBySearch: Int { proved.count * walks.distinct / (common + 1) }

  /// Learns from a run that has just ended.
  ///
  /// - Parameters:
  ///   - signature: What tells its interleaving from others.
  ///   - steps: How many it had.
  ///   - returned: The hash of what the body returned; 0 where that is nothing, or it did not.
  ///   - limits: What was noticed in it that the relation does not cover.
  ///   - unseen: By what its steps may have shared something unseen.
  ///   - isOfSearch: The search made its choices.
  mutating func learn(
    _ signature: UInt64, steps: Int, returned value: UInt64, limits newLimits: ReductionLimits,
    unseen newUnseen: UnseenSharing?, isOfSearch: Bool
  ) {
    guard phase != .over else { return }
    // A search that was asked for has all runs draw the same random numbers, and is one for these.
    let newLimits = effort == .all ? newLimits.subtracting(.randomness) : newLimits
    if value != 0 {
      if isOfSearch { returned.search.insert(value) } else { returned.walks.insert(value) }
    }
    // The search begins as one of whole steps: whether others could divide them, it finds out itself.
    if !isOfSearch, newLimits.contains(.interruptions), !newLimits.contains(.clocks) {
      return learnOfInterruption(signature, steps: steps, newLimits.subtracting(.interruptions))
    }
    limits.formUnion(newLimits)
    unseen = unseen ?? newUnseen
    if isOfSearch {
      searched += 1
      guard search.continuation != .refused else { return refuse() }
      if search.continuation == .accepted, let saved {
        proved.formUnion(saved.signatures)
        self.saved = nil
      }
      if proved.insert(signature).inserted, walks.has(signature) { common += 1 }
    } else {
      if !walks.has(signature), proved.contains(signature) { common += 1 }
      walks.add(signature, steps: steps)
    }
    if !limits.isEmpty { end(.over) }
  }

  private mutating func learnOfInterruption(
    _ signature: UInt64, steps: Int, _ newLimits: ReductionLimits
  ) {
    interrupted.add(signature, steps: steps)
    interruptedLimits.formUnion(newLimits)
    guard hasDivided, !interruptedLimits.isEmpty else { return }
    limits.formUnion(interruptedLimits)
    end(.over)
  }

  /// All interleavings were run, and nothing that was run beside speaks against it.
  ///
  /// What tells runs of segments apart tells none of whole steps: such a search has watched over
  /// itself.
  var isProved: Bool {
    phase == .checking && limits.isEmpty && walks.count >= Self.fewestSchedules
      && (search.grain == .segments || walks.seen.isSubset(of: proved))
  }

  /// Something is done for a proof.
  var isTried: Bool { effort != .none }

  /// Steps turned out to be no wholes, so that the search began again with parts of them.
  var hasDivided: Bool { search.grain == .segments }

  /// A search that was asked for could have gone on.
  var isCutShort: Bool {
    effort == .all && limits.isEmpty && divided == nil && !hasDivided
      && (phase == .searching || phase == .looking)
  }

  /// A search of parts of steps could have gone on, or was given up since there are so many.
  var isCutShortInside: Bool {
    hasDivided && limits.isEmpty && divided == nil && phase != .checking
  }

  /// How many interleavings there are, where those of whole steps are not all.
  var interleavings: Int? { search.grain == .segments ? search.interleavings : nil }

  /// Nothing more need be run.
  var isComplete: Bool {
    guard isProved else { return false }
    return search.grain == .segments || walks.count >= max(Self.fewestSchedules, search.completed)
  }
}

/// The interleavings that were run outside of the search.
private struct WalksSeen {
  private(set) var count = 0
  /// The most steps of one.
  private(set) var longest = 0
  private var times: [UInt64: Int] = [:]
  private var once = 0
  private var twice = 0

  var seen: Set<UInt64> { Set(times.keys) }
  var distinct: Int { times.count }

  func has(_ signature: UInt64) -> Bool { times[signature] != nil }

  mutating func add(_ signature: UInt64, steps: Int) {
    count += 1
    longest = max(longest, steps)
    let number = times[signature, default: 0] + 1
    times[signature] = number
    if number == 1 { once += 1 }
    if number == 2 {
      once -= 1
      twice += 1
    }
    if number == 3 { twice -= 1 }
  }

  /// How many interleavings there are, by how many were seen only once or twice (Chao:
  /// "Nonparametric estimation of the number of classes in a population", 1984).
  var likelyInterleavings: Int {
    times.count + once * (once - 1) / (2 * (twice + 1))
  }
}
