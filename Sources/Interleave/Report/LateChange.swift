import InterleaveEngine

/// A step of a failing run that came before what another task changes on its actor, which comes
/// first in a run that passes.
///
/// The change may come so late that the failing run is over before.
package struct LateChange: Sendable, Hashable {
  /// The index of the step that came too early.
  package var step: Int
  /// What should have come before it, as it is in the run that passes.
  package var change: Interleaving.Step

  /// Looks for it, from the last step back; nil where there is none.
  init?(_ interleaving: Interleaving, beside passing: ExperimentFindings.PassingRun) {
    let other = passing.interleaving.shown.steps
    for step in interleaving.steps.indices.reversed() where step >= passing.firstDifference {
      let early = interleaving.steps[step]
      guard !early.actor.isEmpty, let place = other.firstIndex(where: { $0.name == early.name })
      else { continue }
      let change = other[..<place].last { candidate in
        candidate.actor == early.actor && candidate.name.task != early.name.task
          && !candidate.changes.isEmpty
          && !interleaving.steps[..<step].contains { $0.name == candidate.name }
      }
      guard let change else { continue }
      self.step = step
      self.change = change
      return
    }
    return nil
  }
}
