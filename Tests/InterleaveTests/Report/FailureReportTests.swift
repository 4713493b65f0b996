import Foundation
import InterleaveEngine
import Testing

@testable import Interleave

@Suite struct FailureReportTests {
  private func report(_ failure: FuzzFailure, width: Int, colour: Bool = false) -> String {
    FailureReport.render(
      failure, width: width, colour: colour, root: "/bank", source: { Sample.source[$0.line] })
  }

  @Test func aWideReportHasALaneForEachTask() {
    let expected = #"""
      BankTests/neverOverdrawn(): expectation failed at Tests/BankTests/BankTests.swift:11
        Expectation failed: (await bank.balance → -60) >= 0

      Inputs
        amount = 80

      What collided
        Task 0.0 checked at Bank.swift:12 and acted at Bank.swift:14; in between, task 0.1 changed
        `balance` 100 → 20 at Bank.swift:14.

          task 0.0  Bank.swift:12  guard balance >= amount else { return false }
          task 0.1  Bank.swift:14    balance -= amount
          task 0.0  Bank.swift:14  balance -= amount

      The interleaving · 12 steps, 3 tasks, 1 preemption
               on   │ task 0                     │ task 0.0                   │ task 0.1
                    │ neverOverdrawn()           │ Bank.withdraw(_:)          │ Bank.withdraw(_:)
                    │                            │ made at BankTests.swift:8  │ made at BankTests.swift:9
      ──────────────┼────────────────────────────┼────────────────────────────┼───────────────────────────
            1       │ BankTests.swift:8          │                            │
            2       │                            │ BankTests.swift:8 begins   │
            3  Bank │                            │ Bank.swift:12 withdraw(_:) │
            4  Log  │                            │ Bank.swift:13 withdraw(_:) │
                    │                            │ n 0 → 1                    │
      ▸     5       │                            │                            │ BankTests.swift:9 begins
                    │                            │                            │ interrupts 0.0
            6  Bank │                            │                            │ Bank.swift:12 withdraw(_:)
            7  Log  │                            │                            │ Bank.swift:13 withdraw(_:)
                    │                            │                            │ n 1 → 2
            8  Bank │                            │                            │ Bank.swift:14 withdraw(_:)
                    │                            │                            │ balance 100 → 20
            9  Bank │                            │ Bank.swift:14 withdraw(_:) │
                    │                            │ balance 20 → -60           │
        10–11       │ … 2 steps                  │                            │
      ✗    12       │ BankTests.swift:11         │                            │
                    │ fails here                 │                            │

      Where it left the ordinary order
        Step 5: Task 0.0 (Bank.withdraw) was interrupted at Bank.swift:14, before it went on; task 0.1
        (Bank.withdraw) began instead.

      The search
        Schedule 1,037 failed, with seed 12345.
        Shrunk from 31 steps, 6 preemptions and 9 deviations to 12 steps, 1 preemption and 1 deviation.
        Minimal: no schedule with fewer preemptions fails.

      Replay
        Kept in corpus/BankTests/neverOverdrawn/5f3a.json, replayed first by:
          swift test --filter 'BankTests/neverOverdrawn'
        To search again with the same seed:
          INTERLEAVE_SEED=12345 swift test --filter 'BankTests/neverOverdrawn'
      """#
    #expect(report(Sample.overdrawnFailure, width: 100) == expected)
  }

  @Test func aNarrowReportPutsDetailsBesideTheLanes() {
    let expected = #"""
      BankTests/neverOverdrawn(): expectation failed at Tests/BankTests/BankTests.swift:11
        Expectation failed: (await bank.balance → -60) >= 0

      Inputs
        amount = 80

      What collided
        Task 0.0 checked at Bank.swift:12 and acted at
        Bank.swift:14; in between, task 0.1 changed
        `balance` 100 → 20 at Bank.swift:14.

          task 0.0  Bank.swift:12  guard balance >= amount else {…
          task 0.1  Bank.swift:14    balance -= amount
          task 0.0  Bank.swift:14  balance -= amount

      The interleaving · 12 steps, 3 tasks, 1 preemption
        task 0    neverOverdrawn()
        task 0.0  Bank.withdraw(_:), made at BankTests.swift:8
        task 0.1  Bank.withdraw(_:), made at BankTests.swift:9

               on   │ 0 0.0 0.1  │
      ──────────────┼────────────┼────────────────────────────────
            1       │ ●          │ BankTests.swift:8
                    │ │          │ neverOverdrawn()
            2       │ │ ●        │ BankTests.swift:8 begins
            3  Bank │ │ ●        │ Bank.swift:12 Bank.withdraw(_:)
            4  Log  │ │ ●        │ Bank.swift:13 Bank.withdraw(_:)
                    │ │ │        │ n 0 → 1
      ▸     5       │ │ │   ●    │ BankTests.swift:9 begins
                    │ │ │   │    │ interrupts 0.0
            6  Bank │ │ │   ●    │ Bank.swift:12 Bank.withdraw(_:)
            7  Log  │ │ │   ●    │ Bank.swift:13 Bank.withdraw(_:)
                    │ │ │   │    │ n 1 → 2
            8  Bank │ │ │   ●    │ Bank.swift:14 Bank.withdraw(_:)
                    │ │ │        │ balance 100 → 20
            9  Bank │ │ ●        │ Bank.swift:14 Bank.withdraw(_:)
                    │ │          │ balance 20 → -60
        10–11       │ ○          │ … 2 steps
      ✗    12       │ ●          │ BankTests.swift:11
                    │            │ neverOverdrawn()
                    │            │ fails here

      Where it left the ordinary order
        Step 5: Task 0.0 (Bank.withdraw) was interrupted at
        Bank.swift:14, before it went on; task 0.1 (Bank.withdraw)
        began instead.

      The search
        Schedule 1,037 failed, with seed 12345.
        Shrunk from 31 steps, 6 preemptions and 9 deviations to 12
        steps, 1 preemption and 1 deviation.
        Minimal: no schedule with fewer preemptions fails.

      Replay
        Kept in corpus/BankTests/neverOverdrawn/5f3a.json,
        replayed first by:
          swift test --filter 'BankTests/neverOverdrawn'
        To search again with the same seed:
          INTERLEAVE_SEED=12345 swift test --filter 'BankTests/neverOverdrawn'
      """#
    #expect(report(Sample.overdrawnFailure, width: 60) == expected)
  }

  @Test(arguments: [60, 72, 80, 100, 120, 200]) func noLineOfATableIsWiderThanTheTerminal(
    width: Int
  ) {
    for clients in [1, 2, 3, 5, 12, 40] {
      var failure = Sample.overdrawnFailure
      failure.interleaving = Sample.crowd(clients)
      let table = report(failure, width: width).split(separator: "\n").filter {
        $0.contains("│") || $0.contains("┼")
      }
      #expect(table.count > min(clients, 20))
      for line in table {
        #expect(String(line).columns <= width, "\(clients) clients: \(line)")
      }
    }
  }

  @Test func aTerminalThatIsTooNarrowGetsSixtyColumns() {
    let failure = Sample.overdrawnFailure
    #expect(report(failure, width: 10) == report(failure, width: 60))
  }

  @Test func manyTasksThatSayTheSameShareALine() {
    var failure = Sample.overdrawnFailure
    failure.interleaving = Sample.crowd(40)
    let text = report(failure, width: 80)
    #expect(text.contains("  task 0.0 … 0.39  closure #1 in manyClients()\n"))
  }

  @Test func aReportInColourSaysTheSame() {
    let failure = Sample.overdrawnFailure
    let coloured = report(failure, width: 100, colour: true)
    #expect(coloured.contains("\u{1B}[1;31mexpectation failed\u{1B}[0m"))
    var stripped = ""
    var isEscape = false
    for character in coloured {
      if character == "\u{1B}" { isEscape = true }
      if !isEscape { stripped.append(character) }
      if isEscape, character == "m" { isEscape = false }
    }
    #expect(stripped == report(failure, width: 100))
  }

  @Test func whatTheStrategiesSpentUntilItFailedIsTold() {
    var failure = Sample.overdrawnFailure
    failure.strategy = "pos"
    failure.strategies = [
      StrategyShare(name: "surw", schedules: 2, newInterleavings: 2),
      StrategyShare(name: "pos", schedules: 1, newInterleavings: 0),
    ]
    let text = report(failure, width: 100)
    #expect(
      text.contains(
        """
          Schedule 1,037 failed, chosen by pos, with seed 12345.
          Spent until then: surw 2 schedules (2 new interleavings), pos 1 (0).
        """))
  }

  @Test func aFixThatMovedTheBugIsToldFirst() {
    var failure = Sample.overdrawnFailure
    failure.halfFix = FuzzFailure.HalfFix(corpusFile: "/bank/corpus/old.json", reversals: 2)
    let text = report(failure, width: 100)
    #expect(
      text.contains(
        """
          Expectation failed: (await bank.balance → -60) >= 0
          The fix moved the bug: the schedule that corpus/old.json keeps passes now, but fails again 2 race
          reversals away.
        """), "\(text)")
    #expect(text.contains("Around the fixed entry, schedule 1,037 failed, with seed 12345."))
  }

  @Test func aDeadlockSaysItInPlainWordsAndMarksNoStepAsFailing() {
    let steps = [
      Sample.step("0.0", 0, "Left.meet()", line: 3, on: "Left"),
      Sample.step("0.1", 0, "Right.meet()", line: 9, on: "Right"),
    ]
    let failure = FuzzFailure(
      kind: .deadlock,
      message: "0.0 waits for 0.1 in Left.meet()\n0.1 waits for 0.0 in Right.meet()",
      interleaving: Interleaving(steps: steps), seed: 7, schedulesTried: 2,
      replayCommand: "swift test --filter 'meet'",
      test: "meet()")
    let text = report(failure, width: 80)
    #expect(
      text.hasPrefix(
        """
        meet(): deadlock, tasks wait for each other
          0.0 waits for 0.1 in Left.meet()
          0.1 waits for 0.0 in Right.meet()

        The interleaving · 2 steps, 2 tasks, 0 preemptions
        """))
    #expect(!text.contains("fails here"))
    #expect(text.hasSuffix("INTERLEAVE_SEED=7 swift test --filter 'meet'"))
  }

  @Test func aRepairedEntryIsShownWithWhatChanged() {
    var failure = FuzzFailure(kind: .crash, message: "", test: "plain()")
    failure.repair = FuzzFailure.Repair(
      staleFile: "/bank/corpus/BankTests/plain/1.json",
      reason: "the step `Bank.take(_:)` of task 0.0 no longer exists", isWritten: true,
      difference: "--- corpus/1.json\n+++ corpus/2.json\n@@ -5,1 +5,1 @@\n-old\n+new")
    #expect(
      report(failure, width: 80).hasSuffix(
        """
        Corpus entry repaired
          corpus/BankTests/plain/1.json is stale: the step `Bank.take(_:)` of task 0.0
          no longer exists. The same failure was found near it. The new entry was
          written in its place; commit both changes.
          --- corpus/1.json
          +++ corpus/2.json
          @@ -5,1 +5,1 @@
          -old
          +new
        """))
    failure.repair?.isWritten = false
    let text = report(failure, width: 80)
    #expect(text.contains("near it. Save the new entry, and\n  delete this one.\n"), "as on CI")
  }

  @Test func aFailureWithoutAnInterleavingIsItsHeadline() {
    let failure = FuzzFailure(kind: .nothingInterleaved, message: "", test: "plain()")
    let text = report(failure, width: 80)
    #expect(text == "plain(): nothing was interleaved, no choice was ever open")
  }

  @Test(arguments: FuzzFailure.Kind.allCases) func aReportIsInTheOrderInWhichItIsUsed(
    kind: FuzzFailure.Kind
  ) throws {
    var failure = Sample.overdrawnFailure
    failure.kind = kind
    failure.message = "what \u{E9} says \u{2192} 1"
    failure.callStack = ["Bank.check() (Bank.swift:3)", "Bank.withdraw(_:) (Bank.swift:9)"]
    failure.interleaving.steps[7].events = [
      Interleaving.Event(
        kind: .cancelled, task: Sample.path("0.0"),
        place: Interleaving.Place(file: "/bank/Sources/Bank/Bank.swift", line: 14))
    ]
    let text = failure.asciiText(width: 100)
    #expect(text.utf8.allSatisfy { $0 < 0x80 })
    let sections = [
      "BankTests/neverOverdrawn(): \(kind.words) at /bank/Tests/BankTests/BankTests.swift:11\n",
      "  what \\u{E9} says \\u{2192} 1\n", "  The calls, innermost first:\n", "\nInputs\n",
      "\nWhat collided\n", "\nThe interleaving: 12 steps, 3 tasks, 1 preemption\n",
      "cancels task 0.0 at", "\nWhere it left the ordinary order\n", "\nThe search\n", "\nReplay\n",
    ]
    var start = text.startIndex
    for section in sections {
      let found = try #require(text.range(of: section, range: start..<text.endIndex), "\(section)")
      start = found.upperBound
    }
  }

  @Test func everyKindHasItsOwnWords() {
    let words = FuzzFailure.Kind.allCases.map(\.words)
    #expect(Set(words).count == words.count)
    #expect(words.allSatisfy { !$0.isEmpty })
  }

  @Test func filesOfTheSameNameAreToldApart() {
    var failure = Sample.overdrawnFailure
    failure.interleaving.steps[2].place?.file = "/bank/Sources/Other/Bank.swift"
    let text = report(failure, width: 140)
    #expect(text.contains("Other/Bank.swift:12"))
    #expect(text.contains("Bank/Bank.swift:14"))
  }
}
