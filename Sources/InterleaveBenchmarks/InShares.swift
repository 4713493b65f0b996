import Interleave
import InterleaveEngine

/// Begins anew with each share of the schedules, as a campaign does.
final class InShares: Strategy {
  private let makeLater: () -> any Strategy
  private var strategy: any Strategy
  private var share = 0
  private var baseline: ListedRun?

  /// Makes a strategy that is a new one in each share.
  ///
  /// - Parameters:
  ///   - first: The strategy of the first share.
  ///   - makeLater: Makes that of a later one.
  init(_ first: any Strategy, later makeLater: @escaping () -> any Strategy) {
    strategy = first
    self.makeLater = makeLater
  }

  func begin(_ run: RunStart) {
    while run.index >= ShareCut.range(of: share).upperBound {
      share += 1
      strategy = makeLater()
      if let baseline { strategy.end(RunRecord(baseline)) }
    }
    strategy.begin(run)
  }

  var interruptsSteps: Bool { strategy.interruptsSteps }
  var poolWidth: Int? { strategy.poolWidth }

  func choose(among steps: EnabledSteps) -> Int { strategy.choose(among: steps) }

  func end(_ run: RunRecord) {
    if baseline == nil { baseline = ListedRun(run) }
    strategy.end(run)
  }
}
