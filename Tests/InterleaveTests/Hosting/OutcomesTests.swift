import Interleave
import Testing

/// What is told of the values that a body returns.
@Suite struct OutcomesTests {
  private actor Cell {
    private(set) var value = 0

    func swap(_ new: Int) -> Int {
      defer { value = new }
      return value
    }
  }

  private static let race: @Sendable () async -> [Int] = {
    let cell = Cell()
    async let one = cell.swap(1)
    async let other = cell.swap(2)
    return await [one, other, cell.value]
  }

  private func report<Value: Sendable>(
    workers: Int = 1, seed: UInt64 = 1, _ body: @escaping @Sendable () async throws -> Value
  ) async -> FuzzReport {
    var configuration = FuzzConfiguration()
    configuration.schedules = 60
    configuration.seed = seed
    configuration.workers = workers
    configuration.corpus = .none
    // All schedules are to be run, however few there are.
    configuration.strategy = .randomWalk
    return await Fuzzer(configuration).run(named: "outcomes", body).report
  }

  @Test func eachValueIsCountedWithTheScheduleInWhichItCameAboutFirst() async throws {
    let report = await report(Self.race)
    // The one that comes first gets what was there, the other what that left.
    #expect(Set(report.outcomes.map(\.value)) == ["[0, 1, 2]", "[2, 0, 1]"], "\(report)")
    #expect(report.outcomes.map(\.count).reduce(0, +) == report.schedules)
    #expect(report.outcomes.map(\.count) == report.outcomes.map(\.count).sorted(by: >))
    #expect(report.outcomes.map(\.firstSchedule).min() == 1)
    let later = try #require(report.outcomes.map(\.firstSchedule).max())
    #expect(later > 1 && later <= report.schedules, "\(report)")
  }

  @Test func theReportShowsThemAsATable() async throws {
    let lines = await report(Self.race).description.split(separator: "\n").map(String.init)
    let head = try #require(
      lines.firstIndex(of: "the body returned 2 different values:"), "\(lines)")
    let rows = lines[(head + 1)...].prefix(2)
    #expect(rows.contains { $0.hasSuffix(", first in 1: [0, 1, 2]") }, "\(rows)")
    #expect(rows.allSatisfy { $0.contains(" schedule") }, "\(rows)")
  }

  @Test(arguments: [1, 7]) func workersCountAsOneProcessDoes(seed: UInt64) async {
    let alone = await report(seed: seed, Self.race)
    let together = await report(workers: 2, seed: seed, Self.race)
    #expect(alone.outcomes == together.outcomes)
  }

  @Test func whatFailsReturnsNothing() async throws {
    struct Wrong: Error {}
    let report = await report {
      if await Self.race() == [2, 0, 1] { throw Wrong() }
      return "well"
    }
    #expect(report.outcomes.map(\.value) == ["\"well\""], "\(report)")
    #expect(report.outcomes.map(\.count) == [report.schedules - 1], "\(report)")
  }

  @Test func aBodyThatReturnsNothingHasNoTable() async {
    let report = await report { _ = await Self.race() }
    #expect(report.outcomes.isEmpty)
    #expect(!report.description.contains("returned"), "\(report)")
  }

  @Test func setsAndDictionariesArePrintedInOneOrder() async {
    let report = await report {
      (Set(0..<9), Dictionary(uniqueKeysWithValues: (0..<9).map { ($0, 1) }))
    }
    #expect(report.outcomes.count == 1, "\(report)")
  }

  @Test func longValuesAreShortenedAndStillToldFromEachOther() async throws {
    let report = await report {
      String(repeating: "x", count: 1_000) + (await Self.race() == [2, 0, 1] ? "a" : "b")
    }
    #expect(report.outcomes.count == 2)
    #expect(report.outcomes.allSatisfy { $0.value.count <= 200 && $0.value.hasSuffix("...") })
  }

  @Test func aTestGetsThemFromFuzz() async throws {
    let report = try await fuzz(schedules: 20, strategy: .randomWalk) {
      let first = await Self.race().first
      return first == 0
    }
    #expect(Set(report.outcomes.map(\.value)) == ["true", "false"], "\(report)")
  }
}
