import InterleaveEngine
import Testing

@testable import Interleave

@Suite struct FuzzReportTests {
  @Test func aPassIsOneLine() {
    let report = FuzzReport(
      schedules: 1000, distinctInterleavings: 412, steps: 31_234, elapsed: .milliseconds(1370),
      choices: 9001, contendedActors: ["Bank", "Log"])
    #expect(
      report.description == """
        1,000 schedules, 412 distinct interleavings, 31,234 steps in 1.3 s, 9,001 choices, \
        contended: Bank, Log
        """)
  }

  @Test func aProofSaysSo() {
    let report = FuzzReport(
      schedules: 6, distinctInterleavings: 1, steps: 1, isExhaustive: true, replayed: 1,
      elapsed: .microseconds(900))
    #expect(
      report.description == """
        the only interleaving passes (a proof for this input under the dependency relation), \
        6 schedules, 1 step in 0 ms, 0 choices, 1 corpus entry replayed
        """)
  }

  private func lines(_ report: FuzzReport) -> [String] {
    report.description.split(separator: "\n").dropFirst().map(String.init)
  }

  @Test func theResidualRiskSaysWhatItIsTheRiskOf() {
    let risk = FuzzReport.ResidualRisk(estimate: 0.0031, upperBound: 0.0127, schedules: 970)
    #expect(
      lines(FuzzReport(residualRisk: risk, ending: .schedules)) == [
        "residual risk: one more schedule like these shows an unseen interleaving with a "
          + "probability of 0.31%, at most 1.3% with 95% confidence"
      ])
    var generated = risk
    generated.includesInputs = true
    #expect(
      lines(FuzzReport(residualRisk: generated))[0].contains(
        "shows an unseen pair of input and interleaving with"))
  }

  @Test(arguments: [
    (FuzzReport.Ending.duration, "ended when its time was up"),
    (
      .risk(below: 0.01),
      "ended when the residual risk was below 1.0%, as `until` asks"
    ),
    (.cancellation, "ended before its time: it was cancelled"),
  ]) func whatEndedACampaignIsTold(ending: FuzzReport.Ending, words: String) {
    #expect(lines(FuzzReport(ending: ending)) == [words])
  }

  @Test(arguments: [.schedules, .exhaustion, .failure] as [FuzzReport.Ending])
  func whatIsPlainFromTheRestIsNotTold(ending: FuzzReport.Ending) {
    #expect(lines(FuzzReport(ending: ending)) == [])
  }

  @Test func whatEachStrategySpentIsTold() {
    let strategies = [
      StrategyShare(name: "surw", schedules: 1200, newInterleavings: 40),
      StrategyShare(name: "urw"),
      StrategyShare(name: "pos", schedules: 1, newInterleavings: 1),
    ]
    #expect(
      lines(FuzzReport(strategies: strategies)) == [
        "chosen by: surw 1,200 schedules (40 new interleavings), pos 1 (1)"
      ])
  }

  @Test func fixedEntriesAreToldWithTheirCertificates() {
    let certificate = FixCertificate(corpusFile: "a.json", reversals: 3, schedules: 1284)
    #expect(
      lines(FuzzReport(fixed: ["a.json", "b.json"], certificates: [certificate])) == [
        "fixed: a.json: all 1,284 schedules within 3 reversals of the old failure pass",
        "fixed: b.json: the schedule of the old failure passes",
      ])
  }

  @Test(arguments: [
    (0, "0%"), (0.00312, "0.31%"), (0.01, "1.0%"), (0.0999, "10%"), (0.5, "50%"), (1, "100%"),
    (0.00001, "0.0010%"),
  ]) func percentagesHaveTwoDigitsThatCount(part: Double, text: String) {
    #expect(percent(part) == text)
  }

  @Test func escapesAndWarningsFollow() {
    let report = FuzzReport(escapes: ["a thread at Net.swift:4"], warnings: ["nothing contended"])
    #expect(
      report.description.split(separator: "\n").dropFirst() == [
        "escaped control: a thread at Net.swift:4",
        "so a replay may differ from the run that it repeats", "warning: nothing contended",
      ])
  }

  @Test(arguments: [
    (0, "0"), (999, "999"), (1000, "1,000"), (1_234_567, "1,234,567"), (-4321, "-4,321"),
  ]) func numbersAreGroupedByThousands(number: Int, text: String) {
    #expect(grouped(number) == text)
  }
}
