import Foundation
import InterleaveBugs

/// What strategies needed to find bugs, and how that reads as a table.
struct FindingTable {
  private struct Row {
    var program: String
    var depth: Int
    var strategy: String
    /// The schedules that each seed took, by seed; those that did not find it count as
    /// the cap.
    var needed: [Int]
    var found: Int
    var mean: Double { Self.mean(needed[...]) }
    /// The mean of one half of the seeds.
    func mean(of half: Half) -> Double {
      Self.mean(half == .first ? needed[..<(needed.count / 2)] : needed[(needed.count / 2)...])
    }

    private static func mean(_ needed: ArraySlice<Int>) -> Double {
      Double(needed.reduce(0, +)) / Double(needed.count)
    }

    var cells: [String] {
      let sorted = needed.sorted()
      return [
        program, "\(depth)", strategy, mean.fixed(1), "\(sorted[sorted.count / 2])",
        "\(sorted.last ?? 0)", "\(found)/\(needed.count)",
      ]
    }
  }

  private enum Half: CaseIterable {
    case first, second
    var other: Half { self == .first ? .second : .first }
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
        needed: needed.map { $0 ?? cap }, found: needed.count { $0 != nil }))
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
  ///
  /// The least of several means is less than the mean of any of them, by as much as luck
  /// had a part in it: a ratio to it is too high. Where one half of the seeds tells who is
  /// best and the other half what that one takes, luck has no part, but the one who is
  /// told may not be the best: that ratio is too low. What is true lies between them.
  var summary: String {
    var names: [String] = []
    for row in table where !names.contains(row.strategy) { names.append(row.strategy) }
    let singles = Dictionary(
      grouping: table.filter { $0.strategy != "portfolio" }, by: \.program)
    let least = singles.compactMapValues { $0.map(\.mean).min() }
    let chosen = singles.mapValues(Self.meanOfBest)
    var text = "\n| strategy | geometric mean | against the least mean of each program "
    text += "| against who is best by the other seeds | found always |"
    text += "\n| --- | ---: | ---: | ---: | ---: |\n"
    for name in names {
      let rows = table.filter { $0.strategy == name }
      func ratio(to best: [String: Double]) -> Double {
        geometricMean(rows.compactMap { row in best[row.program].map { row.mean / $0 } })
      }
      text += "| \(name) | \(mean(of: name).fixed(1)) | \(ratio(to: least).fixed(2)) "
      text += "| \(ratio(to: chosen).fixed(2)) "
      text += "| \(rows.count - missed(by: name))/\(rows.count) |\n"
    }
    return text
  }

  /// What the strategy takes that is best by the other half of the seeds, on average over
  /// both halves.
  private static func meanOfBest(among rows: [Row]) -> Double {
    guard rows.allSatisfy({ $0.needed.count > 1 }) else { return rows.map(\.mean).min() ?? 1 }
    let means = Half.allCases.compactMap { half in
      rows.min { $0.mean(of: half) < $1.mean(of: half) }?.mean(of: half.other)
    }
    return means.reduce(0, +) / Double(means.count)
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
