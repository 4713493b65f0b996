import InterleaveEngine

extension Explanation {
  /// What one task does on an actor in two steps, with another task's step in between.
  ///
  /// Who goes on need not be the task that began: it may be one that this made meanwhile, or whose
  /// continuation it resumed.
  package struct Collision: Sendable, Hashable {
    /// The indices of the first task's two steps and the other task's step
    /// between them.
    package var before: Int
    package var between: Int
    package var after: Int
    /// What the step in between changed; of several changes, one that matters to
    /// the step after it, if there is one.
    package var change: Interleaving.Change?
    /// The step after it changed the same property.
    package var isSameProperty: Bool
    /// A deviation lies within.
    package var hasDeviation: Bool
    /// A deviation lies within, or before.
    package var isDeviating: Bool
    /// One of the two tasks descends from the other, so that mostly it was waited
    /// for.
    package var isFamily: Bool
    /// How many steps of its own on the actor lie between the first step and the last.
    package var distance = 0
    /// The steps before and after are of two tasks.
    package var isChain = false
    /// What the step after it changes in a run that passes, and the one in between in this one; nil
    /// where there is no such thing.
    package var changeElsewhere: Interleaving.Change?
    /// Runs in which nothing came between, and in which what came between came before.
    package var undisturbed: ExperimentFindings.Runs?
    package var overtaken: ExperimentFindings.Runs?

    /// Where it is in the interleaving.
    package var stretch: ExperimentFindings.Stretch {
      ExperimentFindings.Stretch(before: before, between: between, after: after)
    }

    /// How surely the failure rests on it: 0 for not at all.
    ///
    /// With nothing in between, much else is another order, too. Where it fails although what came
    /// between came before, something else that the stretch holds is what matters.
    /// That a step farther back is the one that read what changed, only a run can show in which the
    /// change comes before it.
    var certainty: Int {
      let isWhole = undisturbed?.isDecisive == true
      guard let overtaken else { return isWhole && distance == 0 && !isChain ? 2 : 0 }
      if isChain, change == nil { return 0 }
      guard overtaken.isDecisive else { return isWhole && distance == 0 && !isChain ? 1 : 0 }
      return isWhole ? 4 : 3
    }

    var score: Int {
      let isKnown = isSameProperty && hasDeviation
      return (isSameProperty ? 8 : 0) + (isFamily ? 0 : 4) + (isKnown ? 2 : 0)
        + (change != nil ? 1 : 0)
    }
  }

  /// How many of a task's steps before another's are taken for the one that read, and of how many
  /// stretches between them somebody may have come in.
  private static let mostReaders = 3
  private static let mostStretches = 6

  /// The collisions of an interleaving, in the order of the steps after them; of several that end
  /// with one step, those first whose first step is the latest.
  ///
  /// - Parameter passing: A run that passes, in which steps may change what they left as it was
  ///   here.
  static func allCollisions(
    in interleaving: Interleaving, beside passing: Interleaving? = nil
  ) -> [Collision] {
    let steps = interleaving.steps
    let lines = StepLines(steps)
    let elsewhere = passing.map { changes(in: $0) } ?? [:]
    var found: [Collision] = []
    for after in steps.indices where !steps[after].actor.isEmpty {
      let line = lines.line(to: after, atMost: mostStretches)
      let here = Set(steps[after].changes.map(\.property))
      let other = elsewhere[steps[after].name, default: []].filter { !here.contains($0.property) }
      let own = here.union(other.map(\.property))
      var end = after
      for (distance, before) in line.enumerated() {
        let others = lines.others(on: steps[after].actor, before + 1..<end).filter { index in
          steps[index].name.task != steps[after].name.task
            && steps[index].name.task != steps[before].name.task
        }
        end = before
        guard let between = intruder(others, own, before, after, in: interleaving) else { continue }
        for further in distance..<min(line.count, distance + mostReaders) {
          found.append(
            collision(
              line[further], between, after, own, distance: further, elsewhere: other,
              interleaving))
        }
      }
    }
    return found
  }

  /// Of the steps that came between, the one that matters most.
  private static func intruder(
    _ others: [Int], _ own: Set<String>, _ before: Int, _ after: Int, in interleaving: Interleaving
  ) -> Int? {
    let steps = interleaving.steps
    let intruders = Set(
      interleaving.deviations.filter { $0.index > before && $0.index <= after }.map(\.picked.task))
    let last = { (indices: [Int]) in
      indices.last { intruders.contains(steps[$0].name.task) } ?? indices.last
    }
    let sharing = last(
      others.filter { steps[$0].changes.contains { own.contains($0.property) } })
    let changing = last(others.filter { !steps[$0].changes.isEmpty })
    return sharing ?? changing ?? last(others)
  }

  private static func collision(
    _ before: Int, _ between: Int, _ after: Int, _ own: Set<String>, distance: Int,
    elsewhere: [Interleaving.Change], _ interleaving: Interleaving
  ) -> Collision {
    let steps = interleaving.steps
    let changes = steps[between].changes
    // What a step leaves as it is, and changes in a run that passes, is what was lost.
    let lost = changes.first { change in elsewhere.contains { $0.property == change.property } }
    let shared = lost ?? changes.first { own.contains($0.property) }
    return Collision(
      before: before, between: between, after: after, change: shared ?? changes.first,
      isSameProperty: shared != nil,
      hasDeviation: interleaving.deviations.contains { $0.index > before && $0.index <= after },
      isDeviating: interleaving.deviations.contains { $0.index <= after },
      isFamily: isFamily(steps[after].name.task, steps[between].name.task),
      distance: distance, isChain: steps[before].name.task != steps[after].name.task,
      changeElsewhere: elsewhere.first { $0.property == lost?.property })
  }

  /// What each step of a run changed, by its name.
  private static func changes(
    in interleaving: Interleaving
  ) -> [Interleaving.StepName: [Interleaving.Change]] {
    Dictionary(interleaving.steps.map { ($0.name, $0.changes) }) { first, _ in first }
  }

  private static func isFamily(_ one: TaskPath, _ other: TaskPath) -> Bool {
    one.ordinals.starts(with: other.ordinals) || other.ordinals.starts(with: one.ordinals)
  }
}

/// The steps of an interleaving by task and by actor.
private struct StepLines {
  private let steps: [Interleaving.Step]
  private var tasks: [TaskPath: [Int]] = [:]
  private var actors: [String: [Int]] = [:]
  private var visits: [Visit: [Int]] = [:]

  private struct Visit: Hashable {
    var task: TaskPath
    var actor: String
  }

  init(_ steps: [Interleaving.Step]) {
    self.steps = steps
    for index in steps.indices {
      let (task, actor) = (steps[index].name.task, steps[index].actor)
      tasks[task, default: []].append(index)
      guard !actor.isEmpty else { continue }
      actors[actor, default: []].append(index)
      visits[Visit(task: task, actor: actor), default: []].append(index)
    }
  }

  /// The steps on an actor, in their order.
  func others(on actor: String, _ range: Range<Int>) -> ArraySlice<Int> {
    guard let all = actors[actor] else { return [] }
    let start = all.firstPlace { $0 >= range.lowerBound }
    let end = all.firstPlace { $0 >= range.upperBound }
    return all[start..<max(start, end)]
  }

  /// The steps on the same actor by which a task came to a step, the latest first: its own, those
  /// of the task that made it until then, and of one that resumed its continuation.
  func line(to after: Int, atMost limit: Int) -> [Int] {
    let task = steps[after].name.task
    let own = tasks[task] ?? []
    let earlier = own[..<own.firstPlace { $0 > after }]
    var line = Array(last(of: task, upTo: after, on: steps[after].actor, limit))
    if let first = earlier.first, steps[first].reason == .created {
      line += before(first, on: steps[after].actor, limit)
    }
    for index in earlier.suffix(limit) where isResumed(index) {
      line += before(index, on: steps[after].actor, limit)
    }
    return Array(Set(line).sorted(by: >).prefix(limit))
  }

  /// The steps of the task that made another's step ready, until then.
  private func before(_ index: Int, on actor: String, _ limit: Int) -> ArraySlice<Int> {
    guard let cause = steps[index].cause, (0..<index).contains(cause),
      steps[cause].name.task != steps[index].name.task
    else { return [] }
    return last(of: steps[cause].name.task, upTo: cause + 1, on: actor, limit)
  }

  /// The program resumed the continuation by which a step goes on.
  private func isResumed(_ index: Int) -> Bool {
    guard steps[index].reason == .resumed, let cause = steps[index].cause,
      (0..<index).contains(cause)
    else { return false }
    return steps[cause].events.contains {
      $0.kind == .resumed && $0.task == steps[index].name.task
    }
  }

  private func last(of task: TaskPath, upTo end: Int, on actor: String, _ limit: Int) -> ArraySlice<
    Int
  > {
    let own = visits[Visit(task: task, actor: actor)] ?? []
    return own[..<own.firstPlace { $0 >= end }].suffix(limit)
  }
}

extension [Int] {
  /// The place of the first element of an ordered list from which on a condition holds.
  fileprivate func firstPlace(where holds: (Int) -> Bool) -> Int {
    var (low, high) = (0, count)
    while low < high {
      let middle = (low + high) / 2
      if holds(self[middle]) { high = middle } else { low = middle + 1 }
    }
    return low
  }
}
