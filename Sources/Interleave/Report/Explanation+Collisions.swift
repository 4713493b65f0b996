extension Explanation {
  /// The collisions in words, a sentence each.
  func collisionSentences(
    in interleaving: Interleaving, _ glyphs: ReportGlyphs = .pretty
  ) -> [String] {
    let names = PlaceNames(interleaving)
    return collisions.map { sentence(for: $0, in: interleaving, names, glyphs) }
  }

  private func sentence(
    for collision: Collision, in interleaving: Interleaving, _ names: PlaceNames,
    _ glyphs: ReportGlyphs
  ) -> String {
    let steps = [collision.before, collision.between, collision.after].map {
      interleaving.steps[$0]
    }
    let (before, between, after) = (steps[0], steps[1], steps[2])
    let at = steps.map { step in
      step.place.map { "at \(names.name($0))" } ?? "in `\(interleaving.title(of: step))`"
    }
    let isCheckThenAct = before.changes.isEmpty && collision.isSameProperty
    let first =
      isCheckThenAct ? "checked \(at[0])" : "ran on \(before.actor.unbroken) \(at[0])"
    let then = isCheckThenAct ? "acted \(at[2])" : "went on there \(at[2])"
    let next =
      collision.isChain
      ? ", and task\u{A0}\(after.name.task) \(isCheckThenAct ? "acted" : "ran there") \(at[2])"
      : " and \(then)"
    // A change of something else may be a bystander's, unless all that came between matters.
    let isTold =
      collision.isSameProperty
      || between.changes.count == 1 && (after.changes.isEmpty || collision.certainty == 4)
    let other = (isTold ? collision.change : nil).map {
      "changed `\($0.property)`\u{A0}\($0.words(glyphs).unbroken)"
    }
    return "Task\u{A0}\(before.name.task) \(first)\(next); in between, task\u{A0}"
      + "\(between.name.task) \(other ?? "ran there") \(at[1])."
      + (collision.after == interleaving.steps.count - 1
        ? "" : remark(onWhatDidNotChange: collision, glyphs))
  }

  /// That a step stores what is there already is seen where it does not in a run that passes; the
  /// last step may just not have come to that.
  private func remark(onWhatDidNotChange collision: Collision, _ glyphs: ReportGlyphs) -> String {
    guard let change = collision.changeElsewhere else { return "" }
    return
      " What it did there left `\(change.property)` as it was; in the run that passes, it changes "
      + "it\u{A0}\(change.words(glyphs).unbroken)."
  }

  /// The pairs of steps in words, a sentence each.
  func reversalSentences(
    in interleaving: Interleaving, _ glyphs: ReportGlyphs = .pretty
  ) -> [String] {
    let names = PlaceNames(interleaving)
    return reversals.map { reversal in
      let steps = [reversal.pair.first, reversal.pair.second].map { interleaving.steps[$0] }
      if let words = lockWords(steps, in: interleaving, names) { return words }
      if reversal.kind != .task, let words = visitWords(steps, in: interleaving, names, glyphs) {
        return words + "."
      }
      let isShared = steps[0].actor == steps[1].actor && !steps[0].actor.isEmpty
      let parts = steps.map { step in
        titled(step, in: interleaving) + " "
          + ((isShared ? change(by: step, glyphs) : nil) ?? did(step))
          + (step.place.map { " at \(names.name($0))" } ?? "")
      }
      return "T\(parts[0].dropFirst()) before \(parts[1])."
    }
  }

  /// Who ran on an actor before, or after, another changed something there; nil where the two steps are
  /// on no actor together, or not one of them alone changed one thing there.
  ///
  /// Whether the one that changed nothing has read it is not seen.
  private func visitWords(
    _ steps: [Interleaving.Step], in interleaving: Interleaving, _ names: PlaceNames,
    _ glyphs: ReportGlyphs
  ) -> String? {
    guard !steps[0].actor.isEmpty, steps[0].actor == steps[1].actor,
      steps.count(where: { $0.changes.isEmpty }) == 1,
      let change = steps.flatMap(\.changes).only
    else { return nil }
    let by = steps.map { step in
      titled(step, in: interleaving) + (step.place.map { " at \(names.name($0))" } ?? "")
    }
    let actor = steps[0].actor.unbroken
    let deed = "`\(change.property)` was \(change.deed) (\(change.words(glyphs).unbroken))"
    return steps[0].changes.isEmpty
      ? "T\(by[0].dropFirst()) ran on \(actor) before \(deed) there by \(by[1])"
      : "On \(actor), \(deed) by \(by[0]) before \(by[1]) ran there"
  }

  /// Which task took a lock before which; nil where they do not meet at one alone.
  private func lockWords(
    _ steps: [Interleaving.Step], in interleaving: Interleaving, _ names: PlaceNames
  ) -> String? {
    let places = self.places(ofPair: steps)
    guard places.allSatisfy({ $0.lock != nil }) else { return nil }
    let parts = zip(steps, places).map { step, place in
      titled(step, in: interleaving) + (place.place.map { " at \(names.name($0))" } ?? "")
    }
    return "The same lock was taken by \(parts[0]) before \(parts[1])."
  }

  /// What came too late, in words; nil where nothing is known to.
  func lateSentence(
    in interleaving: Interleaving, _ glyphs: ReportGlyphs = .pretty
  ) -> String? {
    guard let late else { return nil }
    let names = PlaceNames(interleaving)
    let early = interleaving.steps[late.step]
    let isFirst = ", which comes first in the nearest run that passes."
    if let words = visitWords([early, late.change], in: interleaving, names, glyphs) {
      return words + isFirst
    }
    let at = { (step: Interleaving.Step) in step.place.map { " at \(names.name($0))" } ?? "" }
    let changed =
      change(by: late.change, glyphs) ?? "changed something on \(early.actor.unbroken)"
    return "T\(titled(early, in: interleaving).dropFirst()) ran on \(early.actor.unbroken)"
      + "\(at(early)) before \(titled(late.change, in: interleaving)) \(changed)"
      + at(late.change) + isFirst
  }

  /// `task 0.1 (Bank.withdraw)`.
  private func titled(_ step: Interleaving.Step, in interleaving: Interleaving) -> String {
    "task\u{A0}\(step.name.task)\(remark(task(step.name, in: interleaving)))"
  }

  /// The one thing that a step changed; nil where it changed nothing, or more.
  private func change(by step: Interleaving.Step, _ glyphs: ReportGlyphs) -> String? {
    guard step.changes.count == 1, let change = step.changes.first else { return nil }
    return "changed `\(change.property)`\u{A0}\(change.words(glyphs).unbroken) on "
      + step.actor.unbroken
  }

  private func did(_ step: Interleaving.Step) -> String {
    (step.name.ordinal == 0 && step.place == nil ? "began" : "ran")
      + (step.actor.isEmpty ? "" : " on \(step.actor.unbroken)")
  }

  // MARK: Where it was

  /// The lines of one function that called what the steps of a collision went on in; nil where one
  /// of them went on in that function itself.
  ///
  /// Where it is not one function that was cut in two, these are what has to become one.
  private func callers(
    of collision: Collision, in interleaving: Interleaving
  ) -> [Interleaving.Place?] {
    let steps = [collision.before, collision.between, collision.after].map {
      interleaving.steps[$0]
    }
    let (before, after) = (steps[0].calls, steps[2].calls)
    let same = zip(before.reversed(), after.reversed()).prefix { $0 == $1 }.count
    guard let one = before.dropLast(same).last, let other = after.dropLast(same).last,
      one.function == other.function, before.count - same > 1, after.count - same > 1
    else { return [nil, nil, nil] }
    let between = steps[1].calls.first { $0.function == other.function }
    return [one.place, between?.place ?? caller(of: steps[1]), other.place]
  }

  /// Where the function of another type awaits in which a step went on; nil where there is none.
  func caller(of step: Interleaving.Step) -> Interleaving.Place? {
    guard let own = step.calls.first, own.place == step.place else { return nil }
    return step.calls.first { $0.owner != own.owner }?.place
  }

  /// Where two steps met: where both took a lock, if they are on no actor together, and from where
  /// another type's function did that; else where they went on.
  private func places(
    ofPair steps: [Interleaving.Step]
  ) -> [(place: Interleaving.Place?, caller: Interleaving.Place?, lock: Int?)] {
    let isShared = !steps[0].actor.isEmpty && steps[0].actor == steps[1].actor
    guard !isShared, let lock = Meetings.lock(of: steps[0], steps[1]) else {
      return steps.map { ($0.place, caller(of: $0), nil) }
    }
    return steps.map { step in
      let calls = step.locks.first { $0.number == lock }?.calls ?? []
      let caller = calls.first { $0.owner != calls.first?.owner }
      return (calls.first?.place ?? step.place, caller?.place, lock)
    }
  }

  /// The steps that collided with where they were, a list for each collision and each pair.
  func rows(
    in interleaving: Interleaving
  ) -> [[(step: Int, place: Interleaving.Place?, caller: Interleaving.Place?)]] {
    let stretches = collisions.map { collision in
      let indices = [collision.before, collision.between, collision.after]
      return zip(indices, callers(of: collision, in: interleaving)).map {
        (step: $0, place: interleaving.steps[$0].place, caller: $1)
      }
    }
    let pairs = reversals.map { reversal in
      let indices = [reversal.pair.first, reversal.pair.second]
      return zip(indices, places(ofPair: indices.map { interleaving.steps[$0] })).map {
        (step: $0, place: $1.place, caller: $1.caller)
      }
    }
    return stretches + pairs
  }
}
