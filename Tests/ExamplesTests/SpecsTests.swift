import Examples
import Foundation
import Interleave
import Testing

/// Every racy type is found out from every seed, and comes down to the smallest program; what is
/// mended passes.
@Suite struct SpecsTests {
  @Test(arguments: SpecExample.all)
  func everySeedComesDownToTheSmallestProgram(example: SpecExample) async throws {
    var smallest = 0
    for seed in UInt64(0)..<20 {
      let outcome = await example.racy(fuzzer(schedules: 1_000, seed: seed))
      let failure = try #require(outcome.failure, "seed \(seed)")
      #expect(failure.kind == example.kind, "seed \(seed)")
      if failure.operations == example.smallest { smallest += 1 }
    }
    #expect(smallest >= 18)
  }

  /// With `TESTS_PROGRAMS`, so many programs of each example are run instead of 60.
  @Test(arguments: SpecExample.all)
  func nothingIsReportedOfTheMendedTwin(example: SpecExample) async {
    let variable = ProcessInfo.processInfo.environment["TESTS_PROGRAMS"]
    let programs = variable.flatMap { Int($0) } ?? 60
    let outcome = await example.mended(fuzzer(schedules: programs * 16, seed: 1))
    #expect(outcome.failure == nil, "\(outcome.failure.map { "\($0)" } ?? "")")
    #expect(outcome.report.schedules == programs * 16)
  }

  private func fuzzer(schedules: Int, seed: UInt64) -> Fuzzer {
    var configuration = FuzzConfiguration()
    configuration.schedules = schedules
    configuration.seed = seed
    configuration.corpus = .none
    return Fuzzer(configuration)
  }
}
