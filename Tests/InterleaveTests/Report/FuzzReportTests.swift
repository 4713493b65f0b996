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
