import Foundation
import Interleave
import Testing

/// What a program draws at random by itself differs from schedule to schedule, and is part of a failure.
@Suite struct RandomNumberTests {
  /// Two calls meet on one of eight actors if they draw the same.
  private static func balance(atOnce: Bool = false) async {
    let replicas = (0..<8).map { _ in Replica() }
    async let one: Void = replicas.randomElement()!.hit(atOnce: atOnce)
    async let other: Void = replicas.randomElement()!.hit(atOnce: atOnce)
    _ = await (one, other)
    var hits = 0
    for replica in replicas { hits += await replica.hits }
    #expect(hits == 2)
  }

  @Test(arguments: UInt64(1)...20)
  func aFailureThatTakesTheSameNumberTwiceIsFound(seed: UInt64) async throws {
    let outcome = await fuzzed(schedules: 1_000, seed: seed) { await Self.balance() }
    let failure = try #require(outcome.failure, "\(outcome)")
    #expect(failure.interleaving.preemptions <= 1 && failure.isMinimal, "\(failure)")
    let isToldOf = "\(failure)".contains("draws random numbers")
    #expect(isToldOf == (failure.interleaving.randomSeed != nil), "\(failure)")
  }

  @Test func aProgramThatDrawsAndIsRightPassesAndIsNotCalledProved() async {
    let outcome = await fuzzed(schedules: 1_000) { await Self.balance(atOnce: true) }
    #expect(outcome.failure == nil, "\(outcome)")
    #expect(!outcome.report.isExhaustive)
    #expect(outcome.report.proofObstacle?.contains("random numbers") == true, "\(outcome)")
  }

  @Test func aSearchThatWasAskedForIsOneForTheNumbersOfItsSeed() async {
    let outcome = await fuzzed(schedules: 10_000, { $0.strategy = .reduction }) {
      await Self.balance(atOnce: true)
    }
    #expect(outcome.failure == nil, "\(outcome)")
    #expect(outcome.report.isExhaustive, "\(outcome)")
  }

  @Test func aStoredFailureBringsItsNumbersAlong() async throws {
    for seed in UInt64(1)...10 {
      let failure = try #require(
        await fuzzed(schedules: 1_000, seed: seed) { await Self.balance() }.failure)
      let string = try #require(failure.replayString)
      let again = await fuzzed({ $0.replaying = string }) { await Self.balance() }
      #expect(again.failure?.kind == failure.kind, "seed \(seed): \(again)")
      // Else it was not made again, but found near it, or around it.
      #expect(again.failure?.repair == nil && again.failure?.halfFix == nil, "seed \(seed)")
      let mended = await fuzzed({ $0.replaying = string }) { await Self.balance(atOnce: true) }
      #expect(mended.failure == nil, "seed \(seed): \(mended)")
    }
  }

  @Test func aCorpusEntryBringsItsNumbersAlong() async throws {
    try await withTemporaryFolder { folder in
      let found = await fuzzed(schedules: 1_000, { $0.corpus = .at(folder) }) {
        await Self.balance()
      }
      #expect(found.failure?.interleaving.randomSeed != nil, "\(found)")
      let again = await fuzzed(schedules: 1, seed: 77, { $0.corpus = .at(folder) }) {
        await Self.balance()
      }
      let failure = try #require(again.failure, "\(again)")
      #expect(failure.corpusFile == found.failure?.corpusFile)
      #expect(failure.repair == nil && failure.halfFix == nil, "\(again)")
    }
  }

  @Test func whoDrawsNothingKeepsNoNumbers() async throws {
    let outcome = await fuzzed {
      let bank = Bank(balance: 100)
      await withdrawTwice(from: bank)
      #expect(await bank.balance >= 0)
    }
    let failure = try #require(outcome.failure, "\(outcome)")
    #expect(failure.interleaving.randomSeed == nil)
  }

  @Test(arguments: [1, 2])
  func aNameMadeOfAnIdentifierIsUsedByOneScheduleAlone(workers: Int) async throws {
    try await withTemporaryFolder { folder in
      let outcome = await fuzzed(
        schedules: 300,
        {
          $0.workers = workers; $0.checks.remove(.nothingInterleaved)
        }
      ) {
        let own = URL(fileURLWithPath: folder).appendingPathComponent(UUID().uuidString)
        try FileManager.default.createDirectory(at: own, withIntermediateDirectories: false)
        async let one: Void = Task.yield()
        async let other: Void = Task.yield()
        _ = await (one, other)
        // What is run twice on purpose must find nothing.
        try FileManager.default.removeItem(at: own)
      }
      #expect(outcome.failure == nil, "\(outcome)")
    }
  }

  @Test func whatARunLeavesUnderARandomNameIsMetByItsRepetitionAndSaidToBe() async throws {
    try await withTemporaryFolder { folder in
      let outcome = await fuzzed {
        let own = URL(fileURLWithPath: folder).appendingPathComponent(UUID().uuidString)
        try FileManager.default.createDirectory(at: own, withIntermediateDirectories: false)
        async let one: Void = Task.yield()
        async let other: Void = Task.yield()
        _ = await (one, other)
      }
      #expect(outcome.failure == nil, "\(outcome)")
      let warning = try #require(outcome.report.warnings.first, "\(outcome)")
      #expect(warning.contains("named by a `UUID`"), "\(warning)")
    }
  }

  @Test func theSameSeedDrawsTheSame() async {
    func drawn() async -> FuzzOutcome {
      await fuzzed(schedules: 500, seed: 3) {
        async let one: Void = Task.yield()
        async let other: Void = Task.yield()
        _ = await (one, other)
        #expect(Int.random(in: 0..<20) != 7)
      }
    }
    let (one, other) = (await drawn(), await drawn())
    #expect(one.failure != nil, "\(one)")
    #expect(one.failure?.schedulesTried == other.failure?.schedulesTried)
  }
}

private actor Replica {
  private(set) var hits = 0

  func hit(atOnce: Bool) async {
    let old = hits
    if !atOnce { await Task.yield() }
    hits = old + 1
    if atOnce { await Task.yield() }
  }
}
