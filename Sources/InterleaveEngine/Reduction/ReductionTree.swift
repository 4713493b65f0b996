/// The interleavings that a reduced search has tried and those that are left.
///
/// Source-DPOR with sleep sets (Abdulla, Aronis, Jonsson, Sagonas: "Optimal dynamic
/// partial order reduction", POPL 2014). It tries at least one schedule of every
/// interleaving, and none whose steps all run twice; a run in which all that could
/// go on was tried before is *blocked*: it is cut short.
///
/// That rests on the dependency relation: two steps that it calls independent must
/// lead to the same state in either order. And on mailboxes, whose rule it follows:
/// no step puts an enabled one out of reach, and one that had arrived before another
/// precedes it in every run.
///
/// Where a step may put another out of reach, as one does that takes a lock, the tree *tries all*:
/// at each choice, all that could run, but for what sleeps (Godefroid: "Partial-order methods for
/// the verification of concurrent systems", 1996). Then nothing rests on which orders of a run
/// could be turned round.
package struct ReductionTree: Sendable {
  /// A step that was tried, and need not be tried until something that it depends on
  /// has run.
  struct Sleeper: Sendable {
    var key: StepKey
    var accesses: [Access]
    /// What it touched has no name in this process: it counts as depending on everything.
    var isVague = false
  }

  struct Node: Sendable {
    var enabled: [StepKey]
    var chosen: StepKey
    /// The tasks whose steps must be tried here.
    var backtrack: [UInt64]
    var sleep: [Sleeper]
  }

  var nodes: [Node] = []
  /// How many of the nodes the run follows.
  private var prefix = 0
  /// What the steps of the last run touched, as far as the next one follows it.
  var accesses: [[Access]] = []
  /// What is known of a tree that another process has left; nil in the next run's own.
  var resumption: Resumption?
  private var position = 0
  private var sleep: [Sleeper] = []
  private var isBlocked = false
  private var hasStarted = false
  let maxSteps: Int
  private let triesAll: Bool

  /// Every interleaving has been tried, unless there are ``limits``.
  package private(set) var isExhausted = false
  /// How many runs came to their end.
  package internal(set) var completed = 0
  /// How many were cut short.
  package internal(set) var blocked = 0
  /// Why the search proves nothing, if there is a reason.
  package private(set) var limits: ReductionLimits = []

  /// Makes a tree of which nothing has been tried.
  ///
  /// - Parameters:
  ///   - maxSteps: The most steps that a run may have.
  ///   - triesAll: Everything that could run is tried at each choice, but for what sleeps.
  package init(maxSteps: Int = Reduction.mostSteps, triesAll: Bool = false) {
    self.maxSteps = maxSteps
    self.triesAll = triesAll
  }

  /// Starts the run over.
  package mutating func begin() {
    position = 0
    isBlocked = false
    sleep = []
  }

  /// The run needs no more choices: nothing new can come of it.
  package var isOver: Bool { isBlocked || !limits.isEmpty }

  /// Makes the next choice of the run.
  ///
  /// - Parameter enabled: The names of what could run; the baseline's choice first.
  /// - Returns: The index of one of them.
  package mutating func choose(among enabled: [StepKey]) -> Int {
    guard !isOver else { return 0 }
    if position < prefix {
      let chosen = nodes[position].chosen
      guard enabled.count == nodes[position].enabled.count,
        resumption?.isAccepted ?? true || enabled == nodes[position].enabled,
        let index = enabled.firstIndex(of: chosen)
      else {
        limits.insert(.divergence)
        return 0
      }
      return index
    }
    guard position < maxSteps else {
      limits.insert(.length)
      return 0
    }
    guard let index = enabled.firstIndex(where: { key in !sleep.contains { $0.key == key } })
    else {
      isBlocked = true
      return 0
    }
    nodes.append(
      Node(
        enabled: enabled, chosen: enabled[index],
        backtrack: triesAll ? enabled.map(\.task) : [enabled[index].task], sleep: sleep))
    return index
  }

  /// Learns what the step that was chosen touched.
  package mutating func didRun(_ accesses: [Access]) {
    guard !isOver else { return }
    if resumption != nil, !resume(accesses, at: position) { return }
    position += 1
    guard position >= prefix else { return }
    if position == prefix { sleep = nodes[position - 1].sleep }
    if !sleep.isEmpty {
      sleep.removeAll { $0.isVague || $0.accesses.conflict(with: accesses, sameRun: false) }
    }
  }

  /// Learns from a run that is over what else must be tried.
  ///
  /// - Parameters:
  ///   - trace: The run; of one that was cut short, more than was chosen counts for
  ///     nothing.
  ///   - newLimits: What was noticed in it that the relation does not cover.
  package mutating func learn(_ trace: StepTrace, limits newLimits: ReductionLimits) {
    limits.formUnion(newLimits)
    if !isBlocked, position != trace.steps.count || position < prefix {
      limits.insert(.divergence)
    }
    guard limits.isEmpty else { return }
    if isBlocked { blocked += 1 } else { completed += 1 }
    for index in max(prefix - 1, 0)..<nodes.count where !triesAll {
      for race in trace.races(endingAt: index) { addReversal(of: race, in: trace) }
    }
    while let last = nodes.indices.last {
      let accesses = trace.steps[last].accesses
      nodes[last].sleep.append(Sleeper(key: nodes[last].chosen, accesses: accesses))
      let node = nodes[last]
      let next = node.enabled.first { key in
        node.backtrack.contains(key.task) && !node.sleep.contains { $0.key == key }
      }
      if let next {
        nodes[last].chosen = next
        break
      }
      nodes.removeLast()
    }
    prefix = nodes.count
    accesses = trace.steps.prefix(prefix).map(\.accesses)
  }

  /// The program does not do what it did.
  mutating func refuse() { limits.insert(.divergence) }

  /// Goes on with nodes that another process has left.
  mutating func takeOver(_ nodes: [Node]) {
    self.nodes = nodes
    prefix = nodes.count
    hasStarted = true
  }

  private mutating func addReversal(of race: StepTrace.Race, in trace: StepTrace) {
    let initials = trace.initials(of: trace.reversal(of: race)).map { trace.steps[$0].key }
    let node = nodes[race.first]
    let isCovered = initials.contains { initial in
      node.backtrack.contains(initial.task) || node.sleep.contains { $0.key == initial }
    }
    if isCovered { return }
    if let initial = initials.first(where: node.enabled.contains) {
      nodes[race.first].backtrack.append(initial.task)
    } else {
      // What could come first was not ready: the relation left something out.
      limits.insert(.divergence)
    }
  }

  /// Goes on to the next run.
  ///
  /// - Returns: Whether there is one.
  package mutating func advance() -> Bool {
    guard hasStarted else {
      hasStarted = true
      return true
    }
    if nodes.isEmpty, limits.isEmpty { isExhausted = true }
    return !isExhausted && limits.isEmpty
  }
}
