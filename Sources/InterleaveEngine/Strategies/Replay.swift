/// Takes the baseline's choice, but for given deviations.
///
/// The replay is lenient: a deviation whose step is not enabled where the
/// baseline would take the step that it passed over is left out. So any subset
/// of a schedule's deviations is a schedule again, and a whole schedule replays
/// exactly.
package final class Replay: PureStrategy {
  private let deviations: [RawDeviation]
  private var used: [Bool] = []
  private var next = 0
  /// How many of the deviations found their place.
  package private(set) var applied = 0

  package init(_ deviations: [RawDeviation]) {
    self.deviations = deviations
  }

  package func begin(_ run: RunStart) {
    used = Array(repeating: false, count: deviations.count)
    next = 0
    applied = 0
  }

  package func decide(at steps: some ChoicePoint) -> Int {
    let baseline = steps.key(at: 0)
    while next < deviations.count, used[next] { next += 1 }
    for index in next..<deviations.count
    where !used[index] && deviations[index].passedOver == baseline {
      if let pick = steps.index(of: deviations[index].picked) {
        used[index] = true
        applied += 1
        return pick
      }
    }
    return 0
  }
}
