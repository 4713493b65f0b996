import Foundation
import InterleaveEngine
import Testing

@testable import Interleave

/// A search for a proof that comes to its limit is gone on with by the next campaign.
@Suite struct SavedSearchTests {
  private actor Till {
    private(set) var balance = 0

    func add(_ amount: Int) { balance += amount }
  }

  private typealias Body = @Sendable () async throws -> Void

  private func outcome(
    in folder: String?, schedules: Int = .max, seed: UInt64 = 1, named name: String = "tills",
    _ body: @escaping Body
  ) async -> FuzzOutcome {
    var configuration = FuzzConfiguration()
    configuration.strategy = .reduction
    configuration.schedules = schedules
    configuration.seed = seed
    configuration.corpus = .none
    configuration.searches = folder
    return await Fuzzer(configuration).run(named: name, body)
  }

  /// Campaigns until one proves something or fails.
  private func outcomes(in folder: String, schedules: Int, _ body: @escaping Body) async
    -> [FuzzOutcome]
  {
    var outcomes: [FuzzOutcome] = []
    repeat {
      outcomes.append(await outcome(in: folder, schedules: schedules, body))
    } while outcomes.last?.failure == nil && outcomes.last?.report.isExhaustive == false
      && outcomes.count < 100
    return outcomes
  }

  private func files(in folder: String) throws -> [String] {
    try FileManager.default.contentsOfDirectory(atPath: folder).map { "\(folder)/\($0)" }
  }

  private static let tills: Body = {
    let till = Till()
    await withDiscardingTaskGroup { group in
      for amount in 1...3 { group.addTask { await till.add(amount) } }
    }
    #expect(await till.balance == 6)
  }

  #if os(Linux) && arch(x86_64)
    @Test(arguments: [2, 3, 6])
    func whatWasInterruptedComesToTheSameNumber(times: Int) async throws {
      try await withTemporaryFolder { folder in
        let whole = await outcome(in: nil, Self.tills).report
        #expect(whole.isExhaustive)
        // Each campaign makes some walks first.
        let schedules = ProofAttempt.fewestSchedules + 1 + whole.distinctInterleavings / times
        let parts = await outcomes(in: folder, schedules: schedules, Self.tills)
        #expect(parts.count > 1)
        let last = try #require(parts.last?.report)
        #expect(last.isExhaustive, "\(last)")
        #expect(last.distinctInterleavings == whole.distinctInterleavings)
        #expect(try files(in: folder).isEmpty, "what is proved needs no search")
        for part in parts.dropLast() {
          #expect(part.failure == nil)
          #expect(part.report.schedules == schedules)
        }
      }
    }

    @Test(.enabled(if: Interruptions.obstacle == nil))
    func whatFailsLateIsFoundAllTheSame() async throws {
      let body: Body = {
        let box = ProofBox()
        async let raised: Void = { for _ in 0..<4 { box.raise() } }()
        async let seen = (0..<4).map { _ in box.get() }
        await raised
        #expect(await seen != [1, 2, 3, 4])
      }
      try await withTemporaryFolder { folder in
        let whole = await outcome(in: nil, body)
        let failure = try #require(whole.failure)
        // Walks that interrupt a step are none of those that come before the search.
        let parts = await outcomes(in: folder, schedules: 75, body)
        let found = try #require(parts.last?.failure)
        #expect(parts.count > 1 && found.strategy == "reduction")
        #expect(found.kind == failure.kind && found.message == failure.message)
        #expect(found.interleaving.deviations == failure.interleaving.deviations)
      }
    }

    @Test(.enabled(if: Interruptions.obstacle == nil))
    func partsOfStepsAreGoneOnWithAlike() async throws {
      let body: Body = {
        let box = ProofBox()
        async let first: Void = { for _ in 0..<2 { box.raise() } }()
        async let second: Void = { for _ in 0..<2 { box.raise() } }()
        _ = await (first, second)
        #expect(box.get() == 4)
      }
      try await withTemporaryFolder { folder in
        let whole = await outcome(in: nil, body).report
        #expect(whole.isExhaustive, "\(whole)")
        let parts = await outcomes(in: folder, schedules: 45, body)
        #expect(parts.count > 1)
        #expect(parts.last?.report.isExhaustive == true)
        #expect(parts.last?.report.distinctInterleavings == whole.distinctInterleavings)
      }
    }

    // MARK: What cannot be gone on with

    /// Changes the file of a search that came to its limit, and goes on.
    private func report(
      after change: (inout [UInt8]) -> Void, seed: UInt64 = 1, _ body: @escaping Body = tills
    ) async throws -> (report: FuzzReport, path: String) {
      try await withTemporaryFolder { folder in
        _ = await outcome(in: folder, schedules: 60, Self.tills)
        let path = try #require(try files(in: folder).first)
        var bytes = [UInt8](try Data(contentsOf: URL(fileURLWithPath: path)))
        change(&bytes)
        try Data(bytes).write(to: URL(fileURLWithPath: path))
        return (await outcome(in: folder, seed: seed, body).report, path)
      }
    }

    @Test(arguments: [
      (0, "it is damaged"), (8, "it is of version 3, and this is version 1"),
      (-4, "it is damaged"),
    ])
    func aFileThatIsDamagedOrOfAnotherVersionIsNamedAndTheSearchBeginsAnew(
      place: Int, reason: String
    ) async throws {
      let whole = await outcome(in: nil, Self.tills).report
      let (report, path) = try await report(after: { bytes in
        bytes[place < 0 ? bytes.count + place : place] ^= 2
      })
      #expect(report.isExhaustive && report.distinctInterleavings == whole.distinctInterleavings)
      #expect(report.warnings.contains { $0.contains(path) && $0.contains(reason) }, "\(report)")
    }

    @Test func halfAFileIsDamaged() async throws {
      let (report, _) = try await report(after: { $0.removeLast($0.count / 2 / 8 * 8 + 3) })
      #expect(report.isExhaustive)
      #expect(report.warnings.contains { $0.contains("it is damaged") }, "\(report)")
    }

    @Test func aSearchOfAnotherSeedIsNotGoneOnWith() async throws {
      let (report, _) = try await report(after: { _ in }, seed: 2)
      #expect(report.isExhaustive)
      #expect(
        report.warnings.contains { $0.contains("it was begun with seed 1, and this is seed 2") },
        "\(report)")
    }

    @Test func aProgramThatDoesSomethingElseIsNotGoneOnWith() async throws {
      let other: Body = {
        let tills = [Till(), Till()]
        await withDiscardingTaskGroup { group in
          for amount in 1...2 { group.addTask { await tills[amount - 1].add(amount) } }
        }
      }
      let whole = await outcome(in: nil, other).report
      let (report, path) = try await report(after: { _ in }, other)
      #expect(report.isExhaustive && report.distinctInterleavings == whole.distinctInterleavings)
      #expect(
        report.warnings.contains {
          $0.contains(path) && $0.contains("the program does not do what it did")
        }, "\(report)")
    }
  #endif

  @Test func aFolderThatCannotBeWrittenToIsNamed() async {
    let report = await outcome(in: "/proc/nowhere", schedules: 60, Self.tills).report
    #expect(
      report.warnings.contains { $0.contains("was not kept") && $0.contains("/proc/nowhere") }
        || report.isExhaustive, "\(report)")
  }

  @Test func whoSearchesForNoProofLeavesNoFile() async throws {
    try await withTemporaryFolder { folder in
      var configuration = FuzzConfiguration()
      configuration.schedules = 40
      configuration.corpus = .none
      configuration.searches = folder
      _ = await Fuzzer(configuration).run(named: "tills", Self.tills)
      let left = try files(in: folder)
      #expect(left.isEmpty)
    }
  }
}
