import InterleaveEngine

/// Says which tasks got in each other's way in an interleaving, and where.
///
/// A collision is a stretch of one task that was cut in two on an actor: it ran
/// there, left, and went on there (or is about to), while another task ran on the
/// same actor in between. Of all collisions those are named in which the other task changed a
/// property that the first one then changed too, and which a deviation made. Where runs in other
/// orders were made (``ExperimentFindings``), only those are named without which it passes.
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
    /// Without it there is no failure; nil where that was not tried.
    package var isNeeded: Bool?
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
    /// Runs in which nothing came between, and in which what came between came before.
    package var undisturbed: ExperimentFindings.Runs?
    package var overtaken: ExperimentFindings.Runs?

    /// Where it is in the interleaving.
    package var stretch: ExperimentFindings.Stretch {
      ExperimentFindings.Stretch(before: before, between: between, after: after)
    }

    /// How surely the failure rests on it: 0 for not at all.
    fileprivate var certainty: Int {
      (undisturbed?.isDecisive == true ? 2 : 0) + (overtaken?.isDecisive == true ? 1 : 0)
    }

    fileprivate var score: Int {
      let isKnown = isSameProperty && hasDeviation
      return (isSameProperty ? 8 : 0) + (isFamily ? 0 : 4) + (isKnown ? 2 : 0)
        + (change != nil ? 1 : 0)
    }
  }

  /// Two steps that collide by their order alone.
  package struct Reversal: Sendable, Hashable {
    package enum Kind: Sendable, Hashable {
      /// It passes with these two turned round.
      case pair
      /// It passes when the second step comes as it would have in the ordinary order.
      case deviation
      /// It passes when the second one's task goes first from there on.
      case task
    }

    package var kind: Kind
    package var pair: StepTrace.Race
    /// The runs in the other order.
    package var runs: ExperimentFindings.Runs
  }

  package let departures: [Departure]
  /// The collisions that explain the failure best, at most two, in order.
  package let collisions: [Collision]
  /// Where no collision does: the steps whose order does, at most two, in order.
  package let reversals: [Reversal]
  /// In how many ways steps were put in another order, and none of it explains the failure; 0
  /// where something does, or nothing was tried.
  package let vainOrders: Int

  package init(_ interleaving: Interleaving, _ findings: ExperimentFindings? = nil) {
    departures = interleaving.deviations.map {
      var departure = Self.departure($0, in: interleaving)
      departure.isNeeded = findings?.without[$0.index]?.isDecisive
      return departure
    }
    let found = Self.allCollisions(in: interleaving)
    guard let findings, !findings.isEmpty else {
      collisions = Self.best(of: found, in: interleaving)
      reversals = []
      vainOrders = 0
      return
    }
    collisions = Self.decisive(of: found, findings, in: interleaving)
    reversals = collisions.isEmpty ? Self.decisive(of: findings, in: interleaving) : []
    let isKnown =
      !collisions.isEmpty || !reversals.isEmpty
      || findings.without.values.contains(where: \.isDecisive)
    vainOrders = isKnown ? 0 : findings.orders
  }

  /// The stretches of tasks with another task's step inside, those first that explain most.
  static func stretches(in interleaving: Interleaving) -> [ExperimentFindings.Stretch] {
    allCollisions(in: interleaving)
      .sorted { ($0.score, $0.after) > ($1.score, $1.after) }
      .map(\.stretch)
  }

  // MARK: Departures

  private static func departure(
    _ deviation: Interleaving.Deviation, in interleaving: Interleaving
  ) -> Departure {
    let steps = interleaving.steps
    let step = steps[safe: deviation.index]
    let kind: Departure.Kind =
      step?.isPreemption == true ? .interruption : step?.isStall == true ? .stall : .overtaking
    let later = interleaving.indexOfStep(passedOverBy: deviation)
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
    // The steps on each actor, and of each task the place of its last one among them.
    var visits: [String: [Int]] = [:]
    var last: [String: [TaskPath: Int]] = [:]
    for after in steps.indices where !steps[after].actor.isEmpty {
      let step = steps[after]
      let place = last[step.actor]?[step.name.task]
      last[step.actor, default: [:]][step.name.task] = visits[step.actor]?.count ?? 0
      visits[step.actor, default: []].append(after)
      guard let place, let own = visits[step.actor], place + 2 < own.count else { continue }
      let before = own[place]
      let others = Array(own[(place + 1)..<(own.count - 1)])
      let changed = Set(step.changes.map(\.property))
      let deviations = interleaving.deviations.filter { $0.index > before && $0.index <= after }
      let intruders = Set(deviations.map(\.picked.task))
      let latest = { (indices: [Int]) in
        indices.last { intruders.contains(steps[$0].name.task) } ?? indices.last
      }
      let sharing = latest(
        others.filter { steps[$0].changes.contains { changed.contains($0.property) } })
      let changing = latest(others.filter { !steps[$0].changes.isEmpty })
      guard let between = sharing ?? changing ?? latest(others) else { continue }
      let changes = steps[between].changes
      found.append(
        Collision(
          before: before, between: between, after: after,
          change: changes.first { changed.contains($0.property) } ?? changes.first,
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
      collision.score == top
        && pairs.insert(tasks(of: [collision.before, collision.between], in: interleaving)).inserted
    }
    return different.prefix(2).sorted { $0.after < $1.after }
  }

  // MARK: By experiment

  /// The collisions without which it passes, by how sure that is.
  private static func decisive(
    of found: [Collision], _ findings: ExperimentFindings, in interleaving: Interleaving
  ) -> [Collision] {
    let tried = found.map { collision in
      var collision = collision
      collision.undisturbed = findings.undisturbed[collision.stretch]
      collision.overtaken = findings.overtaken[collision.stretch]
      return collision
    }
    // What changed what the task went on to change is told before what changed anything, and
    // that before what merely came between.
    let rank = { (collision: Collision) in
      let change = collision.isSameProperty ? 2 : collision.change == nil ? 0 : 1
      return (change, collision.certainty, collision.score, collision.after)
    }
    let certain = tried.filter { $0.certainty > 0 }.sorted { rank($0) > rank($1) }
    guard let first = certain.first else { return [] }
    var pairs: Set<[TaskPath]> = []
    let different = certain.filter { collision in
      collision.certainty == first.certainty && collision.isSameProperty == first.isSameProperty
        && pairs.insert(tasks(of: [collision.before, collision.between], in: interleaving)).inserted
    }
    return different.prefix(2).sorted { $0.after < $1.after }
  }

  /// The pairs of steps that pass in the other order, the nearest to the failure.
  private static func decisive(
    of findings: ExperimentFindings, in interleaving: Interleaving
  ) -> [Reversal] {
    let kinds = [
      reversals(.pair, findings.reversed),
      reversals(.deviation, pairs(of: findings.without, in: interleaving)),
      reversals(.task, findings.ahead),
    ]
    guard let certain = kinds.first(where: { !$0.isEmpty }) else { return [] }
    var pairs: Set<[TaskPath]> = []
    let different = certain.filter {
      pairs.insert(tasks(of: [$0.pair.first, $0.pair.second], in: interleaving)).inserted
    }
    return different.prefix(2).sorted { $0.pair.second < $1.pair.second }
  }

  private static func reversals(
    _ kind: Reversal.Kind, _ runs: [StepTrace.Race: ExperimentFindings.Runs]
  ) -> [Reversal] {
    runs.filter { $0.value.isDecisive }
      .map { Reversal(kind: kind, pair: $0.key, runs: $0.value) }
      .sorted { ($0.pair.second, $0.pair.first) > ($1.pair.second, $1.pair.first) }
  }

  /// What deviations put before what.
  private static func pairs(
    of deviations: [Int: ExperimentFindings.Runs], in interleaving: Interleaving
  ) -> [StepTrace.Race: ExperimentFindings.Runs] {
    var pairs: [StepTrace.Race: ExperimentFindings.Runs] = [:]
    for deviation in interleaving.deviations {
      guard let runs = deviations[deviation.index],
        let second = interleaving.indexOfStep(passedOverBy: deviation)
      else { continue }
      pairs[StepTrace.Race(first: deviation.index, second: second)] = runs
    }
    return pairs
  }

  private static func tasks(of steps: [Int], in interleaving: Interleaving) -> [TaskPath] {
    steps.map { interleaving.steps[$0].name.task }.sorted()
  }
}
