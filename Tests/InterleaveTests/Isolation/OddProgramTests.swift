import Foundation
import Testing

@testable import Interleave

/// Programs at random that break every rule: no check of Interleave's own may fail for it.
@Suite(.enabled(if: !fixturesAreEnabled)) struct OddProgramTests {
  /// How many programs are tried; many where somebody asks for it.
  private var programs: Int {
    ProcessInfo.processInfo.environment["TESTS_PROGRAMS"].flatMap { Int($0) } ?? 60
  }

  @Test func noneReachesACheckOfOurs() async throws {
    var next = 0
    while next < programs {
      let range = "\(next)..<\(min(next + 30, programs))"
      let result = try await runFixtures(
        "OddProgramFixtures", environment: ["TESTS_ODD_PROGRAMS": range])
      let own = result.output.split(separator: "\n").filter {
        $0.hasPrefix("InterleaveEngine/") || $0.hasPrefix("Interleave/")
      }
      #expect(own.isEmpty, "\(result)")
      // A program that writes to memory that is not its own may take the process along.
      let last = result.lines(with: "odd program ").last?.split(separator: " ").last
      let done = try #require(last.flatMap { Int($0) }, "\(result)")
      #expect(done >= next)
      next = done + 1
    }
  }
}

@Suite(.fixture) struct OddProgramFixtures {
  @Test func run() async throws {
    let text = try #require(ProcessInfo.processInfo.environment["TESTS_ODD_PROGRAMS"])
    let bounds = text.split(separator: "..<").compactMap { Int($0) }
    for seed in bounds[0]..<bounds[1] {
      FileHandle.standardError.write(Data("odd program \(seed)\n".utf8))
      var configuration = FuzzConfiguration()
      configuration.schedules = 30
      configuration.seed = UInt64(seed)
      configuration.corpus = .none
      configuration.isolation = seed.isMultiple(of: 2) ? .process : .automatic
      configuration.cancellation = seed.isMultiple(of: 3) ? .anyTask : .never
      configuration.foreignGrace = .milliseconds(20)
      configuration.hangLimit = .milliseconds(500)
      configuration.shrinking.runs = 30
      configuration.stepLimit = 2_000
      let program = OddProgram(seed: UInt64(seed))
      let outcome = await Fuzzer(configuration).run(named: "odd") { await program.run() }
      guard let failure = outcome.failure else { continue }
      // What is told is the program's own doing.
      let file = failure.sourceLocation?.filePath ?? ""
      if file.contains("/Sources/Interleave") {
        FileHandle.standardError.write(Data("Interleave/ is blamed: \(failure)\n".utf8))
      }
    }
  }
}
