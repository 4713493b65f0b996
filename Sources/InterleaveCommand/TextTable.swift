import Foundation

/// A table, for people in columns, for programs as JSON.
struct TextTable {
  let columns: [String]
  var rows: [[String]] = []

  init(_ columns: String...) {
    self.columns = columns
  }

  /// The table in columns, which are as wide as they must be; the last one is not padded.
  var text: String {
    let all = [columns] + rows
    let widths = columns.indices.map { column in all.map { $0[column].count }.max() ?? 0 }
    return all.map { row in
      row.indices.map { index in
        index == row.count - 1
          ? row[index] : row[index].padding(toLength: widths[index], withPad: " ", startingAt: 0)
      }.joined(separator: "  ")
    }.joined(separator: "\n")
  }

  /// The table as an array of objects, whose keys are the columns.
  func json() throws -> String {
    let objects = rows.map { row in Dictionary(uniqueKeysWithValues: zip(columns, row)) }
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
    return String(decoding: try encoder.encode(objects), as: UTF8.self)
  }

  func rendered(asJSON: Bool) throws -> String { asJSON ? try json() : text }
}
