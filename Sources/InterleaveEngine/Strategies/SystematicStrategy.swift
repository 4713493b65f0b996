/// A strategy that goes through schedules one after another and draws none at random.
///
/// What it runs says nothing of how likely other schedules are: it is no sample.
package protocol SystematicStrategy: Strategy {}

extension Baseline: SystematicStrategy {}
extension DelayBounded: SystematicStrategy {}
extension DepthFirst: SystematicStrategy {}
extension PreemptionBounded: SystematicStrategy {}
extension Reduction: SystematicStrategy {}

extension Strategy {
  /// The schedule of the last run was drawn at random.
  package var drewLastRun: Bool {
    guard let portfolio = self as? Portfolio else { return !(self is any SystematicStrategy) }
    return portfolio.drewLastSchedule
  }
}
