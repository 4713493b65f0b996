import Interleave
import Testing

/// The page of bugs found says what comes of fuzzing their programs.
struct BugsFoundTests {
  private static let seeds: [UInt64] = [1, 2, 3]

  private func fuzzer(seed: UInt64) -> Fuzzer {
    var configuration = FuzzConfiguration()
    configuration.corpus = .none
    configuration.seed = seed
    return Fuzzer(configuration)
  }

  private func failure(of bug: ReportedBug, seed: UInt64) async throws -> FuzzFailure {
    let outcome = await fuzzer(seed: seed).run(named: bug.report) { try await bug.run(false) }
    return try #require(outcome.failure, "\(bug) is not found with seed \(seed)")
  }

  /// The row of the page for it.
  private func row(of bug: ReportedBug, _ failures: [FuzzFailure]) throws -> String {
    let first = try #require(failures.first)
    let schedules = failures.map { String($0.schedulesTried) }.joined(separator: ", ")
    return "| `\(first.kind.rawValue)` | \(schedules) | \(first.interleaving.steps.count), "
      + "\(first.interleaving.preemptions) |"
  }

  @Test(arguments: ReportedBug.all)
  func eachIsFoundAsThePageSays(_ bug: ReportedBug) async throws {
    var failures: [FuzzFailure] = []
    for seed in Self.seeds { failures.append(try await failure(of: bug, seed: seed)) }
    for failure in failures {
      #expect(failure.kind == bug.kind, "\(failure)")
      #expect(failure.schedulesTried <= 50)
    }
    let parts = bug.report.split(separator: "#")
    let page = try Documentation.page("BugsFound")
    let line = try #require(
      page.split(separator: "\n").first {
        $0.contains("[\(bug.report)](https://github.com/\(parts[0])/")
          && $0.contains("/\(parts[1]))")
      }, "the page has no row with a link for \(bug)")
    // The optimiser makes one step of what are several.
    #if DEBUG
      let row = try row(of: bug, failures)
      #expect(line.hasSuffix(row), "the page must say \(row)")
    #endif
  }

  @Test(arguments: ReportedBug.all)
  func nothingIsFoundInItsMendedTwin(_ bug: ReportedBug) async throws {
    for seed in Self.seeds {
      let outcome = await fuzzer(seed: seed).run(named: bug.report) { try await bug.run(true) }
      #expect(outcome.failure == nil, "\(outcome)")
      #expect(outcome.report.choices > 0, "\(outcome)")
    }
  }

  @Test func thePageHasNoOthers() throws {
    let rows = try Documentation.page("BugsFound").split(separator: "\n")
      .filter { $0.hasPrefix("| [") }
    #expect(rows.count == ReportedBug.all.count)
  }
}
