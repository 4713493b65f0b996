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

  /// The process has not seen to a signal that was sent to it.
  private func isPending(_ signal: Int32, for id: Int32) -> Bool {
    let status = (try? String(contentsOfFile: "/proc/\(id)/status", encoding: .utf8)) ?? ""
    let line = status.split(separator: "\n").first { $0.hasPrefix("ShdPnd:") }
    let set = line.flatMap { UInt64($0.split(separator: "\t")[1], radix: 16) } ?? 0
    return set & 1 << UInt64(signal - 1) != 0
  }

  /// A terminal sends it to all processes of a group, and `swift test` to the one that it runs.
  @Test func aCtrlCThatComesTwiceIsOne() async throws {
    try await withTemporaryFolder { folder in
      let result = try await runFixtures(
        "JournalFixtures/takesLong", environment: ["INTERLEAVE_CORPUS": folder]
      ) { program in
        program.wait { journals(in: folder).contains { $0.contains("\nreason found\n") } }
        kill(program.id, SIGINT)
        while isPending(SIGINT, for: program.id) {}
        kill(program.id, SIGINT)
      }
      #expect(result.exitCode == 1, "\(result)")
      #expect(result.output.contains("Test run with 1 test"), "\(result)")
      #expect(result.output.contains("INTERLEAVE_SEED=1"), "\(result)")
      #expect(try entries(in: folder).count == 1)
      #expect(journals(in: folder).isEmpty)
    }
  }

  @Test func anotherCtrlCEndsTheProcess() async throws {
    try await withTemporaryFolder { folder in
      let result = try await runFixtures(
        "JournalFixtures/takesVeryLong", environment: ["INTERLEAVE_CORPUS": folder]
      ) { program in
        program.wait { journals(in: folder).contains { $0.contains("\nreason found\n") } }
        kill(program.id, SIGINT)
        let clock = ContinuousClock()
        let later = clock.now + .seconds(1)
        program.wait { clock.now >= later }
        kill(program.id, SIGINT)
      }
      #expect(result.exitCode == SIGINT, "\(result)")
      #expect(!result.output.contains("Test run with 1 test"), "\(result)")
      // The next process goes on from there.
      #expect(try entries(in: folder).isEmpty)
      #expect(journals(in: folder).count == 1)
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
