import Interleave

/// Fuzzes the bundled examples and explains what it finds.
package struct Demo: Sendable {
  package var seed: UInt64
  /// How many schedules each example, and each mended twin, may take.
  package var schedules = 1_000

  package init(seed: UInt64) {
    self.seed = seed
  }

  /// The examples whose failures are explained at length; the others get a line
  /// in the summary.
  static let explained = [Showcase.bank, .token, .gate, .philosophers].map(\.name)

  /// Fuzzes all examples.
  ///
  /// - Parameter output: Takes the text, piece by piece.
  /// - Returns: Each race was found, and no mended twin failed.
  package func run(_ output: (String) -> Void) async -> Bool {
    let showcases = Showcase.all
    output(
      """
      Fuzzing \(showcases.count) small systems, each with a known race (seed \(seed)).
      Their code is in Sources/Examples; nothing in it knows that it is being tested.
      """)
    var lines: [Summary] = []
    for showcase in showcases {
      let racy = await fuzzer.run(named: showcase.name, showcase.racy)
      if Self.explained.contains(showcase.name), let failure = racy.failure {
        output("\n\(Self.rule(showcase.name))\n\n\(failure.terminalText)")
      }
      let mended = await fuzzer.run(named: "\(showcase.name), mended", showcase.mended)
      if let failure = mended.failure {
        output("\n\(Self.rule("\(showcase.name), mended"))\n\n\(failure.terminalText)")
      }
      lines.append(Summary(showcase, racy: racy, mended: mended))
    }
    output("\n\(Self.rule("summary"))\n\n\(Summary.table(lines))")
    return lines.allSatisfy(\.isAsExpected)
  }

  /// A fuzzer that leaves no files behind.
  private var fuzzer: Fuzzer {
    var configuration = FuzzConfiguration()
    configuration.schedules = schedules
    configuration.seed = seed
    configuration.corpus = .none
    return Fuzzer(configuration)
  }

  /// `── bank ─────`, as wide as a page.
  private static func rule(_ title: String) -> String {
    "── \(title) " + String(repeating: "─", count: max(0, 76 - title.count))
  }

  /// What came of one example, for a line of the summary.
  struct Summary {
    let isAsExpected: Bool
    private let cells: [String]

    private static let titles = ["example", "race", "found by", "shrunk to", "mended twin"]

    init(_ showcase: Showcase, racy: FuzzOutcome, mended: FuzzOutcome) {
      let found =
        racy.failure.map { ["schedule \($0.schedulesTried)", Self.size(of: $0.interleaving)] }
        ?? ["NOT FOUND", ""]
      let schedules = mended.report.schedules.counted("schedule")
      let twin = mended.failure == nil ? "\(schedules) pass" : "FAILED"
      cells = [showcase.name, showcase.race] + found + [twin]
      isAsExpected = racy.failure?.kind == showcase.kind && mended.failure == nil
    }

    private static func size(of interleaving: Interleaving) -> String {
      let preemptions = interleaving.preemptions
      let stalls = interleaving.stalls
      let sizes = [
        preemptions > 0 || stalls == 0 ? preemptions.counted("preemption") : nil,
        stalls > 0 ? stalls.counted("early timer") : nil,
      ]
      return sizes.compactMap(\.self).joined(separator: ", ")
    }

    /// The lines, with their columns aligned.
    static func table(_ lines: [Summary]) -> String {
      let rows = [titles] + lines.map(\.cells)
      let widths = titles.indices.map { column in rows.map { $0[column].count }.max() ?? 0 }
      return rows.map { row in
        let padded = zip(widths, row.dropLast()).map { width, cell in
          cell + String(repeating: " ", count: width - cell.count)
        }
        return (padded + row.suffix(1)).joined(separator: "  ")
      }.joined(separator: "\n")
    }
  }
}

extension Int {
  /// `1 step`, `2 steps`.
  fileprivate func counted(_ noun: String) -> String {
    "\(self) \(noun)\(self == 1 ? "" : "s")"
  }
}
