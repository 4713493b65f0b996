/// A campaign whose time was up long before it had made the schedules that it was to make.
///
/// What it waited while runs of others had the turn is none of its time, but makes it last longer.
struct ScheduleShortage: Hashable {
  var schedules: Int
  /// How many it was to make.
  var wanted: Int
  /// Its own time.
  var spent: Duration
  /// How long it waited besides.
  var waited: Duration

  /// Of the schedules that were asked for, or of so many if more were, a tenth must be made.
  private static let enough = 1_000

  /// Describes a campaign.
  ///
  /// - Returns: Nil where it made what can be expected.
  init?(_ report: FuzzReport, of wanted: Int, waited: Duration) {
    guard report.ending == .duration, report.schedules < min(wanted, Self.enough) / 10 else {
      return nil
    }
    schedules = report.schedules
    self.wanted = wanted
    spent = report.elapsed - waited
    self.waited = waited
  }

  var words: String {
    let all = wanted == .max ? "" : " of \(grouped(wanted))"
    // Others had the turn for longer than it took: a hint at why the whole takes long.
    let turn =
      waited > spent
      ? " (and \(seconds(waited)) of waiting while runs of other tests had the turn, since one goes "
        + "on at a time in a process)" : ""
    return "only \(counted(schedules, "schedule"))\(all) ran before the time was up, in "
      + "\(seconds(spent))\(turn). This pass says little: raise `duration`, or let the body do less"
  }
}
