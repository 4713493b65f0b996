import Foundation

/// A table as Markdown, with its columns aligned; as JSON where that is asked for on the command
/// line.
struct MarkdownTable: CustomStringConvertible {
  /// Asks for tables as arrays of objects, one for each row.
  static let jsonArgument = "--json"
  static let isJSON = CommandLine.arguments.contains(jsonArgument)

  private var rows: [[String]]

  init(_ header: String...) {
    self.init(header)
  }

  init(_ header: [String]) {
    rows = [header]
  }

  /// Adds a row of as many cells as the header has.
  mutating func add(_ cells: String...) {
    add(cells)
  }

  mutating func add(_ cells: [String]) {
    precondition(cells.count == rows[0].count, "a row has as many cells as the header")
    rows.append(cells)
  }

  var description: String { Self.isJSON ? json : markdown }

  /// A line for each row, an object with the columns' names for keys.
  private var json: String {
    let objects = rows.dropFirst().map { row in
      let fields = zip(rows[0], row).map { "\(Self.quoted($0)): \(Self.quoted($1))" }
      return "  {\(fields.joined(separator: ", "))}"
    }
    return "[\n\(objects.joined(separator: ",\n"))\n]"
  }

  private static func quoted(_ text: String) -> String {
    let escaped = text.unicodeScalars.map { scalar in
      switch scalar {
      case "\"", "\\": "\\\(scalar)"
      case "\u{0}"..<" ": "\\u" + String(format: "%04x", scalar.value)
      default: String(scalar)
      }
    }
    return "\"\(escaped.joined())\""
  }

  private var markdown: String {
    let widths = rows[0].indices.map { column in rows.map { $0[column].count }.max() ?? 0 }
    var lines = rows.map { row in
      "| " + zip(row, widths).map { $0.padded(to: $1) }.joined(separator: " | ") + " |"
    }
    lines.insert("|" + widths.map { String(repeating: "-", count: $0 + 2) + "|" }.joined(), at: 1)
    return lines.joined(separator: "\n")
  }
}

/// A table whose rows take long: each is shown at once, in a file too.
struct SlowTable {
  private var table: MarkdownTable

  /// Shows the header.
  ///
  /// - Parameter columns: The header, and whether a column is of numbers.
  init(_ columns: (name: String, isNumber: Bool)...) {
    table = MarkdownTable(columns.map(\.name))
    show(columns.map(\.name))
    show(columns.map { $0.isNumber ? "---:" : "---" })
  }

  mutating func add(_ cells: String...) {
    table.add(cells)
    show(cells)
  }

  private func show(_ cells: [String]) {
    guard !MarkdownTable.isJSON else { return }
    print("| \(cells.joined(separator: " | ")) |")
    fflush(nil)
  }

  /// Shows what comes after the table; as JSON, the table in its place.
  func end(_ lines: [String]) {
    if MarkdownTable.isJSON { print(table) } else { for line in lines { print(line) } }
  }
}

extension String {
  /// The string, with spaces up to a width.
  func padded(to width: Int) -> String {
    self + String(repeating: " ", count: max(0, width - count))
  }
}

extension BinaryInteger {
  /// The number with its digits in groups of three.
  var grouped: String {
    let digits = String(magnitude)
    var result = ""
    for (index, digit) in digits.enumerated() {
      if index > 0, (digits.count - index) % 3 == 0 { result.append(",") }
      result.append(digit)
    }
    return (self < 0 ? "-" : "") + result
  }
}

extension Double {
  /// The number with so many digits after its point.
  func fixed(_ digits: Int) -> String {
    var scale = 1.0
    for _ in 0..<digits { scale *= 10 }
    let whole = Int64((self * scale).rounded())
    guard digits > 0 else { return whole.grouped }
    let (units, rest) = whole.quotientAndRemainder(dividingBy: Int64(scale))
    let fraction = String(rest.magnitude)
    return "\(units)." + String(repeating: "0", count: digits - fraction.count) + fraction
  }
}
