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
    /// How many steps could run there; 0 where that is not known.
    package var enabled = 0
    /// Runs without it; nil where none was made.
    package var without: ExperimentFindings.Runs?

    /// Without it there is no failure; nil where that was not tried.
    package var isNeeded: Bool? { without?.isDecisive }
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

  /// Where no two steps of the interleaving explain it: what came later than it would have; nil where
  /// something else does, or nothing was tried.
  package let late: LateChange?

  package init(_ interleaving: Interleaving, _ findings: ExperimentFindings? = nil) {
    departures = interleaving.deviations.map {
      var departure = Self.departure($0, in: interleaving)
      departure.without = findings?.without[$0.index]
      return departure
    }
    let found = Self.allCollisions(
      in: interleaving, beside: findings?.passing?.interleaving.shown)
    guard let findings, !findings.isEmpty else {
      collisions = Self.best(of: Self.nearest(of: found), in: interleaving)
      reversals = []
      vainOrders = 0
      late = nil
      return
    }
    collisions = Self.decisive(of: found, findings, in: interleaving)
    reversals = collisions.isEmpty ? Self.decisive(of: findings, in: interleaving) : []
    late =
      collisions.isEmpty && reversals.isEmpty
      ? findings.passing.flatMap { LateChange(interleaving, beside: $0) } : nil
    let isKnown =
      !collisions.isEmpty || !reversals.isEmpty || late != nil
      || findings.without.values.contains(where: \.isDecisive)
    vainOrders = isKnown ? 0 : findings.orders
  }

  /// The stretches of tasks with another task's step inside, those first that explain most; of
  /// those of which only the first step is another one, the shortest first.
  static func stretches(in interleaving: Interleaving) -> [ExperimentFindings.Stretch] {
    allCollisions(in: interleaving)
      .sorted { ($0.score, $0.after, $0.before) > ($1.score, $1.after, $1.before) }
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
        ?? earlier.flatMap { steps[$0].place }, enabled: step?.enabled ?? 0)
  }

  // MARK: Collisions

  /// The stretches of one task in which it went on nowhere in between.
  private static func nearest(of found: [Collision]) -> [Collision] {
    var seen: Set<Int> = []
    return found.filter { collision in
      seen.insert(collision.after).inserted && collision.distance == 0 && !collision.isChain
    }
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
      collision.undisturbed = findings.undisturbed(collision.stretch)
      collision.overtaken = findings.overtaken[collision.stretch]
      return collision
    }
    // What changed what the task went on to change is told before what changed anything, and
    // that before what merely came between.
    let rank = { (collision: Collision) in
      let change = collision.isSameProperty ? 2 : collision.change == nil ? 0 : 1
      return (
        collision.certainty > 1 ? 1 : 0, change, collision.certainty, collision.score,
        collision.after
      )
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

  /// The pairs of steps that pass in the other order, the nearest to the failure; those first in
  /// which two tasks met.
  private static func decisive(
    of findings: ExperimentFindings, in interleaving: Interleaving
  ) -> [Reversal] {
    let kinds = [
      reversals(.pair, findings.reversed, findings.meetings, in: interleaving),
      reversals(.deviation, of: findings, in: interleaving),
      reversals(.task, findings.ahead, findings.meetings, in: interleaving),
    ]
    guard let certain = kinds.first(where: { !$0.isEmpty }) else { return [] }
    let meeting = certain.filter { reversal in
      let steps = [reversal.pair.first, reversal.pair.second].map { interleaving.steps[$0] }
      return Meetings.meet(steps[0], steps[1])
    }
    var pairs: Set<[TaskPath]> = []
    let different = (meeting.isEmpty ? certain : meeting).filter {
      pairs.insert(tasks(of: [$0.pair.first, $0.pair.second], in: interleaving)).inserted
    }
    return different.prefix(2).sorted { $0.pair.second < $1.pair.second }
  }

  private static func reversals(
    _ kind: Reversal.Kind, _ runs: [StepTrace.Race: ExperimentFindings.Runs],
    _ meetings: [StepTrace.Race: StepTrace.Race], in interleaving: Interleaving
  ) -> [Reversal] {
    runs.filter { $0.value.isDecisive }
      .map { pair, runs in
        let steps = [pair.first, pair.second].map { interleaving.steps[$0] }
        let isMeeting = Meetings.meet(steps[0], steps[1])
        return Reversal(
          kind: kind, pair: isMeeting ? pair : meetings[pair] ?? pair, runs: runs)
      }
      .sorted { ($0.pair.second, $0.pair.first) > ($1.pair.second, $1.pair.first) }
  }

  /// What deviations put before what.
  private static func reversals(
    _ kind: Reversal.Kind, of findings: ExperimentFindings, in interleaving: Interleaving
  ) -> [Reversal] {
    var runs: [StepTrace.Race: ExperimentFindings.Runs] = [:]
    for deviation in interleaving.deviations {
      guard let found = findings.without[deviation.index] else { continue }
      let own = interleaving.indexOfStep(passedOverBy: deviation).map {
        StepTrace.Race(first: deviation.index, second: $0)
      }
      let isMeeting = own.map {
        Meetings.meet(interleaving.steps[$0.first], interleaving.steps[$0.second])
      }
      let pair =
        isMeeting == true ? own : findings.meetingsWithout[deviation.index] ?? own
      if let pair { runs[pair] = found }
    }
    return reversals(kind, runs, [:], in: interleaving)
  }

  private static func tasks(of steps: [Int], in interleaving: Interleaving) -> [TaskPath] {
    steps.map { interleaving.steps[$0].name.task }.sorted()
  }
}
