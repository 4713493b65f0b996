/// Failures that runs have met in which another one was made small.
struct OtherFailures {
  /// Of more, it is only told that there are more.
  private static let most = 3

  private let failure: RunFailure
  private var found: [RunFailure] = []
  private var hasMore = false

  init(than failure: RunFailure) {
    self.failure = failure
  }

  /// Takes note of a run.
  ///
  /// A run that was given up soon, or in which somebody may only have been late, does not count.
  mutating func note(_ outcome: RunOutcome) {
    guard let other = outcome.failure, !other.isLike(failure), !other.isMistake,
      other.kind != .livelock, other.kind != .hang,
      !(other.kind.isToldByTime && (outcome.wasHasty || !outcome.escapes.isEmpty)),
      !found.contains(where: { $0.isLike(other) })
    else { return }
    if found.count < Self.most { found.append(other) } else { hasMore = true }
  }

  /// Each in a sentence or two, in the order in which they were met.
  var words: [String] {
    found.map { other in
      let place = other.location.map { " at \($0)" } ?? ""
      let message = other.message.split(separator: "\n").first.map { ": \($0)" } ?? ""
      return other.kind.words + place + message
    } + (hasMore ? ["and more"] : [])
  }
}
