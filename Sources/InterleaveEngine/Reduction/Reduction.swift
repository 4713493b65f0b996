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
/// share is noticed only while a ``SharingWatch`` is kept. Nor is what the search takes for a whole
/// interrupted, be that a step or a *segment* of one: where that could lead to something new, the
/// search proves nothing, see ``dividedStep``.
package final class Reduction: GrainedStrategy {
  /// What the relation takes for a whole.
  package enum Grain: Sendable {
    /// A step, from its beginning to its end.
    case steps
    /// What a step does from one point to the next: points are before it takes a lock, cancels, asks
    /// whether it is cancelled and resumes a continuation. What a step does otherwise that has
    /// points, or for which it waits, proves nothing.
    case segments
  }

  /// The most steps that a run may have, where nothing else is said.
  package static let mostSteps = 2_000
  /// How many runs of segments are chosen at random once all seem to have been run: each has to be
  /// like one of these.
  package static let checks = 64

  package let grain: Grain
  private(set) var tree: ReductionTree
  private var keys: [StepKey] = []
  /// What tells the runs of segments apart that came to their end.
  private(set) var proved: Set<UInt64> = []
  /// The runs that were chosen at random, and what chooses them.
  private(set) var checked = 0
  private var random: SplitMix64?
  private var hasMissed = false

  /// Makes a search.
  ///
  /// - Parameters:
  ///   - maxSteps: The most steps that a run may have.
  ///   - grain: What it takes for a whole.
  package init(maxSteps: Int = Reduction.mostSteps, grain: Grain = .steps) {
    self.grain = grain
    tree = ReductionTree(maxSteps: maxSteps, triesAll: grain == .segments)
  }

  /// Every interleaving has been tried.
  package var isExhausted: Bool {
    tree.isExhausted && limits.isEmpty && (grain == .steps || checked == Self.checks)
  }
  package var interruptsSteps: Bool { grain == .segments }
  /// How many runs came to their end: each is an interleaving of its own, if steps are wholes.
  package var completed: Int { tree.completed }
  /// How many runs were cut short, since nothing new could come of them.
  package var blocked: Int { tree.blocked }
  /// How many interleavings the runs came to.
  package var interleavings: Int { grain == .steps ? tree.completed : proved.count }
  /// Why the search proves nothing, if there is a reason.
  package var limits: ReductionLimits {
    hasMissed ? tree.limits.union(.divergence) : tree.limits
  }
  /// A step that could be interrupted to another end, if there is one in the runs so far.
  package private(set) var dividedStep: DividedStep?

  /// Makes a search that goes on where another process has left one.
  init(_ tree: ReductionTree, grain: Grain, proved: Set<UInt64>, checked: Int) {
    self.grain = grain
    self.tree = tree
    self.proved = proved
    self.checked = checked
  }

  /// Goes on to the next run.
  ///
  /// - Returns: Whether there is one.
  package func advance() -> Bool {
    if tree.advance() { return true }
    guard grain == .segments, tree.isExhausted, limits.isEmpty, checked < Self.checks else {
      return false
    }
    random = SplitMix64(seed: UInt64(checked + 1))
    return true
  }

  package func begin(_ run: RunStart) {
    tree.begin()
    ran = 0
  }

  /// How many steps of the run the tree knows of.
  private var ran = 0

  package func choose(among steps: EnabledSteps) -> Int {
    if random != nil { return random?.below(steps.count) ?? 0 }
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
    let limits = machine.limits
    if random != nil {
      checked += 1
      if !limits.isEmpty || !proved.contains(machine.lockedSignature) { hasMissed = true }
      noteDivision(in: machine.tracedSteps(), of: machine)
      return
    }
    catchUp(machine)
    let steps = machine.tracedSteps()
    if limits.isEmpty { noteDivision(in: steps, of: machine) }
    let completed = tree.completed
    tree.learn(StepTrace(steps), limits: limits)
    if grain == .segments, tree.completed > completed { proved.insert(machine.lockedSignature) }
  }

  private func noteDivision(in steps: [StepTrace.Step], of machine: Machine) {
    if dividedStep == nil { dividedStep = machine.dividedStep(in: steps) }
  }

  /// The run that has just ended was cut short: it is like one that was tried.
  package var wasBlocked: Bool { tree.isOver }
}
