import InterleaveEngine

/// Says which tasks got in each other's way in an interleaving, and where.
///
/// A collision is a stretch of one task that was cut in two on an actor: it ran
/// there, left, and went on there (or is about to), while another task ran on the
/// same actor in between. Of all collisions those are named in which the other task changed a
/// property that the first one then changed too, and which a deviation made.
package struct Explanation: Sendable, Hashable {
  /// A choice that departed from the baseline, in the words of the tasks.
  package struct Departure: Sendable, Hashable {
    package enum Kind: Sendable, Hashable {
      /// A task that could have gone on did not.
      case interruption
      /// A timer fired although work was waiting.
      case stall
      /// Of several tasks that could begin, a later one began.
      case overtaking
    }

    package var kind: Kind
    /// The index of the step that was picked.
    package var index: Int
    package var picked: Interleaving.StepName
    package var passedOver: Interleaving.StepName
    /// Where the picked step ran.
    package var pickedPlace: Interleaving.Place?
    /// Where the task that was passed over went on later, or else was last.
    package var passedOverPlace: Interleaving.Place?
  }

  /// A stretch of one task on an actor with another task's step inside.
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

    fileprivate var score: Int {
      let isKnown = isSameProperty && hasDeviation
      return (isSameProperty ? 8 : 0) + (isFamily ? 0 : 4) + (isKnown ? 2 : 0)
        + (change != nil ? 1 : 0)
    }
  }

  package let departures: [Departure]
  /// The collisions that explain the failure best, at most two, in order.
  package let collisions: [Collision]

  package init(_ interleaving: Interleaving) {
    departures = interleaving.deviations.map { Self.departure($0, in: interleaving) }
    collisions = Self.best(of: Self.allCollisions(in: interleaving), in: interleaving)
  }

  // MARK: Departures

  private static func departure(
    _ deviation: Interleaving.Deviation, in interleaving: Interleaving
  ) -> Departure {
    let steps = interleaving.steps
    let step = steps[safe: deviation.index]
    let kind: Departure.Kind =
      step?.isPreemption == true ? .interruption : step?.isStall == true ? .stall : .overtaking
    let later = steps.indices.first { index in
      index > deviation.index && steps[index].name.isSameStep(as: deviation.passedOver)
    }
    let earlier = steps.indices.last { index in
      index < deviation.index && steps[index].name.task == deviation.passedOver.task
        && steps[index].place != nil
    }
    return Departure(
      kind: kind, index: deviation.index, picked: deviation.picked,
      passedOver: deviation.passedOver, pickedPlace: step?.place,
      passedOverPlace: deviation.interruptedAt ?? later.flatMap { steps[$0].place }
        ?? earlier.flatMap { steps[$0].place })
  }

  // MARK: Collisions

  private static func allCollisions(in interleaving: Interleaving) -> [Collision] {
    let steps = interleaving.steps
    var found: [Collision] = []
    for after in steps.indices where !steps[after].actor.isEmpty {
      let step = steps[after]
      let isSameActor = { (index: Int) in steps[index].actor == step.actor }
      guard
        let before = steps.indices.prefix(after).last(where: { index in
          isSameActor(index) && steps[index].name.task == step.name.task
        })
      else { continue }
      let others = (before + 1..<after).filter(isSameActor)
      let own = Set(step.changes.map(\.property))
      let deviations = interleaving.deviations.filter { $0.index > before && $0.index <= after }
      let intruders = Set(deviations.map(\.picked.task))
      let last = { (indices: [Int]) in
        indices.last { intruders.contains(steps[$0].name.task) } ?? indices.last
      }
      let sharing = last(
        others.filter { steps[$0].changes.contains { own.contains($0.property) } })
      let changing = last(others.filter { !steps[$0].changes.isEmpty })
      guard let between = sharing ?? changing ?? last(others) else { continue }
      let changes = steps[between].changes
      found.append(
        Collision(
          before: before, between: between, after: after,
          change: changes.first { own.contains($0.property) } ?? changes.first,
          isSameProperty: sharing != nil,
          hasDeviation: !deviations.isEmpty,
          isDeviating: interleaving.deviations.contains { $0.index <= after },
          isFamily: isFamily(step.name.task, steps[between].name.task)))
    }
    return found
  }

  private static func isFamily(_ one: TaskPath, _ other: TaskPath) -> Bool {
    one.ordinals.starts(with: other.ordinals) || other.ordinals.starts(with: one.ordinals)
  }

  private static func best(of found: [Collision], in interleaving: Interleaving) -> [Collision] {
    let useful = found.filter { $0.isSameProperty || $0.isDeviating }
    guard let top = useful.map(\.score).max() else { return [] }
    var pairs: Set<[TaskPath]> = []
    // Of several between the same tasks, the last is the nearest to the failure. But
    // where something was changed of which we cannot tell that it matters, what came
    // first set the tasks on their way.
    let isKnown = useful.contains {
      $0.score == top && ($0.isSameProperty || $0.change == nil)
    }
    let ordered = isKnown ? useful.reversed() : useful
    let different = ordered.filter { collision in
      let tasks = [collision.before, collision.between].map { interleaving.steps[$0].name.task }
      return collision.score == top && pairs.insert(tasks.sorted()).inserted
    }
    return different.prefix(2).sorted { $0.after < $1.after }
  }
}
