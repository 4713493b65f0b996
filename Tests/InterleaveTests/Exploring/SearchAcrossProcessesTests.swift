import Foundation
import InterleaveEngine
import Testing

@testable import Interleave

#if os(Linux) && arch(x86_64)
  /// A search for a proof that one process begins, and others bring to its end.
  @Suite(.enabled(if: Interruptions.obstacle == nil)) struct SearchAcrossProcessesTests {
    /// What a process says of its search.
    private struct Part: CustomStringConvertible {
      var end: String
      var schedules: Int
      var interleavings: Int
      var description: String
    }

    private func part(
      of program: String, schedules: Int, seed: Int? = 1, in folder: String? = nil
    ) async throws -> Part {
      let products = URL(fileURLWithPath: CommandLine.arguments[0]).deletingLastPathComponent()
      var environment = ["INTERLEAVE_SCHEDULES": "\(schedules)"]
      environment["INTERLEAVE_SEARCHES"] = folder
      environment["INTERLEAVE_SEED"] = seed.map { "\($0)" }
      let result = try await runProgram(
        products.path + "/InterleaveProgram", ["prove", program], environment: environment)
      #expect(result.exitCode == 0, "\(result)")
      let line = try #require(result.output.split(separator: "\n").last { $0.contains(" ") })
      let words = line.split(separator: " ").map(String.init)
      try #require(words.count == 3, "\(result)")
      return Part(
        end: words[0], schedules: try #require(Int(words[1])),
        interleavings: try #require(Int(words[2])), description: result.output)
    }

    /// As many processes, one after the other, as it takes to prove something.
    private func parts(
      of program: String, schedules: Int, seed: Int?, in folder: String
    ) async throws -> [Part] {
      var parts: [Part] = []
      repeat {
        parts.append(
          try await part(of: program, schedules: schedules, seed: seed, in: folder))
        let files = try FileManager.default.contentsOfDirectory(atPath: folder)
        #expect(files.count == (parts.last?.end == "unfinished" ? 1 : 0), "\(files)")
      } while parts.last?.end == "unfinished" && parts.count < 20
      return parts
    }

    @Test(arguments: ["actors", "global-actors", "locks"], [1, nil])
    func theNextProcessGoesOnWhereTheLastOneCameToItsLimit(
      program: String, seed: Int?
    ) async throws {
      let whole = try await part(of: program, schedules: 100_000, seed: seed)
      #expect(whole.end == "proved", "\(whole)")
      try await withTemporaryFolder { folder in
        let half = whole.schedules / 2 + 30
        let parts = try await parts(of: program, schedules: half, seed: seed, in: folder)
        #expect(parts.map(\.end) == ["unfinished", "proved"], "\(whole)\(parts)")
        #expect(parts.last?.interleavings == whole.interleavings)
        #expect(parts.first?.schedules == half)
        // How many schedules it takes depends on the seed, and those that are drawn here differ.
        guard seed != nil else { return }
        // What is made again: the walks that each process makes before its search, and a few more where
        // steps are searched in parts.
        let again = parts.map(\.schedules).reduce(0, +) - whole.schedules
        let walks = ProofAttempt.fewestSchedules
        #expect((walks...3 * walks).contains(again), "\(whole)\(parts)")
      }
    }
  }
#endif
