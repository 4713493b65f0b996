import Interleave
import Testing

/// Which of an entry's deviations may be applied ahead of an earlier one.
@Suite struct DeviationOrderTests {
  private let deviations = [
    Interleaving.Deviation(
      index: 0, picked: step("0.1", 0, "a()", on: "A"), passedOver: step("0.0", 1, "b()", on: "A")),
    Interleaving.Deviation(
      index: 3, picked: step("0.2", 0, "c()", on: "A"), passedOver: step("0.0", 2, "d()", on: "A")),
  ]

  /// What is picked where the second deviation would find its place first.
  private func pick(_ strictness: EntryMatcher.Strictness) -> Int {
    var matcher = EntryMatcher(deviations, strictness: strictness)
    let enabled = [deviations[1].passedOver, deviations[1].picked]
    return matcher.choose(among: 2) { enabled[$0] }
  }

  @Test(arguments: [EntryMatcher.Strictness.exact, .occurrence, .anyExecutor])
  func whereNamesTellStepsApartALaterOneMayGoAhead(strictness: EntryMatcher.Strictness) {
    #expect(pick(strictness) == 1)
  }

  @Test(arguments: [EntryMatcher.Strictness.function, .anyTask, .anyTaskAnyOccurrence])
  func whereTheyDoNotOnlyTheNextOneMay(strictness: EntryMatcher.Strictness) {
    #expect(pick(strictness) == 0)
  }
}
