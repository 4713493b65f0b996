/// What determines how a run can go on, and what that costs in preemptions.
package struct ReachedState: Sendable, Hashable {
  /// A hash of the steps so far, but for the order of independent ones.
  package var trace: UInt64
  /// The task that ran last, if it can go on: to let another one run is a preemption.
  ///
  /// Where it cannot, who it was does not matter.
  package var holder: UInt64?

  package init(trace: UInt64, holder: UInt64?) {
    self.trace = trace
    self.holder = holder
  }
}

/// The states that a search has reached, with ever more preemptions.
///
/// A state need not be searched if one was reached from which all that follows can be
/// done with as many preemptions in all: see ``covers(_:preemptions:)``. Two steps that
/// do not depend on each other lead to the same state in either order, so that runs
/// whose ``ReachedState/trace`` is the same can go on in the same ways.
struct KnownStates {
  /// How a trace was reached first.
  private struct Entry {
    /// The fewest preemptions with which it was reached.
    var preemptions: Int
    /// It was reached with so many where no task could go on that had run last.
    var isFree: Bool
  }

  private var entries: [UInt64: Entry] = [:]
  /// Traces together with their holders, as they were reached with the fewest
  /// preemptions.
  private var held: Set<UInt64> = []

  /// All that follows from a state follows from one that was added.
  ///
  /// That was reached by the same trace, and either with the same holder or with none;
  /// or it was reached with a preemption less, which is what it may cost to take the
  /// processor away from another holder.
  func covers(_ state: ReachedState, preemptions: Int) -> Bool {
    guard let entry = entries[state.trace] else { return false }
    if entry.preemptions < preemptions || entry.isFree { return true }
    return state.holder.map { held.contains(mix(state.trace, $0)) } ?? false
  }

  /// Adds a state that is not covered.
  ///
  /// - Parameters:
  ///   - state: The state.
  ///   - preemptions: With how many it was reached; no fewer than those added before.
  mutating func add(_ state: ReachedState, preemptions: Int) {
    let isFree = state.holder == nil
    entries[state.trace, default: Entry(preemptions: preemptions, isFree: false)].isFree = isFree
    if let holder = state.holder { held.insert(mix(state.trace, holder)) }
  }
}
