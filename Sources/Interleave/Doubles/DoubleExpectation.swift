import Testing

/// The line of a test that says what must have happened.
///
/// Swift Testing's own type is not asked of callers: a double may be written where it is not
/// imported.
typealias CallSite = FuzzFailure.SourceLocation

extension CallSite {
  init(_ fileID: String, _ filePath: String, _ line: Int, _ column: Int) {
    self.init(fileID: fileID, filePath: filePath, line: line, column: column)
  }
}

/// Records that something did not happen as it must, at the line of the test that says so.
///
/// - Parameters:
///   - message: What must have happened, and what did.
///   - lines: What happened, line by line.
///   - location: The line of the test.
func record(_ message: String, _ lines: [String], at location: CallSite) {
  let text =
    lines.isEmpty ? message : ([message + ":"] + lines.map { "  \($0)" }).joined(separator: "\n")
  Issue.record(Comment(ascii: text), sourceLocation: SourceLocation(location))
}

/// `never`, `once`, `3 times`.
func times(_ count: Int) -> String {
  switch count {
  case 0: "never"
  case 1: "once"
  default: "\(count) times"
  }
}
