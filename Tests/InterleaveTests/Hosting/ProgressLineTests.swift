import Testing

@testable import Interleave

@Suite struct ProgressLineTests {
  /// What is written when it is asked at each of some moments, in seconds.
  private func written(
    at moments: [Double], isTerminal: Bool, ends: Bool = false, name: String = "bank()"
  ) -> [String] {
    var lines: [String] = []
    var progress = ProgressLine(of: name, now: 5_000_000_000, isTerminal: isTerminal) {
      lines.append($0)
    }
    for moment in moments {
      progress.tell(at: 5_000_000_000 + Int64(moment * 1e9)) { "\(Int($0 * 10)) tenths" }
    }
    if ends { progress.end() }
    return lines
  }

  @Test func aShortCampaignSaysNothing() {
    #expect(written(at: [0, 1, 1.9], isTerminal: true, ends: true) == [])
    #expect(written(at: [0, 10, 29], isTerminal: false, ends: true) == [])
  }

  @Test func onATerminalALineLivesAndIsTakenAway() {
    #expect(
      written(at: [2, 2.1, 2.3], isTerminal: true, ends: true) == [
        "\r\u{1B}[Kbank(): 20 tenths", "\r\u{1B}[Kbank(): 23 tenths", "\r\u{1B}[K",
      ])
  }

  @Test func elsewhereALineIsAddedEveryHalfMinute() {
    #expect(
      written(at: [30, 31, 59, 61], isTerminal: false, ends: true) == [
        "bank(): 300 tenths\n", "bank(): 610 tenths\n",
      ])
  }

  @Test func theLineFitsATerminalAndIsASCII() {
    let lines = written(
      at: [3], isTerminal: true, name: "überzogen" + String(repeating: "x", count: 100))
    #expect(lines.map(\.count) == [79 + 4])
    #expect(lines.allSatisfy { $0.utf8.allSatisfy { $0 < 0x80 } })
  }

  @Test func aCampaignSaysHowMuchItHasRun() {
    #expect(
      Tally().words(after: 2) == "0 schedules in 2 s, 0/s, 0 distinct interleavings")
  }
}
