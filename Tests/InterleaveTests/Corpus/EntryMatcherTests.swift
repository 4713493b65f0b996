import Interleave
import InterleaveEngine
import Testing

@Suite struct EntryMatcherTests {
  private typealias Program = MadeUpProgram
  private let entry = MadeUpProgram.bankFailure

  @Test func theMadeUpFailureIsOneDeviation() {
    let program = Program.bank(before: ["Teller.greet()"])
    #expect(!program.fails(program.run { _, _ in 0 }.names))
    #expect(entry.deviations.count == 1)
    #expect(entry.deviations.first?.passedOver == step("0.0", 2, Program.withdraw, 1, on: "Bank"))
    #expect(entry.deviations.first?.picked == step("0.1", 0, "Teller.greet()"))
  }

  @Test func theSameProgramStillFails() {
    let (verdict, strictness) = Program.bank(before: ["Teller.greet()"]).replay(entry)
    #expect(verdict == .stillFails)
    #expect(strictness == .exact)
  }

  @Test func anAwaitAddedAheadDoesNotMatter() {
    // Into the middle of a task: only the ordinals have changed.
    let fees = { Program.bank(before: $0, between: ["Fees.add()"]) }
    let middle = fees([]).entry(picks: [0, 0, 1])
    #expect(fees([]).replay(middle) == (.stillFails, .exact))
    #expect(fees(["Log.note()"]).replay(middle).0 == .stillFails)

    // To the beginning of a task, which has another first step now.
    let program = Program.bank(before: ["Log.note()", "Log.flush()", "Teller.greet()"])
    #expect(program.replay(entry) == (.stillFails, .order))
  }

  @Test func ordinalsAloneDoNotMatter() {
    var shifted = entry
    shifted.deviations[0].passedOver.ordinal += 3
    #expect(
      Program.bank(before: ["Teller.greet()"]).replay(shifted) == (.stillFails, .occurrence))
  }

  @Test func aStepIsNotHeldBackForEver() {
    var entry = entry
    entry.deviations[0].picked = step("0.1", 0, "Gone.f()")
    var matcher = EntryMatcher(entry.deviations, strictness: .order)
    let names = [entry.deviations[0].passedOver, step("0.1", 0, "Poll.f()")]
    let picks = (0..<1_000).map { _ in matcher.choose(among: 2) { names[$0] } }
    #expect(picks == Array(repeating: 1, count: 100) + Array(repeating: 0, count: 900))
    #expect(matcher.outcome(ran: []).missing == [entry.deviations[0].picked])
  }

  /// A bank whose withdrawals take some steps, and that is overdrawn where the second one begins
  /// just before the last step of the first.
  private func bank(stepsPerWithdrawal count: Int) -> Program {
    let steps = Array(repeating: (function: Program.withdraw, executor: "Bank"), count: count)
    return Program(tasks: ["0.0", "0.1"].map { Program.Task(path: $0, steps: steps) }) { names in
      names.prefix { $0.task == TaskPath("0.0") }.count == count - 1
    }
  }

  @Test(arguments: [(2, 3), (2, 4), (3, 2), (4, 3)])
  func aStepAddedToOrTakenFromTheFunctionDoesNotMatter(before: Int, after: Int) {
    var entry = bank(stepsPerWithdrawal: before).entry(picks: [])
    #expect(bank(stepsPerWithdrawal: before).replay(entry).0 == .fixed(matched: .exact))
    entry = bank(stepsPerWithdrawal: before)
      .entry(picks: Array(repeating: 0, count: before - 1) + [1])
    #expect(bank(stepsPerWithdrawal: before).replay(entry) == (.stillFails, .exact))
    #expect(bank(stepsPerWithdrawal: after).replay(entry).0 == .stillFails)
  }

  @Test func ofStepsThatWouldDoTheOneOfTheSameTaskIsTaken() {
    let deviation = bankEntry.deviations[0]
    var othersStep = deviation.picked
    othersStep.task = TaskPath(ordinals: [0, 2])
    var laterStep = deviation.picked
    laterStep.ordinal += 3
    for steps in [[othersStep, laterStep], [laterStep, othersStep]] {
      let names = [deviation.passedOver] + steps
      var matcher = EntryMatcher([deviation], strictness: .anyTask)
      let pick = matcher.choose(among: names.count) { names[$0] }
      #expect(names[pick] == laterStep)
    }
  }

  @Test func anotherExecutorDoesNotMatter() {
    let entry = Program.bank().entry(picks: [0, 1])
    let (verdict, strictness) = Program.bank(executor: "Vault").replay(entry)
    #expect(verdict == .stillFails)
    #expect(strictness == .anyExecutor)
  }

  @Test func aTaskAddedAheadDoesNotMatter() {
    let entry = Program.bank().entry(picks: [0, 1])
    let logger = Program.Task(path: "0.0", steps: [("Log.flush()", "Log")])
    let (verdict, strictness) = Program.bank(paths: ["0.1", "0.2"], others: [logger]).replay(entry)
    #expect(verdict == .stillFails)
    #expect(strictness == .anyTask)
  }

  @Test func aPassedOverStepThatWasRenamedDoesNotMatter() {
    var entry = Program.bank().entry(picks: [0, 1])
    entry.deviations[0].passedOver.function = "Bank.take(_:)"
    // Only the picked step can be found, at the first choice at which it is open.
    var program = Program.bank()
    program.fails = { $0[0].task == TaskPath("0.1") }
    let (verdict, strictness) = program.replay(entry)
    #expect(verdict == .stillFails)
    #expect(strictness == .pickedOnly)
  }

  @Test func aRenamedMethodElsewhereDoesNotMatter() {
    let before = Program.bank(before: ["Teller.greet()"], between: ["Fees.add()"])
    // Into the second withdrawal: the first one goes on after its fees.
    let entry = before.entry(picks: [0, 0, 0, 1])
    #expect(before.replay(entry).0 == .stillFails)
    let after = Program.bank(before: ["Teller.greet()"], between: ["Charges.add()"])
    #expect(after.replay(entry).0 == .stillFails)
    #expect(after.replay(entry).1 == .exact)
  }

  @Test func aMendedProgramIsFixed() {
    var program = Program.bank(before: ["Teller.greet()"])
    program.fails = { _ in false }
    #expect(program.replay(entry).0 == .fixed(matched: .exact))
  }

  @Test func aStepThatIsGoneMakesTheEntryStale() {
    let entry = Program.bank().entry(picks: [0, 1])
    let (verdict, _) = Program.bank(withdraw: "Bank.take(_:)").replay(entry)
    #expect(
      verdict
        == .stale(
          reason: "the step `Bank.withdraw(_:)` of task 0.1 no longer exists; "
            + "the step `Bank.withdraw(_:)` of task 0.0 no longer exists"))
  }

  @Test func aChoiceThatIsGoneMakesTheEntryStale() {
    let entry = Program.bank().entry(picks: [0, 1])
    let alone = Program.bank(paths: ["0.0"])
    #expect(
      alone.replay(entry).0
        == .stale(
          reason: "`Bank.withdraw(_:)` of task 0.1 can no longer run before "
            + "`Bank.withdraw(_:)` of task 0.0"))
  }

  @Test func aStepInWhichATaskBeginsIsNamedByThat() {
    let outcome = MatchOutcome(
      strictness: .exact, applied: 0,
      unapplied: [
        Interleaving.Deviation(index: 1, picked: step("0.1", 0, ""), passedOver: step("0.0", 2, ""))
      ])
    #expect(
      outcome.staleReason
        == "the beginning of task 0.1 can no longer run before step 3 of task 0.0")
  }

  @Test func aFunctionThatIsNoLongerInterruptedMayStillRun() {
    var rest = step("0.0", 1, "Store.read()")
    rest.inside = InsidePoint(.lock, occurrence: 1)
    let outcome = MatchOutcome(
      strictness: .exact, applied: 0,
      unapplied: [
        Interleaving.Deviation(index: 1, picked: step("0.1", 0, ""), passedOver: rest)
      ], missing: [rest])
    #expect(
      outcome.staleReason
        == "task 0.0 can no longer be interrupted in `Store.read()` before it took a lock the second "
        + "time")
  }

  @Test func everyScheduleIsReplayedExactly() {
    var random = SplitMix64(seed: 3)
    for _ in 0..<500 {
      let tasks = (0..<2 + random.below(3)).map { index in
        Program.Task(
          path: "0.\(index)",
          steps: (0..<1 + random.below(5)).map { _ in
            (["A.f()", "A.g()", "B.f()"][random.below(3)], ["A", "B", ""][random.below(3)])
          })
      }
      let program = Program(tasks: tasks) { _ in false }
      let run = program.run { count, _ in random.below(count) }
      for strictness in [EntryMatcher.Strictness.exact, .occurrence] {
        var matcher = EntryMatcher(run.deviations, strictness: strictness)
        let copy = program.run { matcher.choose(among: $0, name: $1) }
        #expect(copy.names == run.names)
        #expect(matcher.outcome(ran: copy.names).isComplete)
      }
    }
  }

  @Test(arguments: EntryMatcher.Strictness.allCases)
  func anyEntryOnAnyProgramPicksWhatIsEnabled(strictness: EntryMatcher.Strictness) {
    var random = SplitMix64(seed: UInt64(strictness.rawValue))
    let functions = ["A.f()", "A.g()"]
    for _ in 0..<300 {
      let tasks = (0..<3).map { index in
        Program.Task(
          path: "0.\(index)",
          steps: (0..<3).map { _ in (functions[random.below(2)], functions[random.below(2)]) })
      }
      let deviations = (0..<4).map { index in
        Interleaving.Deviation(
          index: index,
          picked: step("0.\(random.below(4))", random.below(3), functions[random.below(2)]),
          passedOver: step("0.\(random.below(4))", random.below(3), functions[random.below(2)]))
      }
      var matcher = EntryMatcher(deviations, strictness: strictness)
      let run = Program(tasks: tasks) { _ in false }.run { count, name in
        let pick = matcher.choose(among: count, name: name)
        #expect((0..<count).contains(pick))
        return pick
      }
      let outcome = matcher.outcome(ran: run.names)
      #expect(run.names.count == 9)
      // Holding a step back departs from the baseline before the deviation is applied.
      #expect(strictness == .order || outcome.applied == run.deviations.count)
      #expect(outcome.applied + outcome.unapplied.count == deviations.count)
    }
  }

  @Test func namesAreAskedForOnlyWhereTheyMatter() {
    var matcher = EntryMatcher(entry.deviations, strictness: .exact)
    var asked: [Int] = []
    func choose(_ names: [Interleaving.StepName]) -> Int {
      matcher.choose(among: names.count) {
        asked.append($0)
        return names[$0]
      }
    }
    let other = step("0.5", 0, "Other.f()")
    let deviation = entry.deviations[0]
    #expect(choose([other, deviation.picked, other]) == 0)
    #expect(asked == [0])
    #expect(choose([deviation.passedOver, other, deviation.picked]) == 2)
    #expect(asked == [0, 0, 1, 2])
    #expect(choose([deviation.passedOver, deviation.picked]) == 0)
    #expect(asked == [0, 0, 1, 2])
    var looked = false
    #expect(
      matcher.outcome(
        ran: {
          looked = true; return []
        }()
      ).isComplete)
    #expect(!looked)
  }

  @Test func theMostAlikeOfTheStepsThatMatchIsPicked() {
    let wanted = step("0.2", 0, "A.f()", on: "A")
    let passedOver = step("0.0", 1, "A.f()", 1, on: "A")
    var matcher = EntryMatcher(
      [.init(index: 1, picked: wanted, passedOver: passedOver)], strictness: .anyTask)
    let names = [passedOver, step("0.1", 0, "A.f()", on: "A"), wanted]
    #expect(matcher.choose(among: 3) { names[$0] } == 2)
  }
}
