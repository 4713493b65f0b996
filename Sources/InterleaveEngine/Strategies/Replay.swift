/// Takes the baseline's choice, but for given deviations.
///
/// The replay is lenient: a deviation whose step is not enabled where the
/// baseline would take the step that it passed over is left out. So any subset
/// of a schedule's deviations is a schedule again, and a whole schedule replays
/// exactly.
package final class Replay: PureStrategy {
  private let deviations: [RawDeviation]
  /// The first deviation that passes over a step, and for each the next that passes over the same;
  /// -1 where there is none.
  private var first: [StepKey: Int] = [:]
  private var following: [Int] = []
  private var used: [Bool] = []
  /// How many of the deviations found their place.
  package private(set) var applied = 0

  package init(_ deviations: [RawDeviation]) {
    self.deviations = deviations
    first.reserveCapacity(deviations.count)
    following = Array(repeating: -1, count: deviations.count)
    for index in deviations.indices.reversed() {
      let later = first.updateValue(index, forKey: deviations[index].passedOver)
      following[index] = later ?? -1
    }
  }

  /// A step is interrupted before the first thing that it does, where few strategies do that.
  var interruptsFirst: Bool { deviations.contains { $0.passedOver.isBeforeFirst } }

  package func begin(_ run: RunStart) {
    used = Array(repeating: false, count: deviations.count)
    applied = 0
  }

  package func decide(at steps: some ChoicePoint) -> Int {
    guard applied < deviations.count, var index = first[steps.key(at: 0)] else { return 0 }
    while index >= 0 {
      if !used[index], let pick = steps.index(of: deviations[index].picked) {
        used[index] = true
        applied += 1
        return pick
      }
      index = following[index]
    }
    return 0
  }
}
