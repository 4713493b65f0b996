import InterleaveEngine

/// Finds the deviations of an entry again in a program that may have changed since.
///
/// It is asked at each choice, with names for the enabled steps, and decides: a deviation applies
/// where the baseline would take a step like the one that was passed over, and a step like the
/// one that was picked is enabled. What counts as "like" is the strictness; a caller tries one
/// after another (``EntryReplay``).
package struct EntryMatcher: Sendable {
  /// How much of a step's name must be as it was, strictest first.
  package enum Strictness: Int, Sendable, Hashable, CaseIterable {
    /// All of it.
    case exact
    /// The task, the function, the occurrence in it and the executor: steps may have been added
    /// elsewhere in the task.
    case occurrence
    /// The task, the function and the occurrence in it: it may have moved to another executor.
    case anyExecutor
    /// As ``anyExecutor``, but the picked step need not be enabled yet: the one that was passed
    /// over is held back until it is, since steps may have been added ahead of it.
    case order
    /// The task and the function: steps may have been added in the function, so that what was
    /// its second step is a later one now. Never an earlier one: that would put each deviation
    /// at the first step of its function.
    case function
    /// The function, the occurrence in it and the executor: tasks may have been added.
    case anyTask
    /// The function and the executor.
    case anyTaskAnyOccurrence
    /// As ``anyTask``, but for the picked step alone: something else may be passed over.
    case pickedOnly
  }

  package let strictness: Strictness
  /// For each deviation, how many places that would do are still to be let pass.
  private var delays: [Int]
  private let deviations: [Interleaving.Deviation]
  /// The functions that must have run, too.
  private let functions: [String]
  private var isApplied: [Bool]
  /// The first deviation that has not been applied.
  private var first = 0
  /// How many choices the step that was passed over has been held back.
  private var held = 0
  /// The functions of the steps that were looked at.
  private var seen: Set<String> = []

  /// Prepares for a run.
  ///
  /// - Parameters:
  ///   - deviations: The deviations of the entry, in order.
  ///   - strictness: What counts as the same step.
  ///   - delay: How many places that would do each deviation lets pass before it applies: where
  ///     names do not tell steps apart, the first place need not be the right one.
  ///   - functions: The functions that must run, or closures in them, for the interleaving to be
  ///     there.
  package init(
    _ deviations: [Interleaving.Deviation], strictness: Strictness, delay: Int = 0,
    functions: [String] = []
  ) {
    self.deviations = deviations
    self.functions = functions
    self.strictness = strictness
    delays = Array(repeating: delay, count: deviations.count)
    isApplied = Array(repeating: false, count: deviations.count)
  }

  /// Picks one of the enabled steps.
  ///
  /// - Parameters:
  ///   - count: How many steps are enabled; index 0 is what the baseline takes.
  ///   - name: The name of the step at an index. It is called only where the name matters, at
  ///     most once for each index.
  /// - Returns: The index of the step to take.
  package mutating func choose(
    among count: Int, name: (Int) -> Interleaving.StepName
  ) -> Int {
    guard first < deviations.count, count > 1 else { return 0 }
    if strictness == .order { return holdBack(among: count, name: name) }
    var names: [Interleaving.StepName] = []
    if strictness != .pickedOnly {
      names.append(name(0))
      seen.insert(names[0].function)
    }
    for index in first..<lastInReach where !isApplied[index] {
      let deviation = deviations[index]
      guard strictness == .pickedOnly || matches(names[0], deviation.passedOver) else { continue }
      while names.count < count {
        names.append(name(names.count))
        seen.insert(names[names.count - 1].function)
      }
      guard let pick = closest(to: deviation.picked, among: names) else { continue }
      if delays[index] > 0 {
        delays[index] -= 1
        return 0
      }
      apply(index)
      return pick
    }
    return 0
  }

  /// The longest that a step is held back, in choices.
  ///
  /// A task that polls would go on for ever while the step that it waits for is held back.
  private static let patience = 100

  /// Picks a step so that the next deviation's come in their order, with others in between.
  private mutating func holdBack(
    among count: Int, name: (Int) -> Interleaving.StepName
  ) -> Int {
    let deviation = deviations[first]
    let baseline = name(0)
    seen.insert(baseline.function)
    if held > 0, matches(baseline, deviation.picked) {
      apply(first)
      return 0
    }
    guard matches(baseline, deviation.passedOver), held < Self.patience else { return 0 }
    let names = [baseline] + (1..<count).map(name)
    for name in names { seen.insert(name.function) }
    if let pick = closest(to: deviation.picked, among: names) {
      apply(first)
      return pick
    }
    held += 1
    return names.dropFirst().firstIndex { $0.task == deviation.picked.task } ?? 1
  }

  private mutating func apply(_ index: Int) {
    isApplied[index] = true
    held = 0
    while first < deviations.count, isApplied[first] { first += 1 }
  }

  /// What came of it, once the run is over.
  ///
  /// - Parameter steps: The names of the steps that ran; asked for only where a deviation found
  ///   no place, or where functions must have run.
  package func outcome(
    ran steps: @autoclosure () -> [Interleaving.StepName]
  ) -> MatchOutcome {
    let unapplied = deviations.indices.filter { !isApplied[$0] }.map { deviations[$0] }
    var missing: [Interleaving.StepName] = []
    var absent: [String] = []
    if !unapplied.isEmpty || !functions.isEmpty {
      let present = seen.union(steps().map(\.function))
      let holders = Set(present.map(CorpusEntry.holder))
      absent = functions.filter { !holders.contains($0) }
      for deviation in unapplied {
        let wanted =
          strictness == .pickedOnly
          ? [deviation.picked] : [deviation.picked, deviation.passedOver]
        for step in wanted where !present.contains(step.function) {
          let isKnown = missing.contains {
            $0.function == step.function && $0.task == step.task
          }
          if !isKnown { missing.append(step) }
        }
      }
    }
    return MatchOutcome(
      strictness: strictness, applied: deviations.count - unapplied.count,
      unapplied: unapplied, missing: missing, absent: absent)
  }

  /// The end of the deviations that may be applied next.
  ///
  /// Where names tell single steps apart, a later deviation may go ahead of one that has lost its
  /// place. Where they do not, it might take a place that is not its own, so only the next may.
  private var lastInReach: Int {
    switch strictness {
    case .exact, .occurrence, .anyExecutor: deviations.count
    case .order, .function, .anyTask, .anyTaskAnyOccurrence, .pickedOnly: first + 1
    }
  }

  /// The step most like the wanted one; the baseline's own is not a deviation.
  private func closest(
    to wanted: Interleaving.StepName, among names: [Interleaving.StepName]
  ) -> Int? {
    var best: (index: Int, likeness: Int)?
    for index in 1..<names.count where matches(names[index], wanted) {
      let likeness = names[index].likeness(to: wanted)
      if best.map({ likeness > $0.likeness }) ?? true { best = (index, likeness) }
    }
    return best?.index
  }

  private func matches(
    _ step: Interleaving.StepName, _ wanted: Interleaving.StepName
  ) -> Bool {
    Self.matches(step, wanted, by: strictness)
  }

  /// Tells whether a step counts as another one.
  static func matches(
    _ step: Interleaving.StepName, _ wanted: Interleaving.StepName, by strictness: Strictness
  ) -> Bool {
    guard step.function == wanted.function,
      matches(step.inside, wanted.inside, by: strictness)
    else { return false }
    return switch strictness {
    case .exact:
      step == wanted
    case .occurrence:
      step.task == wanted.task && step.occurrence == wanted.occurrence
        && step.executor == wanted.executor
    case .anyExecutor, .order:
      step.task == wanted.task && step.occurrence == wanted.occurrence
    case .function:
      step.task == wanted.task && step.occurrence >= wanted.occurrence
    case .anyTask, .pickedOnly:
      step.occurrence == wanted.occurrence && step.executor == wanted.executor
    case .anyTaskAnyOccurrence:
      step.executor == wanted.executor
    }
  }
}

extension EntryMatcher {
  /// Tells whether a point inside a step counts as another one.
  private static func matches(
    _ point: InsidePoint?, _ wanted: InsidePoint?, by strictness: Strictness
  ) -> Bool {
    guard let point, let wanted else { return point == wanted }
    guard point.operation == wanted.operation, point.isAfter == wanted.isAfter else {
      return false
    }
    return switch strictness {
    case .exact, .occurrence, .anyExecutor, .order, .anyTask, .pickedOnly:
      point.occurrence == wanted.occurrence
    case .function: point.occurrence >= wanted.occurrence
    case .anyTaskAnyOccurrence: true
    }
  }
}

extension Interleaving.StepName {
  /// How much of the name is as in another one; the task counts most.
  fileprivate func likeness(to other: Self) -> Int {
    (task == other.task ? 8 : 0) + (occurrence == other.occurrence ? 4 : 0)
      + (executor == other.executor ? 2 : 0) + (ordinal == other.ordinal ? 1 : 0)
  }
}

/// How much of an entry's interleaving could be found in a run.
package struct MatchOutcome: Sendable, Hashable {
  package var strictness: EntryMatcher.Strictness
  /// How many deviations were applied.
  package var applied: Int
  /// Those that found no place.
  package var unapplied: [Interleaving.Deviation]
  /// The steps of those whose function never ran.
  package var missing: [Interleaving.StepName]
  /// The functions that did not run, of those that had to.
  package var absent: [String]
  /// The cancellation, if it found no place.
  package var missingCancellation: Interleaving.Cancellation?

  package init(
    strictness: EntryMatcher.Strictness, applied: Int,
    unapplied: [Interleaving.Deviation] = [], missing: [Interleaving.StepName] = [],
    absent: [String] = []
  ) {
    self.strictness = strictness
    self.applied = applied
    self.unapplied = unapplied
    self.missing = missing
    self.absent = absent
  }

  /// Every deviation was applied.
  package var isComplete: Bool { missingCount == 0 }

  /// How much of the interleaving found no place.
  var missingCount: Int {
    unapplied.count + (missingCancellation == nil ? 0 : 1) + absent.count
  }

  /// The run was the entry's interleaving: where something else was passed over, it was not.
  package var isEntry: Bool { isComplete && strictness != .pickedOnly }

  /// Why the interleaving could not be made again; nil where it was.
  package var staleReason: String? {
    guard let lost = unapplied.first else {
      if let missingCancellation {
        return "task \(missingCancellation.task) can no longer be cancelled after "
          + missingCancellation.after.words
      }
      guard !absent.isEmpty else { return nil }
      return "no step runs `\(absent.joined(separator: "`, nor `"))` any more"
    }
    if !missing.isEmpty {
      return missing.map(\.wordsOfLoss).joined(separator: "; ")
    }
    return "\(lost.picked.words) can no longer run before \(lost.passedOver.words)"
  }
}

extension Interleaving.StepName {
  /// `` `Bank.withdraw(_:)` of task 0.1 ``; where a task begins, no function of the program goes on.
  fileprivate var words: String {
    guard function.isEmpty else { return "`\(function)` of task \(task)" }
    return ordinal == 0 ? "the beginning of task \(task)" : "step \(ordinal + 1) of task \(task)"
  }

  /// That no step has the name any more.
  ///
  /// The function may still run, but not be interrupted there.
  fileprivate var wordsOfLoss: String {
    guard let inside, !function.isEmpty else {
      return (function.isEmpty ? "" : "the step ") + "\(words) no longer exists"
    }
    return "task \(task) can no longer be interrupted in `\(function)` \(inside.words)"
  }
}
