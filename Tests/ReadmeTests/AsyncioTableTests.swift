import Foundation
import Testing

/// Each row of the table for those who come from asyncio is run.
///
/// A row and the tests for it are told by the same words: the row's first column, and the mark
/// above the tests.
struct AsyncioTableTests {
  private struct Row {
    var technique: String
    var cells: [String]
  }

  private let root = URL(filePath: #filePath).deletingLastPathComponent()
    .deletingLastPathComponent().deletingLastPathComponent()

  @Test func eachRowShowsWhatIsRun() throws {
    let tests = try tests()
    for row in try rows() {
      let test = try #require(tests[row.technique], "no test is marked “\(row.technique)”")
      #expect(test.contains("@Test"), "\(row.technique)")
      #expect(row.cells.count == 3, "\(row.technique)")
      let snippets = Self.code(in: row.cells.last ?? "")
      #expect(!snippets.isEmpty, "\(row.technique)")
      for snippet in snippets {
        #expect(Self.shows(snippet, test), "\(row.technique): \(snippet)")
      }
    }
  }

  @Test func eachTestHasOneRow() throws {
    let rows = try rows().map(\.technique).sorted()
    #expect(rows == (try tests()).keys.sorted())
    #expect(rows.count > 40)
  }

  @Test func whatIsNotRunIsNotShown() {
    #expect(Self.shows("a(1) { … }", "x a(1) { b } y"))
    #expect(!Self.shows("a(2) { … }", "x a(1) { b } y"))
    #expect(!Self.shows("b … a", "x a(1) { b } y"))
    #expect(Self.code(in: "`a`, or `b c`") == ["a", "b c"])
  }

  // MARK: -

  private func rows() throws -> [Row] {
    let page = try Documentation.page("ComingFromAsyncio")
    let lines = page.split(separator: "\n").filter { $0.hasPrefix("| ") }
    return lines.dropFirst(2).map { line in
      let cells = line.dropFirst(2).dropLast(2).components(separatedBy: " | ")
      return Row(technique: cells[0], cells: cells)
    }
  }

  /// The source of the tests by the words of the mark above them.
  private func tests() throws -> [String: String] {
    var tests: [String: String] = [:]
    for file in ["Doubles", "Checks", "Flow", "Fixtures"] {
      let url = root.appending(path: "Tests/ReadmeTests/Asyncio\(file)Tests.swift")
      let source = try String(contentsOf: url, encoding: .utf8)
      for part in source.components(separatedBy: "  // MARK: ").dropFirst() {
        let lines = part.components(separatedBy: "\n")
        #expect(tests[lines[0]] == nil, "two marks say “\(lines[0])”")
        tests[lines[0]] = lines.dropFirst().joined(separator: "\n")
      }
    }
    return tests
  }

  /// What stands between back-ticks.
  private static func code(in text: String) -> [String] {
    text.components(separatedBy: "`").enumerated().filter { $0.offset % 2 == 1 }.map(\.element)
  }

  /// A source has a snippet, of which `…` leaves something out; line breaks do not count.
  private static func shows(_ snippet: String, _ source: String) -> Bool {
    var rest = source.split(whereSeparator: \.isWhitespace).joined(separator: " ")[...]
    for part in snippet.components(separatedBy: "…") {
      let part = part.trimmingCharacters(in: .whitespaces)
      guard !part.isEmpty else { continue }
      guard let found = rest.range(of: part) else { return false }
      rest = rest[found.upperBound...]
    }
    return true
  }
}
