/// What a stored failure has come to.
package enum CorpusVerdict: Sendable, Hashable {
  /// It fails as it did.
  case stillFails
  /// Its interleaving fails, but in another way.
  case failsDifferently(FailureSignature)
  /// Its interleaving was made again and passes.
  ///
  /// The strictness says how much it was the same one: below
  /// ``EntryMatcher/Strictness/occurrence`` the steps are only like those that failed.
  case fixed(matched: EntryMatcher.Strictness)
  /// Its interleaving cannot be made any more.
  case stale(reason: String)

  /// Why the entry does not fail as it did; nil where it does.
  var reason: String? {
    switch self {
    case .stillFails: nil
    case .failsDifferently(let signature):
      "its interleaving fails in another way now: \(signature.kind.rawValue) \(signature.place)"
    case .fixed: "its interleaving passes now"
    case .stale(let reason): reason
    }
  }

  var isFixed: Bool { if case .fixed = self { true } else { false } }
}

/// The replay of one entry: which runs to make, and what they say together.
///
/// ```swift
/// var replay = EntryReplay(entry)
/// while var matcher = replay.nextMatcher() {
///   // … run the test, asking the matcher at each choice …
///   replay.record(matcher.outcome(ran: names), failure: signature)
/// }
/// report(replay.verdict)
/// ```
package struct EntryReplay: Sendable {
  private let entry: CorpusEntry
  private var untried: ArraySlice<Attempt>
  private var reproduced = false
  private var other: FailureSignature?
  private var best: MatchOutcome?

  private struct Attempt {
    var strictness: EntryMatcher.Strictness
    var delay = 0
  }

  /// Every strictness, then later places where occurrences are not compared: the function may
  /// have a step more or less than it had.
  private static let attempts: [Attempt] =
    EntryMatcher.Strictness.allCases.map { Attempt(strictness: $0) }
    + [EntryMatcher.Strictness.function, .anyTaskAnyOccurrence].flatMap { strictness in
      [1, 2].map { Attempt(strictness: strictness, delay: $0) }
    }

  package init(_ entry: CorpusEntry) {
    self.entry = entry
    // Without deviations the baseline fails, however steps are matched.
    untried = Self.attempts.prefix(
      entry.deviations.isEmpty && entry.cancellation == nil ? 1 : Self.attempts.count)
  }

  /// What makes the choices of the next run; nil once the verdict is known.
  package mutating func nextMatcher() -> EntryMatcher? {
    guard !reproduced, let attempt = untried.popFirst() else { return nil }
    return EntryMatcher(
      entry.deviations, strictness: attempt.strictness, delay: attempt.delay,
      functions: entry.namesFunctions ? [] : entry.functions)
  }

  /// Takes note of a run.
  ///
  /// - Parameters:
  ///   - outcome: How much of the interleaving it had.
  ///   - failure: How it failed; nil where it passed.
  package mutating func record(_ outcome: MatchOutcome, failure: FailureSignature?) {
    if failure == entry.signature { reproduced = true }
    if other == nil { other = failure }
    // Where something else was passed over, a run may still show that it fails, but
    // not that it does not: it was another interleaving.
    guard outcome.strictness != .pickedOnly else { return }
    if best.map({ outcome.missingCount < $0.missingCount }) ?? true { best = outcome }
  }

  /// What the runs so far say.
  package var verdict: CorpusVerdict {
    if reproduced { return .stillFails }
    if let other { return .failsDifferently(other) }
    guard let best else { return .stale(reason: "it was not replayed") }
    return best.staleReason.map { .stale(reason: $0) } ?? .fixed(matched: best.strictness)
  }
}
