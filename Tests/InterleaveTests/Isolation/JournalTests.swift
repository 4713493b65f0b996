import Foundation
import Testing

@testable import Interleave

/// The journals that a corpus folder holds.
func journals(in folder: String) -> [String] {
  let path = folder + "/.journals"
  let names = (try? FileManager.default.contentsOfDirectory(atPath: path)) ?? []
  // What is still being written begins with a dot.
  return names.filter { !$0.hasPrefix(".") }.compactMap {
    try? String(contentsOfFile: "\(path)/\($0)", encoding: .utf8)
  }
}

/// What is found is not lost with the process that found it.
@Suite(.enabled(if: !fixturesAreEnabled)) struct JournalTests {
  /// Runs a fixture, and sends its process a signal once its journal says a word.
  private func run(
    _ test: String, in folder: String, signal: Int32, when word: String
  ) async throws -> ProgramResult {
    try await runFixtures(test, environment: ["INTERLEAVE_CORPUS": folder]) { program in
      program.wait { journals(in: folder).contains { $0.contains("\nreason \(word)\n") } }
      kill(program.id, signal)
    }
  }

  private func entries(in folder: String) throws -> [String] {
    try allFiles(below: folder).filter { $0.hasSuffix(".json") }
  }

  @Test func aKilledProcessLeavesWhatItFoundToTheNext() async throws {
    try await withTemporaryFolder { folder in
      let first = try await run(
        "JournalFixtures/takesLong", in: folder, signal: SIGKILL, when: "found")
      #expect(first.exitCode == SIGKILL)
      #expect(try entries(in: folder).isEmpty)
      let second = try await runFixtures(
        "JournalFixtures/takesLong", environment: ["INTERLEAVE_CORPUS": folder]
      ) { program in
        program.wait { program.output.contains("making it smaller") }
        kill(program.id, SIGINT)
      }
      #expect(second.output.contains("INTERLEAVE_SEED=1"), "\(second)")
      #expect(try entries(in: folder).count == 1, "\(second)")
      #expect(journals(in: folder).isEmpty)
    }
  }

  @Test func ctrlCEndsShrinkingWithWhatThereIs() async throws {
    try await withTemporaryFolder { folder in
      let result = try await run(
        "JournalFixtures/takesLong", in: folder, signal: SIGINT, when: "found")
      #expect(result.exitCode == 1, "\(result)")
      #expect(result.output.contains("Test run with 1 test"), "\(result)")
      #expect(result.output.contains("INTERLEAVE_SEED=1"), "\(result)")
      #expect(try entries(in: folder).count == 1)
      #expect(journals(in: folder).isEmpty)
    }
  }

  @Test func aProcessThatIsToEndKeepsWhatThereIsFirst() async throws {
    try await withTemporaryFolder { folder in
      let result = try await run(
        "JournalFixtures/takesLong", in: folder, signal: SIGTERM, when: "found")
      #expect(result.exitCode == SIGTERM, "\(result)")
      #expect(result.output.contains("INTERLEAVE_SEED=1"), "\(result)")
      #expect(try entries(in: folder).count == 1)
      #expect(journals(in: folder).isEmpty)
    }
  }

  @Test func whereNothingIsKeptTheFailureIsPrinted() async throws {
    let result = try await runFixtures("JournalFixtures/takesLong", environment: ["CI": "true"]) {
      program in
      program.wait { program.output.contains("making it smaller") }
      kill(program.id, SIGTERM)
    }
    #expect(result.exitCode == SIGTERM, "\(result)")
    #expect(result.output.contains("takesLong"), "\(result)")
    #expect(result.output.contains("INTERLEAVE_SEED=1"), "\(result)")
  }

  @Test func aRunThatHangsIsWrittenDownBeforeItsTimeIsOver() async throws {
    try await withTemporaryFolder { folder in
      let first = try await run("JournalFixtures/hangs", in: folder, signal: SIGKILL, when: "slow")
      #expect(first.exitCode == SIGKILL)
      let second = try await runFixtures(
        "JournalFixtures/hangs", environment: ["INTERLEAVE_CORPUS": folder])
      #expect(second.output.contains("did not return"), "\(second)")
      #expect(second.output.contains("1 preemption"), "\(second)")
      #expect(try entries(in: folder).count == 1)
      #expect(journals(in: folder).isEmpty)
    }
  }

  @Test func aSlowStepThatEndsLeavesNothing() async throws {
    try await withTemporaryFolder { folder in
      let result = try await runFixtures(
        "JournalFixtures/isSlow", environment: ["INTERLEAVE_CORPUS": folder])
      #expect(result.exitCode == 0, "\(result)")
      #expect(journals(in: folder).isEmpty)
    }
  }

  @Test func theProgramCannotCloseWhatItIsWatchedBy() async throws {
    let result = try await runFixtures("ClosingFixtures")
    for name in ["closesAllFiles", "makesACopyOfItself"] {
      #expect(result.lines(with: "Test \(name)() passed").count == 1, "\(result)")
    }
    #expect(result.output.contains("Fatal error: no file is open"), "\(result)")
    #expect(result.output.contains("1 preemption"), "\(result)")
  }
}
