import InterleaveEngine

/// Searches all interleavings of a body, and tells whether that proves something.
///
/// A few schedules are run at random before: an interleaving that they see and the
/// search does not shows that the search cannot be relied on.
struct ProofAttempt {
  /// How many schedules are run before the search.
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
      guard walks >= Self.fewestSchedules else { return nil }
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
