/// Takes the baseline's choice, but for given deviations.
///
/// The replay is lenient: a deviation whose step is not enabled where the
/// baseline would take the step that it passed over is left out. So any subset
/// of a schedule's deviations is a schedule again, and a whole schedule replays
/// exactly.
package final class Replay: PureStrategy {
  private let deviations: [RawDeviation]
  /// Which of the chains has the deviations that pass over a step, one after the other.
  private var chains: [StepKey: Int] = [:]
  /// The first deviation of each chain, and for each deviation the next of its own; -1 for none.
  private var first: [Int] = []
  private var following: [Int] = []
  /// The same without those that found their place in this run: a step may be passed over by as many
  /// as there are tasks, which are not all to be asked again at each choice.
  private var firstLeft: [Int] = []
  private var followingLeft: [Int] = []
  /// How many of the deviations found their place.
  package private(set) var applied = 0

  package init(_ deviations: [RawDeviation]) {
    self.deviations = deviations
    chains.reserveCapacity(deviations.count)
    following = Array(repeating: -1, count: deviations.count)
    for index in deviations.indices.reversed() {
      if let chain = chains[deviations[index].passedOver] {
        following[index] = first[chain]
        first[chain] = index
      } else {
        chains[deviations[index].passedOver] = first.count
        first.append(index)
      }
    }
  }

  /// A step is interrupted before the first thing that it does, where few strategies do that.
  var interruptsFirst: Bool { deviations.contains { $0.passedOver.isBeforeFirst } }

  package func begin(_ run: RunStart) {
    (firstLeft, followingLeft) = (first, following)
    applied = 0
  }

  package func decide(at steps: some ChoicePoint) -> Int {
    guard applied < deviations.count, let chain = chains[steps.key(at: 0)] else { return 0 }
    var (previous, index) = (-1, firstLeft[chain])
    while index >= 0 {
      let next = followingLeft[index]
      if let pick = steps.index(of: deviations[index].picked) {
        if previous < 0 { firstLeft[chain] = next } else { followingLeft[previous] = next }
        applied += 1
        return pick
      }
      (previous, index) = (index, next)
    }
    return 0
  }
}
