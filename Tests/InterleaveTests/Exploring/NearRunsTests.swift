import Testing

@testable import Interleave

/// What a program says that it should see sometimes is gone on from.
struct NearRunsTests {
  /// Opens where some numbers come in their order, and remembers no more than how far they are.
  private actor Dial {
    private var next = 0

    func turn(to number: Int) -> Bool {
      next = number == next ? next + 1 : -1
      return next == 4
    }
  }

  /// Two doors, one behind the other; the second must not be opened.
  private static func open(tells: Bool) async -> Bool {
    let (outer, inner) = (Dial(), Dial())
    func turn(_ dial: Dial) async -> Bool {
      await withTaskGroup(of: Bool.self) { group in
        for number in [2, 0, 3, 1] { group.addTask { await dial.turn(to: number) } }
        return await group.reduce(false) { $0 || $1 }
      }
    }
    guard await turn(outer) else { return false }
    if tells { sometimes("the outer door is open") }
    return await turn(inner)
  }

  private func schedules(tells: Bool, seed: UInt64, isMended: Bool = false) async -> Int? {
    let outcome = await fuzzed(schedules: 3_000, seed: seed, { $0.corpus = .none }) {
      let isOpen = await Self.open(tells: tells)
      if isOpen, !isMended { throw CancellationError() }
    }
    return outcome.failure?.schedulesTried
  }

  @Test func whatLiesBehindSomethingRareIsFoundSooner() async throws {
    var counts = (told: 0, untold: 0)
    for seed in 1...10 as ClosedRange<UInt64> {
      counts.told += await schedules(tells: true, seed: seed) ?? 3_000
      counts.untold += await schedules(tells: false, seed: seed) ?? 3_000
    }
    #expect(counts.told * 2 < counts.untold, "\(counts)")
  }

  @Test func itIsTheSameSearchAgainAndFindsNothingWhereNothingIs() async throws {
    let first = await schedules(tells: true, seed: 4)
    #expect(first != nil)
    #expect(await schedules(tells: true, seed: 4) == first)
    #expect(await schedules(tells: true, seed: 4, isMended: true) == nil)
  }

  @Test func theReportSaysHowManyRunsWentThere() async throws {
    let outcome = await fuzzed(schedules: 1_000, seed: 1, { $0.corpus = .none }) {
      _ = await Self.open(tells: true)
    }
    let near = try #require(outcome.report.strategies.first { $0.name == "near" }, "\(outcome)")
    #expect(near.schedules > 50)
    let silent = await fuzzed(schedules: 1_000, seed: 1, { $0.corpus = .none }) {
      _ = await Self.open(tells: false)
    }
    #expect(silent.report.strategies.allSatisfy { $0.name != "near" || $0.schedules == 0 })
  }
}
