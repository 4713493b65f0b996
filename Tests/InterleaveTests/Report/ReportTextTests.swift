import Testing

@testable import Interleave

/// Words of a report whose bounds are easily missed by one.
@Suite struct ReportTextTests {
  private func words(_ before: String, _ after: String) -> String {
    Interleaving.Change(property: "p", before: before, after: after).words(.pretty)
  }

  @Test func aValueOfFortyCharactersIsShownWholeAndALongerOneIsCutOff() {
    let forty = String(repeating: "x", count: 40)
    #expect(words(forty, "1") == "\(forty) → 1")
    #expect(words("1", forty + "y") == "1 → \(forty.dropLast())…")
    #expect(words("a\nb", "") == "a b → ")
  }

  /// Three steps of one task on lines 1, 2 and 3, cancelled after a number of them.
  private func cancelled(after index: Int, task: String = "0.0") -> Interleaving {
    let steps = (0..<3).map { Sample.step("0.0", $0, "f()", line: $0 + 1, on: "A") }
    return Interleaving(
      steps: steps, tasks: [Interleaving.TaskInfo(path: Sample.path("0.0"), function: "f()")],
      cancellation: .init(task: Sample.path(task), index: index, after: steps[0].name))
  }

  private func sentence(_ interleaving: Interleaving) -> String? {
    interleaving.cancellationSentence.map { sentence in
      String(sentence.map { $0 == "\u{A0}" ? " " : $0 })
    }
  }

  @Test func aCancellationSaysWhereItsTaskHadLastRun() {
    #expect(
      sentence(cancelled(after: 2))
        == "After step 2, the run cancelled task 0.0 (`f()`), when it had last run at Bank.swift:2."
    )
    #expect(
      sentence(cancelled(after: 1))
        == "After step 1, the run cancelled task 0.0 (`f()`), when it had last run at Bank.swift:1."
    )
    #expect(
      sentence(cancelled(after: 2, task: "0.1"))
        == "After step 2, the run cancelled task 0.1, before it had begun.")
  }

  @Test func theStepAfterWhichATaskIsCancelledSaysSo() {
    let interleaving = cancelled(after: 2)
    let names = PlaceNames(interleaving)
    let remarks = interleaving.steps.indices.map { index in
      StepWords(index, of: interleaving, names, .pretty).remarks.map(\.plain)
    }
    #expect(remarks == [[], ["then 0.0 is cancelled"], []])
  }

  @Test func aTaskThatTakesThePlaceOfAnotherSaysWhoseItIs() {
    let steps = [
      Sample.step("0.1", 0, "f()", line: 1, on: "A"),
      Sample.step("0.0", 0, "f()", line: 1, on: "A", reason: .timer, stall: true),
    ]
    let interleaving = Interleaving(
      steps: steps,
      deviations: [
        Interleaving.Deviation(index: 0, picked: steps[0].name, passedOver: steps[1].name)
      ])
    let names = PlaceNames(interleaving)
    let remarks = steps.indices.map { index in
      StepWords(index, of: interleaving, names, .pretty).remarks.map(\.plain)
    }
    #expect(remarks == [["before 0.0"], ["timer fires early"]])
  }

  @Test func anEscapedQuoteDoesNotEndALiteral() {
    let text = #""x \" → y" → 3"#
    #expect(text.withASCIIArrows == #""x \" → y" -> 3"#)
  }

  @Test func whoWasPassedOverIsToldInASCII() {
    var failure = Sample.overdrawnFailure
    failure.interleaving.deviations[0].passedOver.function = "zurück()"
    let passedOver = failure.ascii.interleaving.deviations[0].passedOver
    #expect(passedOver.function == #"zur\u{FC}ck()"#)
  }
}
