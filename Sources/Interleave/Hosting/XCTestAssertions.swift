import InterleaveEngine
import Synchronization

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
  run.fail(RunFailure(kind: .expectation, message: message, file: file, line: line))
  return true
}

extension RunFailure {
  /// A failure at a line that is known by the path of its file.
  init(
    kind: FuzzFailure.Kind, message: String, file: String, line: Int, isMistake: Bool = false
  ) {
    // A module's sources lie in a folder of its name, as a rule.
    let fileID = file.split(separator: "/").suffix(2).joined(separator: "/")
    let location = FuzzFailure.SourceLocation(
      fileID: fileID.contains("/") ? fileID : "XCTest/\(fileID)", filePath: file, line: line,
      column: 1)
    self.init(
      kind: kind, message: message, location: location, place: "\(location.fileID):\(line)",
      isMistake: isMistake)
  }
}

/// Failures of campaigns that end a test case of XCTest.
///
/// XCTest tells of an error that a test throws without a place. So those that are thrown are noted
/// here, and told at the line at which they came up.
enum ThrownFailures {
  private static let noted = Mutex<[(failure: FuzzFailure, call: FuzzFailure.SourceLocation)]>([])
  /// How many are remembered: a test may catch some and throw another.
  private static let most = 8

  /// Notes a failure that is about to be thrown to a test.
  ///
  /// - Parameter call: The call that throws it.
  static func note(_ failure: FuzzFailure, thrownBy call: FuzzFailure.SourceLocation) {
    noted.withLock {
      if $0.count == most { $0.removeFirst() }
      $0.append((failure, call))
    }
  }

  /// The report of a failure and its place, by the words in which XCTest tells of the error.
  fileprivate static func take(
    _ message: String
  ) -> (report: String, place: FuzzFailure.SourceLocation)? {
    noted.withLock { noted in
      for (index, one) in noted.enumerated().reversed() {
        let report = "\(one.failure)"
        guard message == "threw error \"\(report)\"" else { continue }
        noted.remove(at: index)
        return (report, one.failure.sourceLocation ?? one.call)
      }
      return nil
    }
  }
}

/// Says what XCTest is to tell in the place of an error that a test has thrown.
///
/// - Parameters:
///   - message: What it would tell.
///   - told: Where the text, the path of the file and the line are put; who calls keeps them.
/// - Returns: The error is a failure of ours.
@_silgen_name("il_failure_thrown")
public func _interleaveFailureThrown(_ message: String, _ told: UnsafeMutableRawPointer) -> Bool {
  guard let (report, place) = ThrownFailures.take(message) else { return false }
  told.bindMemory(to: (String, String, Int).self, capacity: 1)
    .initialize(to: (report, place.filePath, place.line))
  return true
}
