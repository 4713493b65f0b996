import InterleaveEngine

/// Decides when a campaign tries to prove that nothing fails, and whether it has.
///
/// As long as nearly every schedule is of a new interleaving, there are many more than
/// can be run. Once a quarter of the schedules only repeat one, the space is not much
/// larger than what was seen, and searching all of it is cheaper than going on at random.
struct ProofAttempt {
  /// How many schedules are run before the attempt, at least.
  static let fewestSchedules = 32

  private let search: Reduction?
  private var isUnderWay = false
  /// The interleavings that were run outside of the search and within it.
  private var walked: Set<UInt64> = []
  private var walks = 0
  private var proved: Set<UInt64> = []

  /// Gets ready.
  ///
  /// - Parameter isWanted: Without it, nothing is ever attempted.
  init(isWanted: Bool) {
    search = isWanted ? Reduction() : nil
  }

  /// The search that makes the choices of the next run; nil while none does.
  mutating func next() -> Reduction? {
    guard let search else { return nil }
    if !isUnderWay {
      guard walks >= Self.fewestSchedules, walked.count * 4 <= walks * 3 else { return nil }
      isUnderWay = true
    }
    return search.advance() ? search : nil
  }

  /// Learns from a run that has just ended.
  ///
  /// - Parameters:
  ///   - signature: What tells its interleaving from others.
  ///   - isOfSearch: The search made its choices.
  mutating func learn(_ signature: UInt64, isOfSearch: Bool) {
    if isOfSearch {
      proved.insert(signature)
    } else if search != nil, !isUnderWay {
      walks += 1
      walked.insert(signature)
    }
  }

  /// All interleavings were run.
  ///
  /// A random walk that saw one which the search did not shows that the search cannot
  /// be relied on here; then nothing is claimed.
  var isComplete: Bool {
    guard let search else { return false }
    return search.isExhausted && walked.isSubset(of: proved)
  }
}
