import Foundation
import InterleaveBugs

/// What strategies needed to find bugs, and how that reads as a table.
struct FindingTable {
  private struct Row {
    var program: String
    var depth: Int
    var strategy: String
    /// The schedules that each seed took; those that did not find it count as the
    /// cap.
    var needed: [Int]
    var found: Int
    var mean: Double { Double(needed.reduce(0, +)) / Double(needed.count) }

    var cells: [String] {
      [
        program, "\(depth)", strategy, mean.fixed(1), "\(needed[needed.count / 2])",
        "\(needed.last ?? 0)", "\(found)/\(needed.count)",
      ]
    }
  }

  static let columns = ["program", "depth", "strategy", "mean", "median", "worst", "found"]

  private let cap: Int
  private var table: [Row] = []

  init(cap: Int) {
    self.cap = cap
  }

  mutating func add(_ program: BugProgram, _ strategy: String, _ needed: [Int?]) {
    table.append(
      Row(
        program: program.name, depth: program.depth, strategy: strategy,
        needed: needed.map { $0 ?? cap }.sorted(), found: needed.count { $0 != nil }))
  }

  /// The rows of one program; with the table's head if it is the first.
  func rows(of program: String) -> String {
    var text = ""
    if table.first?.program == program {
      text += "| \(Self.columns.joined(separator: " | ")) |\n"
      text += "| --- | ---: | --- | ---: | ---: | ---: | ---: |\n"
    }
    for row in table where row.program == program {
      text += "| \(row.cells.joined(separator: " | ")) |\n"
    }
    return text
  }

  /// The cells of all rows, by ``columns``.
  var cells: [[String]] { table.map(\.cells) }

  /// Each strategy's geometric mean over all programs, and how it compares to the
  /// best single strategy of each program.
  var summary: String {
    var names: [String] = []
    for row in table where !names.contains(row.strategy) { names.append(row.strategy) }
    var best: [String: Double] = [:]
    for row in table where row.strategy != "portfolio" {
      best[row.program] = min(best[row.program] ?? .infinity, row.mean)
    }
    var text = "\n| strategy | geometric mean | against the best of each program | found always |"
    text += "\n| --- | ---: | ---: | ---: |\n"
    for name in names {
      let rows = table.filter { $0.strategy == name }
      let ratios = rows.compactMap { row in best[row.program].map { row.mean / $0 } }
      text += "| \(name) | \(mean(of: name).fixed(1)) | \(geometricMean(ratios).fixed(2)) "
      text += "| \(rows.count - missed(by: name))/\(rows.count) |\n"
    }
    return text
  }

  /// A strategy's geometric mean over all programs.
  func mean(of strategy: String) -> Double {
    geometricMean(table.filter { $0.strategy == strategy }.map(\.mean))
  }

  /// How many programs' bugs a strategy has not found from each seed.
  func missed(by strategy: String) -> Int {
    table.count { $0.strategy == strategy && $0.found < $0.needed.count }
  }

  private func geometricMean(_ values: [Double]) -> Double {
    guard !values.isEmpty else { return 1 }
    return exp(values.reduce(0) { $0 + log($1) } / Double(values.count))
  }
}
