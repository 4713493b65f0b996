/// A campaign whose time was up before it had made the schedules that it was to make, since the runs
/// of others had the turn: runs of one process go on one at a time.
struct TurnShortage: Hashable {
  var schedules: Int
  /// How many it was to make.
  var wanted: Int
  var elapsed: Duration
  /// How much of that it waited.
  var waited: Duration

  /// Of the schedules that were asked for, or of so many if more were, a tenth must be made.
  private static let enough = 1_000

  /// Describes a campaign.
  ///
  /// - Returns: Nil where it made what can be expected, or mostly did not wait.
  init?(_ report: FuzzReport, of wanted: Int, waited: Duration) {
    guard report.ending == .duration, waited > report.elapsed / 2,
      report.schedules < min(wanted, Self.enough) / 10
    else { return nil }
    schedules = report.schedules
    self.wanted = wanted
    elapsed = report.elapsed
    self.waited = waited
  }

  var words: String {
    "only \(counted(schedules, "schedule")) of \(grouped(wanted)) ran before the time was up: for "
      + "\(seconds(waited)) of \(seconds(elapsed)), runs of other tests had the turn, since one goes "
      + "on at a time in a process. This pass says little: raise `duration`, or let fewer fuzzed "
      + "tests run at once (`swift test --no-parallel`, or `.serialized` on their suite)"
  }
}
