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
        output("\n\(Self.rule(showcase.name))\n\n\(failure)")
      }
      let mended = await fuzzer.run(named: "\(showcase.name), mended", showcase.mended)
      if let failure = mended.failure {
        output("\n\(Self.rule("\(showcase.name), mended"))\n\n\(failure)")
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

    init(_ showcase: Showcase, racy: FuzzOutcome, mended: FuzzOutcome) {
      let found: [String]
      if let failure = racy.failure {
        let preemptions = failure.interleaving.preemptions
        let stalls = failure.interleaving.stalls
        let size =
          Self.counted(preemptions, "preemption")
          + (stalls > 0 ? ", \(Self.counted(stalls, "early timer"))" : "")
        found = ["found by schedule \(failure.schedulesTried)", "shrunk to \(size)"]
      } else {
        found = ["not found in \(Self.counted(racy.report.schedules, "schedule"))", ""]
      }
      let twin =
        mended.failure == nil
        ? "mended: \(Self.counted(mended.report.schedules, "schedule")) pass"
        : "mended: FAILED"
      cells = [showcase.name, showcase.race] + found + [twin]
      isAsExpected = racy.failure?.kind == showcase.kind && mended.failure == nil
    }

    /// The lines, with their columns aligned.
    static func table(_ lines: [Summary]) -> String {
      let widths = lines.reduce(into: [Int](repeating: 0, count: 5)) { widths, line in
        widths = zip(widths, line.cells).map { max($0, $1.count) }
      }
      return lines.map { line in
        zip(widths, line.cells).map { width, cell in
          cell.padding(to: width)
        }.joined(separator: "  ").trimmingEnd()
      }.joined(separator: "\n")
    }

    private static func counted(_ number: Int, _ noun: String) -> String {
      "\(number) \(noun)\(number == 1 ? "" : "s")"
    }
  }
}

extension String {
  fileprivate func padding(to width: Int) -> String {
    self + String(repeating: " ", count: max(0, width - count))
  }

  fileprivate func trimmingEnd() -> String {
    var text = self[...]
    while text.last == " " { text.removeLast() }
    return String(text)
  }
}
