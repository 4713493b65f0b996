import InterleaveEngine
import Testing

@testable import Interleave

@Suite struct InterleavingRowsTests {
  private func rows(_ interleaving: Interleaving) -> [InterleavingRows.Row] {
    InterleavingRows(interleaving, Explanation(interleaving)).rows
  }

  @Test func stepsWithoutAPlaceOrAChangeAreFolded() {
    let steps =
      [Sample.step("0", 0, "test()", line: 1)] + (1...3).map { Sample.step("0", $0) }
      + [Sample.step("0", 4, "test()", line: 5)]
    #expect(rows(Interleaving(steps: steps)) == [.step(0), .folded(1..<4), .step(4)])
  }

  @Test func aSingleDullStepIsShownAsItIs() {
    let steps = [
      Sample.step("0", 0, "test()", line: 1), Sample.step("0", 1),
      Sample.step("0", 2, "test()", line: 5),
    ]
    #expect(rows(Interleaving(steps: steps)) == [.step(0), .step(1), .step(2)])
  }

  @Test func aStepThatChangedSomethingIsShown() {
    let steps = [
      Sample.step("0", 0), Sample.step("0", 1, on: "Bank", Sample.balance(1, 2)),
      Sample.step("0", 2),
    ]
    #expect(rows(Interleaving(steps: steps)).contains(.step(1)))
  }

  @Test func allStepsOfADeviationAreShown() {
    let steps = [0, 1, 2, 3, 4, 5, 6, 7].map {
      Sample.step($0.isMultiple(of: 2) ? "0.0" : "0.1", $0, preempts: $0 == 3)
    }
    let interleaving = Interleaving(
      steps: steps,
      deviations: [
        Interleaving.Deviation(index: 3, picked: steps[3].name, passedOver: steps[6].name)
      ])
    #expect(
      rows(interleaving) == [
        .folded(0..<2), .step(2), .step(3), .folded(4..<6), .step(6), .step(7),
      ])
  }

  @Test func theLastStepIsShown() {
    let steps = (0..<5).map { Sample.step("0", $0) }
    #expect(rows(Interleaving(steps: steps)) == [.folded(0..<4), .step(4)])
  }

  @Test func aLongInterleavingKeepsWhatMatters() {
    let crowd = Sample.crowd(40)
    let shown = rows(crowd)
    #expect(shown.count < 20)
    #expect(shown.contains(.step(2)))
    #expect(shown.last == .step(crowd.steps.count - 1))
    let covered = shown.flatMap { row in
      switch row {
      case .step(let index): [index]
      case .folded(let range): Array(range)
      }
    }
    #expect(covered == Array(crowd.steps.indices))
  }
}
