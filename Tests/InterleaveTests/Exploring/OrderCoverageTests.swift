import Interleave
import Testing

/// A campaign that passes tells which steps it has seen in both orders.
@Suite(.unoptimised) struct OrderCoverageTests {
  private actor Cache {
    private(set) var entries = 0

    func reload() async { entries += 1 }
    func evict() async { entries = 0 }
  }

  private func passed(
    schedules: Int = 200, seed: UInt64 = 1,
    _ configure: (inout FuzzConfiguration) -> Void = { _ in },
    _ body: @escaping @Sendable () async -> Void
  ) async throws -> FuzzReport {
    let outcome = await fuzzed(
      schedules: schedules, seed: seed,
      {
        // A proof covers all.
        $0.strategy = .randomWalk
        configure(&$0)
      }, body: body)
    guard case .passed(let report) = outcome else {
      Issue.record("\(outcome)")
      return outcome.report
    }
    return report
  }

  @Test func stepsThatMeetAreSeenInBothOrders() async throws {
    let report = try await passed {
      let cache = Cache()
      async let reload: Void = cache.reload()
      async let evict: Void = cache.evict()
      _ = await (reload, evict)
    }
    let coverage = try #require(report.coverage)
    #expect(coverage.pairs > 0)
    #expect(coverage.inBothOrders == coverage.pairs, "\(coverage)")
    #expect(coverage.inOneOrder == [])
    #expect(
      "\(report)".contains("steps that met on an actor"), "\(report)")
  }

  @Test func anOrderThatOnlyARareScheduleTurnsRoundIsNamed() async throws {
    // The eviction comes first only where one task is chosen forty times in a row.
    let report = try await passed(schedules: 30) {
      let cache = Cache()
      async let reload: Void = cache.reload()
      async let evict: Void = {
        for _ in 0..<40 { await Task.yield() }
        await cache.evict()
      }()
      _ = await (evict, reload)
    }
    let coverage = try #require(report.coverage)
    #expect(coverage.inBothOrders < coverage.pairs, "\(coverage)")
    #expect(
      coverage.inOneOrder.contains {
        $0.first.contains("Cache.reload()") && $0.second.contains("Cache.evict()")
      }, "\(coverage)")
    #expect("\(report)".contains("in one order only: "), "\(report)")
  }

  @Test func anOrderThatOneTaskForcesOnAnotherIsNoPair() async throws {
    let report = try await passed {
      let cache = Cache()
      await cache.reload()
      async let first: Void = cache.evict()
      async let second: Void = cache.evict()
      _ = await (first, second)
      await cache.reload()
    }
    #expect(report.coverage == nil, "two tasks at one place are no pair: \(report)")
  }

  @Test func aProofCoversAll() async throws {
    let report = try await passed({ $0.strategy = .reduction }) {
      let cache = Cache()
      async let reload: Void = cache.reload()
      async let evict: Void = cache.evict()
      _ = await (reload, evict)
    }
    #expect(report.isExhaustive)
    #expect(report.coverage == nil)
  }

  @Test(arguments: [1, 3])
  func itIsTheSameHoweverManyWorkersThereAre(workers: Int) async throws {
    let body: @Sendable () async -> Void = {
      let cache = Cache()
      async let reloads: Void = {
        for _ in 0..<4 { await cache.reload() }
      }()
      async let evict: Void = {
        for _ in 0..<6 { await Task.yield() }
        await cache.evict()
      }()
      _ = await (evict, reloads)
    }
    let alone = try await passed(schedules: 600, { _ in }, body)
    let report = try await passed(schedules: 600, { $0.workers = workers }, body)
    #expect(report.coverage == alone.coverage)
    #expect(report.coverage?.schedules == 64 + (600 - 64 + 15) / 16)
  }
}
