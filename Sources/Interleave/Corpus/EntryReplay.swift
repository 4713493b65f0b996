/// What a stored failure has come to.
package enum CorpusVerdict: Sendable, Hashable {
  /// It fails as it did.
  case stillFails
  /// Its interleaving fails, but in another way.
  case failsDifferently(FailureSignature)
  /// Its interleaving was made again and passes.
  case fixed
  /// Its interleaving cannot be made any more.
  case stale(reason: String)
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
  private var untried: ArraySlice<EntryMatcher.Strictness>
  private var reproduced = false
  private var other: FailureSignature?
  private var best: MatchOutcome?

  package init(_ entry: CorpusEntry) {
    self.entry = entry
    // Without deviations the baseline fails, however steps are matched.
    let all = EntryMatcher.Strictness.allCases[...]
    untried = entry.deviations.isEmpty ? all.prefix(1) : all
  }

  /// What makes the choices of the next run; nil once the verdict is known.
  package mutating func nextMatcher() -> EntryMatcher? {
    guard !reproduced, let strictness = untried.popFirst() else { return nil }
    return EntryMatcher(entry.deviations, strictness: strictness)
  }

  /// Takes note of a run.
  ///
  /// - Parameters:
  ///   - outcome: How much of the interleaving it had.
  ///   - failure: How it failed; nil where it passed.
  package mutating func record(_ outcome: MatchOutcome, failure: FailureSignature?) {
    if failure == entry.signature { reproduced = true }
    if other == nil { other = failure }
    if best.map({ outcome.unapplied.count < $0.unapplied.count }) ?? true { best = outcome }
  }

  /// What the runs so far say.
  package var verdict: CorpusVerdict {
    if reproduced { return .stillFails }
    if let other { return .failsDifferently(other) }
    if let reason = best?.staleReason { return .stale(reason: reason) }
    return best == nil ? .stale(reason: "it was not replayed") : .fixed
  }
}
