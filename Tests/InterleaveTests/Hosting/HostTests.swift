import Foundation
import Testing

@testable import Interleave

/// The same from XCTest and from a program.
@Suite(.enabled(if: !fixturesAreEnabled)) struct HostTests {
  @Test func testCasesOfXCTestFuzz() async throws {
    let result = try await runProgram(
      CommandLine.arguments[0], ["InterleaveXCTests.HostedByXCTest"])
    #expect(result.exitCode == 0, "\(result)")
    #expect(result.output.contains("Executed 10 tests, with 0 failures"), "\(result)")
  }

  #if os(Linux) && arch(x86_64)
    @Test func runsWaitForExpectationsOfXCTest() async throws {
      let result = try await runProgram(
        CommandLine.arguments[0], ["InterleaveXCTests.ExpectationsByXCTest"],
        environment: ["INTERLEAVE_CORPUS": "none"])
      #expect(result.exitCode == 0, "\(result)")
      #expect(result.output.contains("Executed 11 tests, with 0 failures"), "\(result)")
    }
  #endif

  #if os(Linux)
    /// XCTest tells of errors without a place; a failure is told once, whole, at its line.
    @Test func xcTestTellsAFailureOnceAtItsLine() async throws {
      let result = try await runProgram(
        CommandLine.arguments[0], ["InterleaveXCTests.FailingFixturesByXCTest"],
        environment: ["TESTS_FIXTURES": "1", "INTERLEAVE_CORPUS": "none", "COLUMNS": "100"])
      #expect(result.exitCode == 1, "\(result)")
      let lines = result.output.split(separator: "\n").filter { $0.contains(": error: ") }
      #expect(lines.count == 3, "\(lines)")
      let starts = [
        "FailingFixturesByXCTest.swift:37: error: FailingFixturesByXCTest.testATaskIsLeftOver : ",
        "FailingFixturesByXCTest.swift:31: error: FailingFixturesByXCTest.testAnAssertionFails : "
          + "testAnAssertionFails(): expectation failed at",
        "<EXPR>:0: error: FailingFixturesByXCTest.testWhatIsCaughtIsNotTold : threw error",
      ]
      for start in starts {
        #expect(lines.filter { $0.contains(start) }.count == 1, "\(start)\n\(lines)")
      }
      #expect(result.output.contains("What collided"))
      #expect(!result.output.contains("not told again"))
    }
  #endif

  @Test func programsFuzz() async throws {
    try await expectThatProgramsFuzz([])
  }

  #if os(Linux)
    @Test func programsFuzzWhileOtherThreadsLoadLibraries() async throws {
      try await expectThatProgramsFuzz(["beside-loaders"])
    }
  #endif

  private func expectThatProgramsFuzz(_ arguments: [String]) async throws {
    let folder = URL(fileURLWithPath: CommandLine.arguments[0]).deletingLastPathComponent()
    let result = try await runProgram(folder.path + "/InterleaveProgram", arguments)
    // How long it takes to make a failure small is told where it is long.
    let lines = result.output.split(separator: "\n", omittingEmptySubsequences: false)
      .filter { !$0.hasPrefix("interleave: ") }
    #expect(
      lines.joined(separator: "\n") == """
        holds: passed all 7 interleavings
        throws: thrownError, 1 preemption(s)
        expects: expectation at main.swift:67, 1 preemption(s)
        always: invariant at main.swift:71, 0 preemption(s)

        """, "\(result)")
    #expect(result.exitCode == 0)
  }

  @Test func theSameSeedPrintsTheSameReportsInEveryProcess() async throws {
    let folder = URL(fileURLWithPath: CommandLine.arguments[0]).deletingLastPathComponent()
    let result = try await runProgram(
      folder.path + "/InterleaveBenchmarks", ["determinism", "3"], limit: 300)
    #expect(result.output.contains("printed by 3 processes: byte-identical"), "\(result)")
    #expect(result.exitCode == 0)
  }
}

@Suite struct FallbackEventTests {
  private func read(_ json: String) -> RunFailure? { RunFailure(event: Data(json.utf8)) }

  private let issue = """
    {"version": "6.3", "kind": "event", "payload": {"kind": "issueRecorded", "issue": \
    {"isKnown": false, "isFailure": true, "sourceLocation": {"fileID": "App/A.swift", \
    "filePath": "/x/A.swift", "line": 4, "column": 9}}, \
    "messages": [{"symbol": "fail", "text": "Expectation failed: a"}, {"text": "no"}]}}
    """

  @Test func anIssueIsAFailureAtItsPlace() throws {
    let failure = try #require(read(issue))
    #expect(failure.kind == .expectation)
    #expect(failure.message == "Expectation failed: a\nno")
    #expect(
      failure.location
        == FuzzFailure.SourceLocation(
          fileID: "App/A.swift", filePath: "/x/A.swift", line: 4, column: 9))
    #expect(failure.place == "App/A.swift:4:9")
  }

  @Test func anOlderRecordSaysLess() throws {
    let failure = try #require(
      read(
        issue.replacing("\"isFailure\": true, ", with: "")
          .replacing("\"filePath\"", with: "\"_filePath\"")))
    #expect(failure.location?.filePath == "/x/A.swift")
  }

  @Test func whatFailsNoTestIsNoFailure() {
    #expect(read(issue.replacing("\"isKnown\": false", with: "\"isKnown\": true")) == nil)
    #expect(read(issue.replacing("\"isFailure\": true", with: "\"isFailure\": false")) == nil)
    #expect(read(issue.replacing("issueRecorded", with: "testStarted")) == nil)
  }
}
