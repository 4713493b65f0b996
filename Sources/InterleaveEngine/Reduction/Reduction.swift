/// Tries one schedule of every interleaving, and so proves what holds in all of them.
///
/// Dynamic partial-order reduction; see ``ReductionTree``. Drive it from run to run:
///
/// ```swift
/// let search = Reduction()
/// while search.advance() {
///   _ = machine.run(search, start) { Task { await body() } }
///   search.learn(from: machine)
///   machine.finish()
/// }
/// ```
///
/// Once ``isExhausted``, what held in each run holds in every interleaving of the
/// program for the same input, *under the dependency relation*: steps share nothing
/// but their executor, the order in which mailboxes were sent to, tasks that they
/// await and cancel, locks, randomness, and what is outside any actor. What else they may
/// share is noticed only while a ``SharingWatch`` is kept. Nor is a step interrupted: where
/// that could lead to something new, the search proves nothing, see ``dividedStep``.
package final class Reduction: Strategy {
  /// The most steps that a run may have, where nothing else is said.
  package static let mostSteps = 2_000

  private var tree: ReductionTree
  private var keys: [StepKey] = []

  /// Makes a search.
  ///
  /// - Parameter maxSteps: The most steps that a run may have.
  package init(maxSteps: Int = Reduction.mostSteps) {
    tree = ReductionTree(maxSteps: maxSteps)
  }

  /// Every interleaving has been tried.
  package var isExhausted: Bool { tree.isExhausted }
  /// The relation is one of whole steps.
  package var interruptsSteps: Bool { false }
  /// How many runs came to their end: each is an interleaving of its own.
  package var completed: Int { tree.completed }
  /// How many runs were cut short, since nothing new could come of them.
  package var blocked: Int { tree.blocked }
  /// Why the search proves nothing, if there is a reason.
  package var limits: ReductionLimits { tree.limits }
  /// A step that could be interrupted to another end, if there is one in the runs so far.
  package private(set) var dividedStep: DividedStep?

  /// Goes on to the next run.
  ///
  /// - Returns: Whether there is one.
  package func advance() -> Bool { tree.advance() }

  package func begin(_ run: RunStart) {
    tree.begin()
    ran = 0
  }

  /// How many steps of the run the tree knows of.
  private var ran = 0

  package func choose(among steps: EnabledSteps) -> Int {
    steps.machine._withUnsafeGuaranteedRef { catchUp($0) }
    keys.removeAll(keepingCapacity: true)
    for index in 0..<steps.count { keys.append(steps.key(at: index)) }
    return tree.choose(among: keys)
  }

  /// Tells the tree of the steps that ran since the last choice.
  private func catchUp(_ machine: Machine) {
    while ran < machine.stepCount, !tree.isOver {
      // Where only one step could run, nobody was asked.
      if machine.steps[ran].enabled == 1 { _ = tree.choose(among: [machine.key(ofStep: ran)]) }
      tree.didRun(machine.accesses(ofStep: ran))
      ran += 1
    }
  }

  /// Learns from the run that has just ended, before it is forgotten.
  package func learn(from machine: Machine) {
    catchUp(machine)
    let steps = machine.tracedSteps()
    let limits = machine.limits
    if limits.isEmpty, dividedStep == nil { dividedStep = machine.dividedStep(in: steps) }
    tree.learn(StepTrace(steps), limits: limits)
  }

  /// The run that has just ended was cut short: it is like one that was tried.
  package var wasBlocked: Bool { tree.isOver }
}
