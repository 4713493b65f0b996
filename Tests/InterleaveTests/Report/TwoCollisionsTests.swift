import Testing

@testable import Interleave

/// Interleavings in which more than one pair of tasks got in each other's way.
@Suite struct TwoCollisionsTests {
  /// A pair of tasks of which the second comes between two steps of the first on an actor.
  private func pair(_ first: String, _ second: String, on actor: String, line: Int) -> [Step] {
    let change = [Interleaving.Change(property: "count", before: "0", after: "\(line)")]
    let (early, late) = ("\(actor).take()", "\(actor).put()")
    return [
      Sample.step(first, 0, early, line: line, on: actor),
      Sample.step(second, 0, late, line: line + 1, on: actor, change, preempts: true),
      Sample.step(first, 1, early, line: line + 2, on: actor, change),
    ]
  }

  private typealias Step = Interleaving.Step

  private func interleaving(_ pairs: [[Step]]) -> Interleaving {
    let steps = Array(pairs.joined())
    let deviations = pairs.indices.map { index in
      Interleaving.Deviation(
        index: 3 * index + 1, picked: steps[3 * index + 1].name,
        passedOver: steps[3 * index + 2].name)
    }
    return Interleaving(steps: steps, deviations: deviations)
  }

  private var bank: [Step] { pair("0.0", "0.1", on: "Bank", line: 10) }
  private var shop: [Step] { pair("0.2", "0.3", on: "Shop", line: 20) }
  private var vault: [Step] { pair("0.4", "0.5", on: "Vault", line: 30) }

  private func sentence(_ first: String, _ second: String, line: Int) -> String {
    "Task \(first) checked at Bank.swift:\(line) and acted at Bank.swift:\(line + 2); in between, "
      + "task \(second) changed `count` 0 → \(line) at Bank.swift:\(line + 1)."
  }

  private func sentences(_ interleaving: Interleaving) -> [String] {
    Explanation(interleaving).collisionSentences(in: interleaving).map { sentence in
      String(sentence.map { $0 == "\u{A0}" ? " " : $0 })
    }
  }

  @Test func twoPairsOfTasksAreBothNamedInOrder() {
    #expect(
      sentences(interleaving([bank, shop])) == [
        sentence("0.0", "0.1", line: 10), sentence("0.2", "0.3", line: 20),
      ])
  }

  @Test func ofThreePairsTheTwoNearestToTheFailureAreNamed() {
    #expect(
      sentences(interleaving([bank, shop, vault])) == [
        sentence("0.2", "0.3", line: 20), sentence("0.4", "0.5", line: 30),
      ])
  }

  @Test func theSamePairIsNamedOnce() {
    let again = [
      Sample.step("0.0", 2, "Bank.take()", line: 14, on: "Bank"),
      Sample.step("0.1", 1, "Bank.put()", line: 15, on: "Bank", Sample.balance(1, 2)),
      Sample.step("0.0", 3, "Bank.take()", line: 16, on: "Bank", Sample.balance(2, 3)),
    ]
    #expect(sentences(interleaving([bank, again])).count == 1)
  }

  @Test func aReportShowsTheStepsOfEach() {
    let failure = FuzzFailure(
      kind: .invariant, message: "sold twice", interleaving: interleaving([bank, shop]),
      test: "sells()")
    let text = FailureReport.render(failure, width: 100, colour: false)
    #expect(
      text.contains(
        """
        What collided
          Task 0.0 checked at Bank.swift:10 and acted at Bank.swift:12; in between, task 0.1 changed
          `count` 0 → 10 at Bank.swift:11.

            task 0.0  Bank.swift:10  Bank.take()
            task 0.1  Bank.swift:11    Bank.put()
            task 0.0  Bank.swift:12  Bank.take()

          Task 0.2 checked at Bank.swift:20 and acted at Bank.swift:22; in between, task 0.3 changed
          `count` 0 → 20 at Bank.swift:21.

            task 0.2  Bank.swift:20  Shop.take()
            task 0.3  Bank.swift:21    Shop.put()
            task 0.2  Bank.swift:22  Shop.take()

        The interleaving · 6 steps, 4 tasks, 2 preemptions

        """), "\(text)")
  }
}
