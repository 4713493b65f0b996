import InterleaveEngine

/// Takes an assertion of XCTest that has failed for the run whose step goes on.
///
/// XCTest itself is not linked: its test cases are asked by the name under which each assertion
/// tells them of its failure, and where no run goes on it is told to them.
///
/// - Parameters:
///   - message: What the assertion says.
///   - file: The path of the file in which it stands.
///   - line: Its line.
/// - Returns: It is a failure of a run; false where none goes on.
@_silgen_name("il_assertion_failed")
public func _interleaveAssertionFailed(_ message: String, _ file: String, _ line: Int) -> Bool {
  guard let run = LiveRun.current else { return false }
  // A module's sources lie in a folder of its name, as a rule.
  let fileID = file.split(separator: "/").suffix(2).joined(separator: "/")
  let location = FuzzFailure.SourceLocation(
    fileID: fileID.contains("/") ? fileID : "XCTest/\(fileID)", filePath: file, line: line,
    column: 1)
  run.fail(
    RunFailure(
      kind: .expectation, message: message, location: location,
      place: "\(location.fileID):\(line)"))
  return true
}
