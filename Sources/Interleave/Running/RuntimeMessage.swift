/// What the runtime says before it ends the process, taken out of what was written to
/// standard error.
struct RuntimeMessage: Hashable, Sendable {
  var text: String
  /// The file as the runtime names it, `App/Bank.swift`; nil where it names none, or one of
  /// its own.
  var fileID: String?

  /// - Parameter said: The last that was written.
  /// - Returns: Nil where nothing of it reads like the runtime's last words.
  init?(in said: String) {
    let lines = said.split(omittingEmptySubsequences: false, whereSeparator: \.isNewline)
    guard let start = lines.lastIndex(where: { Self.starts($0) != nil }),
      let first = Self.starts(lines[start])
    else { return nil }
    // A stack trace follows, of code that is not the user's for the most part.
    let rest = lines[(start + 1)...].prefix { $0 != "Current stack trace:" && !$0.isEmpty }
    fileID = first.fileID
    text = first.text
    if first.isWhole { return }
    text = ([text] + rest.map(String.init)).joined(separator: "\n")
  }

  private struct Start {
    var text: String
    var fileID: String?
    /// Nothing that belongs to it follows on other lines.
    var isWhole = false
  }

  private static let marks = ["Fatal error", "Precondition failed", "Assertion failed"]

  private static func starts(_ line: Substring) -> Start? {
    if line.hasPrefix("Simultaneous accesses to ") {
      let text = line.split(separator: ", ", maxSplits: 1).last ?? ""
      return Start(text: "simultaneous accesses, \(text)", isWhole: true)
    }
    for mark in marks {
      guard let range = line.firstRange(of: mark) else { continue }
      let before = line[..<range.lowerBound]
      guard before.isEmpty || before.hasSuffix(": ") else { continue }
      let file = before.split(separator: ":").first.map(String.init)
      let isOwn = file.map { $0.hasPrefix("Swift/") || $0.hasPrefix("_Concurrency/") } ?? true
      return Start(text: String(line[range.lowerBound...]), fileID: isOwn ? nil : file)
    }
    return nil
  }
}
