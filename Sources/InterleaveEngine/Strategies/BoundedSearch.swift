/// Tries every schedule, those with the fewest preemptions first.
///
/// Iterative context bounding (Musuvathi, Qadeer: "Iterative context bounding for
/// systematic testing of multithreaded programs", PLDI 2007): a choice where the
/// last task cannot go on is free, one that interrupts it costs a preemption.
/// Drive it from run to run:
///
/// ```swift
/// let search = BoundedSearch(maxPreemptions: 1)
/// while search.advance() {
///   run(search)
/// }
/// ```
///
/// Every schedule is run, even those that differ only in the order of independent
/// steps, since under a bound on preemptions one of them may lie within it and another
/// not. Unless known states are to be skipped: then no run goes on from a state in which
/// the program was before, with no more preemptions, so that every *interleaving* within
/// the bound is run, and not every schedule (Musuvathi, Qadeer: "Partial-order reduction
/// for context-bounded state exploration", 2007; Coons, Musuvathi, McKinley: "Bounded
/// partial-order reduction", OOPSLA 2013).
///
/// Two runs are in the same state if the same steps have run, and those that depend on
/// each other in the same order (``Machine/traceHash``; locks count). What they can do
/// next is the same, as are the states that this leads to; only the cost in preemptions
/// may differ, by the task that could go on for free, and never by more than one. So a
/// state is skipped if it was reached
///
/// * with the same task last, or where the task that ran last could not go on, with no
///   more preemptions;
/// * by whomever, with at least one preemption less.
///
/// A state is passed over only in favour of one that is searched itself, and the same
/// state is never reached again later in a run, so that nothing is put off for ever.
/// All this is sound only while ``Machine/followsRelation`` is true of every run: up to
/// the first that it is not true of, each run that was left out had one like it that
/// was made, so that none goes unnoticed. Where steps are interrupted inside, no states are told
/// apart from the first interruption of a run on: what comes before is one of whole steps.
package final class BoundedSearch: PureStrategy {
  private var tree: BoundedSearchTree
  package let interruptsSteps: Bool
  private let skipsKnownStates: Bool

  /// Makes a search.
  ///
  /// - Parameters:
  ///   - maxPreemptions: The most preemptions that a schedule may have, at least 0.
  ///   - maxDeviations: The most deviations that it may have, at least 0.
  ///   - maxInterruptions: How many of its preemptions may interrupt a step inside, at least 0.
  ///   - skipsKnownStates: Nothing is searched twice from the same state. Only without a
  ///     bound on deviations, with none on interruptions inside or with none of these, and only for
  ///     runs that follow the dependency relation but for where they are interrupted.
  package init(
    maxPreemptions: Int, maxDeviations: Int = .max, maxInterruptions: Int = .max,
    skipsKnownStates: Bool = false
  ) {
    precondition(
      !skipsKnownStates || maxDeviations == .max,
      "`skipsKnownStates` needs `maxDeviations` to be unbounded (was \(maxDeviations))")
    tree = BoundedSearchTree(
      maxPreemptions: maxPreemptions, maxDeviations: maxDeviations,
      maxInterruptions: maxInterruptions)
    interruptsSteps = maxInterruptions > 0
    self.skipsKnownStates = skipsKnownStates
  }

  /// Every schedule within the bound has been tried.
  package var isExhausted: Bool { tree.isExhausted }
  /// All schedules with at most this many preemptions, and no more deviations than
  /// allowed, have been tried; nil while
  /// not even those without any have.
  package var shownBound: Int? { tree.shownBound }
  /// The program under test did something else after the same choices.
  package var hasDiverged: Bool { tree.hasDiverged }

  /// Goes on to the next schedule.
  ///
  /// - Returns: Whether there is one.
  package func advance() -> Bool { tree.advance() }

  package func begin(_ run: RunStart) { tree.begin() }

  package func decide(at point: some ChoicePoint) -> Int {
    tree.choose(
      count: point.count, lastTaskIsEnabled: point.lastTaskIsEnabled, isInside: point.isInside,
      state: skipsKnownStates && !point.isInside && tree.wantsState ? point.state : nil)
  }
}

extension BoundedSearch {
  /// Packs the choices of the last run.
  package func pack(into packet: inout Packet) { tree.pack(into: &packet) }

  /// Takes over a run that a copy of this search has made.
  package func unpack(from packet: inout Packet) { tree.unpack(from: &packet) }
}

/// The schedules that a bounded search has tried and those that are left.
///
/// A schedule is the list of its choices, each an index. A run follows a prefix
/// and then the baseline, index 0; each choice after the prefix that could have
/// been another one branches off a prefix of its own. So every list comes up
/// exactly once, and among those with equally many preemptions the ones with few
/// deviations come early.
package struct BoundedSearchTree: Sendable {
  /// A choice that a run made.
  private struct Choice: Sendable {
    var count: Int32
    var taken: Int32
    var lastTaskIsEnabled: Bool
    var isInside: Bool

    /// It interrupts a step inside.
    var isInterruption: Bool { isInside && taken > 0 }
  }

  /// A schedule that was tried.
  private struct Node: Sendable {
    var choices: [Choice] = []
    /// The first choice from which others branch off: the one after the prefix.
    var first = 0
    var deviations = 0
    /// The first choice that was reached before: none branches off from there on.
    var end = Int.max
  }

  /// A walk over the branches of a list of schedules that may still grow.
  private struct Cursor: Sendable {
    var node = 0
    var choice = 0
    var alternative = 0
  }

  private let maxPreemptions: Int
  private let maxDeviations: Int
  private let maxInterruptions: Int
  /// The number of preemptions of the schedules that are being tried.
  private var level = 0
  /// The schedules tried at the last level, and at this one.
  private var previous: [Node] = []
  private var current: [Node] = []
  private var preemptive = Cursor()
  private var free = Cursor()

  private var running: Node?
  private var prefix: [Choice] = []
  private var position = 0
  private var known = KnownStates()
  private var hasStarted = false
  private var storage: Int

  package private(set) var isExhausted = false
  package private(set) var shownBound: Int?
  package private(set) var hasDiverged = false

  /// Makes a tree of which nothing has been tried.
  ///
  /// - Parameters:
  ///   - maxPreemptions: The most preemptions that a schedule may have, at least 0.
  ///   - maxDeviations: The most deviations that it may have, at least 0.
  ///   - maxInterruptions: How many of its preemptions may interrupt a step inside, at least 0.
  ///   - storage: How many choices may be kept in memory. A search that would need
  ///     more ends early and is never exhausted.
  package init(
    maxPreemptions: Int, maxDeviations: Int = .max, maxInterruptions: Int = .max,
    storage: Int = 4_000_000
  ) {
    precondition(maxPreemptions >= 0, "`maxPreemptions` must be at least 0 (was \(maxPreemptions))")
    self.maxPreemptions = maxPreemptions
    precondition(maxDeviations >= 0, "`maxDeviations` must be at least 0 (was \(maxDeviations))")
    self.maxDeviations = maxDeviations
    precondition(
      maxInterruptions >= 0, "`maxInterruptions` must be at least 0 (was \(maxInterruptions))")
    self.maxInterruptions = maxInterruptions
    self.storage = storage
  }

  /// Starts the run over.
  package mutating func begin() {
    running = Node(first: prefix.count, deviations: prefix.count { $0.taken > 0 })
    position = 0
  }

  /// The run is not in a state yet that was reached before.
  package var wantsState: Bool { position >= prefix.count && running?.end == .max }

  /// Makes the next choice of the run.
  ///
  /// - Parameters:
  ///   - count: How many steps are enabled.
  ///   - lastTaskIsEnabled: Any choice but the first is a preemption.
  ///   - isInside: Any choice but the first interrupts a step inside.
  ///   - state: What determines how the run can go on; nil if that is not to matter.
  package mutating func choose(
    count: Int, lastTaskIsEnabled: Bool, isInside: Bool = false, state: ReachedState? = nil
  ) -> Int {
    defer { position += 1 }
    if let state, wantsState { note(state) }
    var taken = 0
    if position < prefix.count {
      let expected = prefix[position]
      if expected.count == Int32(count), expected.lastTaskIsEnabled == lastTaskIsEnabled {
        taken = Int(expected.taken)
      } else {
        hasDiverged = true
      }
    }
    running?.choices.append(
      Choice(
        count: Int32(count), taken: Int32(taken), lastTaskIsEnabled: lastTaskIsEnabled,
        isInside: isInside))
    return taken
  }

  private mutating func note(_ state: ReachedState) {
    // After its prefix, a run does not preempt: it stays on the level.
    if known.covers(state, preemptions: level) {
      running?.end = position
    } else if storage > 0 {
      // A state takes about as much memory as so many choices.
      storage -= 4
      known.add(state, preemptions: level)
    }
  }

  /// Ends the run and goes on to the next schedule.
  ///
  /// - Returns: Whether there is one.
  package mutating func advance() -> Bool {
    if let node = running {
      if node.choices.count < prefix.count { hasDiverged = true }
      running = nil
      if node.deviations < maxDeviations {
        storage -= node.choices.count
        if storage >= 0 { current.append(node) }
      }
    } else if !hasStarted {
      hasStarted = true
      return true
    }
    while !isExhausted, !hasDiverged {
      if let branch = Self.next(
        &preemptive, in: previous, preempting: true, maxInterruptions)
        ?? Self.next(&free, in: current, preempting: false, maxInterruptions)
      {
        prefix = branch
        return true
      }
      guard storage >= 0 else { return false }
      shownBound = level
      isExhausted = level == maxPreemptions
      level += 1
      previous = current
      current = []
      preemptive = Cursor()
      free = Cursor()
    }
    return false
  }

  fileprivate func pack(into packet: inout Packet) {
    packet.put(all: running?.choices ?? [])
    packet.put(hasDiverged)
  }

  fileprivate mutating func unpack(from packet: inout Packet) {
    begin()
    running?.choices = packet.takeAll()
    hasDiverged = packet.take()
  }

  private static func next(
    _ cursor: inout Cursor, in nodes: [Node], preempting: Bool, _ maxInterruptions: Int
  ) -> [Choice]? {
    while cursor.node < nodes.count {
      let node = nodes[cursor.node]
      cursor.choice = max(cursor.choice, node.first)
      while cursor.choice < min(node.choices.count, node.end) {
        let choice = node.choices[cursor.choice]
        if choice.lastTaskIsEnabled == preempting, cursor.alternative + 1 < Int(choice.count),
          mayBranch(at: cursor.choice, of: node, maxInterruptions)
        {
          cursor.alternative += 1
          var prefix = Array(node.choices[...cursor.choice])
          prefix[cursor.choice].taken = Int32(cursor.alternative)
          return prefix
        }
        cursor.choice += 1
        cursor.alternative = 0
      }
      cursor.node += 1
      cursor.choice = 0
      cursor.alternative = 0
    }
    return nil
  }

  /// A branch off a schedule, at a choice, interrupts no more steps inside than allowed.
  private static func mayBranch(
    at choice: Int, of node: Node, _ maxInterruptions: Int
  ) -> Bool {
    guard maxInterruptions < .max, node.choices[choice].isInside else { return true }
    return node.choices[..<choice].count { $0.isInterruption } < maxInterruptions
  }
}
