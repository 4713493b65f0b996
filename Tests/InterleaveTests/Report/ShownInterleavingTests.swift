import InterleaveEngine
import Testing

@testable import Interleave

/// What is told of an interleaving, and what is left out since it is nobody's.
@Suite struct ShownInterleavingTests {
  @Test func aJobByWhichATaskGoesOnIsThatTasks() {
    let steps = [
      Sample.step("0.0", 0, "f()", line: 1), Sample.step("0.0.0", 0, "Task.yield()"),
      Sample.step("0.0", 1, "f()", line: 2),
    ]
    let interleaving = Interleaving(
      steps: steps,
      deviations: [
        Interleaving.Deviation(index: 0, picked: steps[0].name, passedOver: steps[1].name)
      ],
      tasks: [
        Interleaving.TaskInfo(path: Sample.path("0.0"), function: "f()"),
        Interleaving.TaskInfo(path: Sample.path("0.0.0"), function: "Task.yield()", isJob: true),
      ])
    let shown = interleaving.shown
    #expect(shown.steps.map { "\($0.name.task)" } == ["0.0", "0.0", "0.0"])
    #expect(shown.tasks.map { "\($0.path)" } == ["0.0"])
    #expect(shown.indexOfStep(passedOverBy: shown.deviations[0]) == 1, "it is found again")
    #expect(Set(shown.steps.map(\.name.ordinal)).count == 3)
  }

  @Test func anInterleavingOfTasksAloneStaysAsItIs() {
    #expect(Sample.overdrawn.shown == Sample.overdrawn)
  }

  @Test func aYieldIsNoTaskInAReport() async throws {
    let outcome = await fuzzed {
      let bank = Bank(balance: 100)
      async let other = bank.withdrawAtOnce(1)
      await Task.yield()
      _ = await other
      #expect(await bank.balance == 100)
    }
    let failure = try #require(outcome.failure, "\(outcome)")
    #expect(failure.interleaving.tasks.contains { $0.isJob }, "it is in the interleaving")
    let tasks = failure.interleaving.shown.tasks.map { "\($0.path)" }
    #expect(tasks == ["0", "0.0"])
    #expect(failure.description.contains(", 2 tasks, "), "\(failure)")
  }

  @Test func whatBeginsOrWakesUpHasAPlace() {
    let shown = Sample.overdrawn
    let names = PlaceNames(shown)
    let begins = StepWords(1, of: shown, names, .pretty)
    #expect(begins.place == "BankTests.swift:8", "where it was made")
    #expect(begins.function == "begins")
    let wakes = StepWords(9, of: shown, names, .pretty)
    #expect(wakes.place == "BankTests.swift:8", "where it had been last")
    #expect(wakes.function == "wakes up")
  }

  @Test(arguments: [60, 72, 80, 100]) func noLineNumberIsLost(width: Int) {
    let file = "/bank/Sources/Bank/AVeryLongNameOfAFileThatFitsNoColumnOfAnyTableAtAll.swift"
    var failure = Sample.overdrawnFailure
    for index in failure.interleaving.steps.indices {
      guard let line = failure.interleaving.steps[index].place?.line else { continue }
      failure.interleaving.steps[index].place = Interleaving.Place(file: file, line: 7000 + line)
    }
    for index in failure.interleaving.tasks.indices {
      failure.interleaving.tasks[index].madeAt = Interleaving.Place(file: file, line: 7999)
    }
    let text = FailureReport.render(failure, width: width, colour: false)
    let table = text.split(separator: "\n").filter { $0.contains("│") }.joined()
    for line in [7008, 7011, 7012, 7013, 7014] { #expect(table.contains(":\(line)"), "\(text)") }
    #expect(text.contains(":7999"))
  }

  @Test func aRowOfInterleavesOwnCodeIsToldByTheProgramsThatWaits() {
    var step = Sample.step("0", 0, "Machine.reschedule(isolation:)", line: 7)
    step.isOwn = true
    step.caller = "waits()"
    let interleaving = Interleaving(steps: [step])
    let words = StepWords(0, of: interleaving, PlaceNames(interleaving), .pretty)
    #expect(words.function == "waits()")
    step.caller = ""
    step.place = nil
    let without = Interleaving(steps: [step])
    #expect(
      StepWords(0, of: without, PlaceNames(without), .pretty).function == "arrives", "no empty name"
    )
  }

  @Test func onlyWhatHappensBeforeTheFailureIsShown() {
    var failure = Sample.overdrawnFailure
    failure.past = Set(0..<12).subtracting([3, 5, 6])
    let text = FailureReport.render(failure, width: 100, colour: false)
    #expect(text.contains("9 of 12 steps happen before the failure"), "\(text)")
    #expect(text.contains("… 2 steps"))
    failure.isToldInFull = true
    let full = FailureReport.render(failure, width: 100, colour: false)
    #expect(!full.contains("happen before the failure"))
    #expect(full.contains("n 1 → 2"))
    failure.isToldInFull = false
    failure.past = Set(0..<12)
    #expect(!FailureReport.render(failure, width: 100, colour: false).contains(" of 12 steps"))
  }

  @Test func oneOrderIsNoSearch() {
    var failure = Sample.overdrawnFailure
    failure.isOneOrder = true
    let text = FailureReport.render(failure, width: 100, colour: false)
    #expect(!text.contains("seed"), "\(text)")
    #expect(!text.contains("Schedule 1"))
    #expect(!text.contains("Minimal"))
  }

  @Test func theCallsThatLedToACrashAreTold() {
    var failure = FuzzFailure(kind: .crash, message: "Fatal error: no", test: "t()")
    failure.callStack = ["Bank.check() (Bank.swift:3)", "Bank.withdraw(_:) (Bank.swift:9)"]
    #expect(
      FailureReport.render(failure, width: 80, colour: false)
        == """
        t(): the process crashed
          Fatal error: no
          The calls, innermost first:
          • Bank.check() (Bank.swift:3)
          • Bank.withdraw(_:) (Bank.swift:9)
        """)
    failure.callStack = ["Bank.check() (Bank.swift:3)"]
    #expect(!FailureReport.render(failure, width: 80, colour: false).contains("innermost"))
  }
}
