import InterleaveEngine
import Testing

@testable import Interleave

@Suite struct ExplanationTests {
  @Test func theStretchThatTheOtherTaskCutInTwoIsNamed() throws {
    let explanation = Explanation(Sample.overdrawn)
    let collision = try #require(explanation.collisions.first)
    #expect(explanation.collisions.count == 1)
    #expect(collision.before == 2)
    #expect(collision.between == 7)
    #expect(collision.after == 8)
    #expect(
      collision.change
        == Interleaving.Change(property: "balance", before: "100", after: "20"))
    #expect(collision.isSameProperty)
    #expect(collision.isDeviating)
  }

  @Test func aCollisionSaysWhoCheckedAndWhoChanged() {
    let sentences = Explanation(Sample.overdrawn).collisionSentences(in: Sample.overdrawn)
    #expect(
      sentences.map(readable) == [
        "Task 0.0 checked at Bank.swift:12 and acted at Bank.swift:14; in between, task 0.1 "
          + "changed `balance` 100 → 20 at Bank.swift:14."
      ])
  }

  @Test func anInterruptionSaysWhereTheTaskWouldHaveGoneOn() {
    let sentences = Explanation(Sample.overdrawn).departureSentences(in: Sample.overdrawn)
    #expect(
      sentences.map(readable) == [
        "Step 5: Task 0.0 (Bank.withdraw) was interrupted at Bank.swift:14, before it went on; "
          + "task 0.1 (Bank.withdraw) began instead."
      ])
  }

  @Test func anInterruptedTaskThatNeverWentOnIsNamedWhereItWasLast() {
    let whole = Sample.overdrawn
    let cut = Interleaving(
      steps: Array(whole.steps.prefix(8)), deviations: whole.deviations, tasks: whole.tasks)
    let departure = Explanation(cut).departures[0]
    #expect(departure.passedOverPlace?.line == 13)
  }

  @Test func aTimerThatFiredEarlyIsAStall() {
    let steps = [
      Sample.step("0.0", 0, "Cache.load()", line: 4, on: "Cache"),
      Sample.step("0.1", 0, "Cache.expire()", line: 9, on: "Cache", reason: .timer, stall: true),
      Sample.step("0.0", 1, "Cache.load()", line: 6, on: "Cache"),
    ]
    let interleaving = Interleaving(
      steps: steps,
      deviations: [
        Interleaving.Deviation(index: 1, picked: steps[1].name, passedOver: steps[2].name)
      ])
    let explanation = Explanation(interleaving)
    #expect(explanation.departures[0].kind == .stall)
    #expect(
      explanation.departureSentences(in: interleaving).map(readable) == [
        "Step 2: the timer of task 0.1 fired although task 0.0 (Cache.load) was ready at "
          + "Bank.swift:6: task 0.1 ran `Cache.expire()` on Cache first."
      ])
  }

  @Test func aLaterTaskThatBeganFirstOvertook() {
    let steps = [
      Sample.step("0.1", 0, "Log.write(_:)", line: 4, on: "Log"),
      Sample.step("0.0", 0, "Log.write(_:)", line: 4, on: "Log"),
    ]
    let interleaving = Interleaving(
      steps: steps,
      deviations: [
        Interleaving.Deviation(index: 0, picked: steps[0].name, passedOver: steps[1].name)
      ])
    let explanation = Explanation(interleaving)
    #expect(explanation.departures[0].kind == .overtaking)
    #expect(explanation.collisions.isEmpty)
    #expect(
      explanation.departureSentences(in: interleaving).map(readable) == [
        "Step 1: Task 0.0 (Log.write) was ready at Bank.swift:4, but task 0.1 ran "
          + "`Log.write(_:)` on Log first."
      ])
  }

  @Test func tasksThatOnlyTakeTurnsDoNotCollide() {
    let steps = [
      Sample.step("0.0", 0, "Bank.withdraw(_:)", line: 12, on: "Bank", Sample.balance(100, 20)),
      Sample.step("0.1", 0, "Bank.withdraw(_:)", line: 12, on: "Bank"),
      Sample.step("0.1", 1, "Bank.withdraw(_:)", line: 14, on: "Bank"),
    ]
    #expect(Explanation(Interleaving(steps: steps)).collisions.isEmpty)
  }

  @Test func aStepInBetweenOnAnotherActorIsNoCollision() {
    let steps = [
      Sample.step("0.0", 0, "Bank.withdraw(_:)", line: 12, on: "Bank"),
      Sample.step("0.1", 0, "Log.append()", line: 3, on: "Log", Sample.balance(1, 2)),
      Sample.step("0.0", 1, "Bank.withdraw(_:)", line: 14, on: "Bank", Sample.balance(100, 20)),
    ]
    #expect(Explanation(Interleaving(steps: steps)).collisions.isEmpty)
  }

  @Test func aStretchWhoseStateIsUnknownIsNamedOnlyWhereItDeviates() {
    let steps = [
      Sample.step("0.0", 0, "Bank.withdraw(_:)", line: 12, on: "Bank"),
      Sample.step("0.1", 0, "Bank.withdraw(_:)", line: 14, on: "Bank"),
      Sample.step("0.0", 1, "Bank.withdraw(_:)", line: 14, on: "Bank"),
    ]
    var interleaving = Interleaving(steps: steps)
    #expect(Explanation(interleaving).collisions.isEmpty)
    interleaving.deviations = [
      Interleaving.Deviation(index: 1, picked: steps[1].name, passedOver: steps[2].name)
    ]
    #expect(
      Explanation(interleaving).collisionSentences(in: interleaving).map(readable) == [
        "Task 0.0 ran on Bank at Bank.swift:12 and went on there at Bank.swift:14; in between, "
          + "task 0.1 ran there at Bank.swift:14."
      ])
  }

  @Test func ofManyIntrudersTheOneThatInterruptedIsNamed() throws {
    let crowd = Sample.crowd(6)
    let collision = try #require(Explanation(crowd).collisions.first)
    #expect(crowd.steps[collision.between].name.task == Sample.path("0.5"))
  }

  @Test func ofTwoStretchesWithoutKnownChangesTheLastIsNamed() throws {
    let function = "Bank.withdraw(_:)"
    let steps = [
      Sample.step("0.0", 0, function, line: 12, on: "Bank"),
      Sample.step("0.1", 0, function, line: 12, on: "Bank", preempts: true),
      Sample.step("0.0", 1, function, line: 14, on: "Bank"),
      Sample.step("0.1", 1, function, line: 14, on: "Bank"),
    ]
    let interleaving = Interleaving(
      steps: steps,
      deviations: [
        Interleaving.Deviation(index: 1, picked: steps[1].name, passedOver: steps[2].name)
      ])
    let collision = try #require(Explanation(interleaving).collisions.first)
    #expect([collision.before, collision.between, collision.after] == [1, 2, 3])
  }

  @Test func aTaskThatWaitedForItsChildrenDidNotCollideWithThem() throws {
    var interleaving = Sample.overdrawn
    for index in interleaving.steps.indices { interleaving.steps[index].changes = [] }
    interleaving.steps[0].actor = "Bank"
    interleaving.steps[11].actor = "Bank"
    let collision = try #require(Explanation(interleaving).collisions.first)
    #expect([collision.before, collision.between, collision.after] == [2, 7, 8])
  }

  @Test func tasksOnDifferentActorsOfOneTypeDoNotCollide() {
    var interleaving = Sample.overdrawn
    for index in [5, 7] { interleaving.steps[index].actor = "Bank #2" }
    for index in [2, 8] { interleaving.steps[index].actor = "Bank #1" }
    #expect(Explanation(interleaving).collisions.isEmpty)
  }

  @Test func aStepWithoutALineIsNamedByWhatItsTaskRuns() {
    var interleaving = Sample.overdrawn
    interleaving.steps[2].place = nil
    interleaving.steps[2].name.function = ""
    let task = interleaving.steps[2].name.task
    let function = interleaving.tasks.first { $0.path == task }?.function ?? ""
    let sentence = Explanation(interleaving).collisionSentences(in: interleaving)[0]
    #expect(readable(sentence).contains("checked in `\(function)` and acted at Bank.swift:14"))
    interleaving.tasks = []
    #expect(!Explanation(interleaving).collisionSentences(in: interleaving)[0].contains("``"))
  }

  // MARK: By experiment

  @Test func aStretchIsNamedOnlyWhereItPassesWithoutIt() throws {
    var findings = ExperimentFindings()
    let stretch = ExperimentFindings.Stretch(before: 2, between: 7, after: 8)
    findings.undisturbed[stretch] = .init(passed: 3)
    let explanation = Explanation(Sample.overdrawn, findings)
    #expect(explanation.collisions.map(\.stretch) == [stretch])
    #expect(
      explanation.experimentSentences
        == ["By experiment: with nothing in between it passes (3 of 3 runs)."])
    findings.overtaken[stretch] = .init(passed: 1)
    #expect(
      Explanation(Sample.overdrawn, findings).experimentSentences
        == ["By experiment: with nothing in between it passes, whoever comes first (4 of 4 runs)."])
    findings.undisturbed[stretch] = .init(passed: 2, failed: 1)
    findings.overtaken[stretch] = .init(failed: 1)
    let noise = Explanation(Sample.overdrawn, findings)
    #expect(noise.collisions.isEmpty)
    #expect(
      noise.vainSentence
        == "No two steps by themselves: in each of 2 other orders that were tried, it failed as well."
    )
  }

  @Test func whereNoStretchExplainsItTwoStepsMay() {
    var findings = ExperimentFindings()
    let pair = StepTrace.Race(first: 5, second: 8)
    findings.reversed[StepTrace.Race(first: 2, second: 5)] = .init(failed: 1)
    findings.reversed[pair] = .init(passed: 1)
    let explanation = Explanation(Sample.overdrawn, findings)
    #expect(explanation.reversals.map(\.pair) == [pair])
    #expect(
      explanation.experimentSentences == ["By experiment: in the other order it passes."])
    #expect(explanation.vainSentence == nil)
  }

  @Test func aDeviationIsNotBlamedWhereItFailsWithoutIt() {
    var findings = ExperimentFindings()
    findings.without[4] = .init(failed: 1)
    let needless = Explanation(Sample.overdrawn, findings)
    #expect(needless.departures.map(\.isNeeded) == [false])
    #expect(
      needless.departureSentences(in: Sample.overdrawn)[0]
        .hasSuffix(" Not needed: in the ordinary order it fails, too."))
    findings.without[4] = .init(passed: 1, failed: 2)
    #expect(
      Explanation(Sample.overdrawn, findings).departureSentences(in: Sample.overdrawn)[0]
        .hasSuffix(" In the ordinary order it fails in 2 of 3 runs, too."))
    findings.without[4] = .init(passed: 1)
    let needed = Explanation(Sample.overdrawn, findings)
    #expect(needed.departures.map(\.isNeeded) == [true])
    #expect(
      needed.departureSentences(in: Sample.overdrawn)[0]
        .hasSuffix(" Needed: in the ordinary order it passes."))
    #expect(needed.reversals.map(\.pair.first) == [4], "that order is what it rests on")
  }

  @Test func whereTwoStepsCouldRunAndBothFailAnyOrderDoes() {
    var findings = ExperimentFindings()
    findings.without[4] = .init(failed: 1)
    var interleaving = Sample.overdrawn
    interleaving.steps[4].enabled = 2
    #expect(
      Explanation(interleaving, findings).departureSentences(in: interleaving)[0]
        .hasSuffix(" Any order fails here."))
    interleaving.steps[4].enabled = 3
    #expect(
      Explanation(interleaving, findings).departureSentences(in: interleaving)[0]
        .hasSuffix(" Not needed: in the ordinary order it fails, too."))
  }

  /// The sentence with ordinary spaces.
  private func readable(_ sentence: String) -> String {
    String(sentence.map { $0 == "\u{A0}" ? " " : $0 })
  }
}
