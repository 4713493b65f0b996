import InterleaveEngine

/// Makes all schedules again, to see that their steps may be run as wholes and share nothing unseen.
///
/// Its runs count for no number of a report.
final class Confirmation {
  private let search = Reduction()
  private let most: Int
  private let watch: SharingWatch
  private var passes = true

  /// - Parameters:
  ///   - schedules: How many schedules there are.
  ///   - watch: What watches for memory that is shared unseen.
  init(of schedules: Int, _ watch: SharingWatch) {
    most = schedules
    self.watch = watch
  }

  /// The next run; nil once it is known what they show.
  func next(_ resolved: ResolvedConfiguration) -> RunRequest? {
    guard passes, search.advance(), search.completed <= most else { return nil }
    return RunRequest(
      strategy: search, start: resolved.start(0), wants: [.unseen, .limits])
  }

  /// Learns from the run that was asked for.
  func learn(_ outcome: RunOutcome) {
    passes = outcome.failure == nil && outcome.limits.isEmpty && search.dividedStep == nil
  }

  /// Every interleaving was run, and nothing speaks against calling that a proof.
  var isSound: Bool { passes && search.isExhausted && search.limits.isEmpty }
}
