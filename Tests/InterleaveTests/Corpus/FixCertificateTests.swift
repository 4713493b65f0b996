import Foundation
import Testing

@testable import Interleave

/// Fixes of what the corpus keeps: real ones, and some that only move the bug.
@Suite struct FixCertificateTests {
  /// Runs what the corpus keeps, and beyond that nothing but the baseline.
  private func replay(
    _ stage: Stage, in folder: String, runs: Int = 2_000, reversals: Int = 3
  ) async -> FuzzOutcome {
    await fuzz(stage, in: folder) {
      $0.schedules = 1
      $0.strategy = .baseline
      $0.certificate = .init(runs: runs, reversals: reversals)
    }
  }

  private func fuzz(
    _ stage: Stage, in folder: String, setsEnvironment: Bool = false, locks: Int = 0,
    _ configure: (inout FuzzConfiguration) -> Void = { _ in }
  ) async -> FuzzOutcome {
    await fuzzed(
      schedules: 300,
      {
        $0.corpus = .at(folder)
        configure(&$0)
      }, named: "certificate"
    ) {
      let account = Account(stage)
      always(account, "not overdrawn") { $0.balance >= 0 }
      if setsEnvironment { setenv("CERTIFICATE_OF_TESTS", "1", 1) }
      let lock = NSLock()
      @Sendable func withdraw() async {
        for _ in 0..<locks { lock.withLock {} }
        await account.withdraw(80)
      }
      async let a: Void = withdraw()
      async let b: Void = withdraw()
      _ = await (a, b)
    }
  }

  private func keepOriginal(in folder: String) async throws -> String {
    try #require(await fuzz(.broken, in: folder).failure?.corpusFile)
  }

  @Test func aRealFixGetsACertificate() async throws {
    try await withTemporaryFolder { folder in
      let file = try await keepOriginal(in: folder)
      let report = await replay(.fixed, in: folder).report
      #expect(report.fixed == [file])
      let certificate = try #require(report.certificates.first)
      #expect(certificate.corpusFile == file)
      #expect(certificate.reversals == 3)
      #expect(certificate.unfinished == nil)
      #expect(certificate.obstacle == nil)
      #expect(certificate.schedules > 1)
      #expect(report.schedules == 1, "they are no part of the campaign")
      let all = "all \(certificate.schedules) schedules within 3 reversals of the old failure pass"
      #expect("\(report)".contains("fixed: \(file): \(all)"), "\(report)")
    }
  }

  #if os(Linux) && arch(x86_64)
    @Test func whereStepsMayShareSomethingUnseenNotAllSchedulesAreKnown() async throws {
      try await withTemporaryFolder { folder in
        let file = try await keepOriginal(in: folder)
        let outcome = await fuzz(.fixed, in: folder, setsEnvironment: true) {
          $0.schedules = 1
          $0.strategy = .baseline
          $0.certificate = .init(runs: 2_000, reversals: 3)
        }
        let certificate = try #require(outcome.report.certificates.first)
        #expect(try #require(certificate.obstacle).contains("calls `setenv`"))
        let others = "and \(certificate.schedules - 1) others near it; not all are known: "
        #expect(
          "\(outcome.report)".contains(
            "fixed: \(file): the schedule of the old failure passes, \(others)"),
          "\(outcome.report)")
      }
    }
  #endif

  /// What could come between two lock sections of one step, no order of whole steps shows.
  @Test(arguments: [1, 2]) func whatCouldComeAmidAStepIsNotClaimedToPass(locks: Int) async throws {
    try await withTemporaryFolder { folder in
      _ = try #require(await fuzz(.broken, in: folder, locks: locks).failure?.corpusFile)
      let report = await fuzz(.fixed, in: folder, locks: locks) {
        $0.schedules = 1
        $0.strategy = .baseline
        $0.certificate = .init(runs: 2_000, reversals: 3)
      }.report
      let certificate = try #require(report.certificates.first)
      let between =
        "does several things between which other tasks could come, and is run as a whole"
      #expect(certificate.obstacle?.contains(between) ?? false == (locks == 2), "\(certificate)")
      #expect((certificate.obstacle == nil) == (locks == 1), "\(certificate)")
      #expect("\(report)".contains("not all are known: ") == (locks == 2), "\(report)")
    }
  }

  @Test func enoughReversalsLeadToEveryInterleaving() async throws {
    try await withTemporaryFolder { folder in
      _ = try await keepOriginal(in: folder)
      let report = await replay(.fixed, in: folder, runs: 100_000, reversals: 100).report
      let proof = await fuzz(.fixed, in: folder) { $0.strategy = .reduction }.report
      #expect(proof.isExhaustive)
      #expect(report.certificates.first?.schedules == proof.distinctInterleavings)
    }
  }

  @Test(.unoptimised) func aFixThatMovesTheBugIsFoundOutByWhatIsNearby() async throws {
    try await withTemporaryFolder { folder in
      let file = try await keepOriginal(in: folder)
      let replayed = await replay(.moved, in: folder, runs: 0)
      #expect(replayed.failure == nil, "the stored schedule alone passes")
      #expect(replayed.report.fixed == [file])
      #expect(replayed.report.certificates == [])

      let outcome = await replay(.moved, in: folder)
      let failure = try #require(outcome.failure)
      #expect(failure.kind == .invariant)
      let halfFix = try #require(failure.halfFix)
      #expect(halfFix.corpusFile == file)
      #expect((1...3).contains(halfFix.reversals))
      #expect(outcome.report.fixed == [])
      #expect(outcome.report.certificates == [])
      let text = failure.text(width: 400)
      #expect(
        text.contains(
          "The fix moved the bug: the schedule that \(file) keeps passes now, but fails again "
            + "\(halfFix.reversals) race reversal"))
      #expect(text.contains("Around the fixed entry, schedule \(failure.schedulesTried) failed"))
    }
  }

  @Test(.unoptimised) func whatTheFixMovedIsKeptAsAnEntryOfItsOwn() async throws {
    try await withTemporaryFolder { folder in
      let file = try await keepOriginal(in: folder)
      let moved = try #require(await replay(.moved, in: folder).failure?.corpusFile)
      #expect(moved != file)
      #expect(try allFiles(below: folder).count == 2)
      let again = await replay(.moved, in: folder, runs: 0)
      #expect(again.failure?.corpusFile == moved)
      let fixed = await replay(.fixed, in: folder).report
      #expect(fixed.fixed == [file])
      #expect(fixed.stale == [moved], "what it was moved to is gone")
    }
  }

  @Test(.unoptimised) func whatWasGeneratedStaysAsItIsStored() async throws {
    func fuzz(_ stage: Stage, in folder: String) async -> FuzzOutcome {
      var configuration = FuzzConfiguration()
      configuration.seed = 1
      configuration.corpus = .at(folder)
      if stage != .broken {
        configuration.schedules = 1
        configuration.strategy = .baseline
      }
      let amounts = Generator<Int>.int(in: 1...90)
      return await Fuzzer(configuration).run(named: "amounts", over: amounts) { amount in
        let account = Account(stage)
        always(account, "not overdrawn") { $0.balance >= 0 }
        async let a: Void = account.withdraw(amount)
        async let b: Void = account.withdraw(amount)
        _ = await (a, b)
      }
    }
    try await withTemporaryFolder { folder in
      let first = try #require(await fuzz(.broken, in: folder).failure)
      let moved = try #require(await fuzz(.moved, in: folder).failure)
      #expect(moved.halfFix?.corpusFile == first.corpusFile)
      #expect(moved.inputs == first.inputs)
      #expect(moved.inputs == ["51"])
    }
    try await withTemporaryFolder { folder in
      _ = try #require(await fuzz(.broken, in: folder).failure)
      let report = await fuzz(.fixed, in: folder).report
      #expect(report.certificates.first?.unfinished == nil)
      #expect(report.certificates.count == 1)
    }
  }

  @Test func aBudgetThatEndsFirstIsTold() async throws {
    try await withTemporaryFolder { folder in
      _ = try await keepOriginal(in: folder)
      let none = try #require(await replay(.fixed, in: folder, runs: 1).report.certificates.first)
      #expect(none.reversals == 0)
      #expect(none.unfinished == 1)
      #expect("\(none)" == "the schedule of the old failure passes; 1 not finished")
      let some = try #require(
        await replay(.fixed, in: folder, runs: 8).report.certificates.first)
      #expect(some.unfinished == some.reversals + 1)
    }
  }

  @Test func whereOnlyTheCorpusIsReplayedTheBudgetIsSmall() {
    let certificate = FuzzConfiguration.Certificate()
    #expect(certificate.budget(.fuzz, entries: 1)?.runs == 2_000)
    #expect(certificate.budget(.fuzz, entries: 4)?.runs == 500)
    #expect(certificate.budget(.replay, entries: 1)?.runs == 200)
    #expect(certificate.budget(.replay, entries: 1_000)?.runs == 1)
    #expect(FuzzConfiguration.Certificate(runs: 50).budget(.replay, entries: 1)?.runs == 50)
    #expect(FuzzConfiguration.Certificate(runs: 0).budget(.fuzz, entries: 1) == nil)
    #expect(FuzzConfiguration.Certificate(reversals: 0).budget(.fuzz, entries: 1) == nil)
  }

  @Test func aCertificateSaysWhatPasses() {
    func words(_ reversals: Int, _ schedules: Int, _ unfinished: Int? = nil) -> String {
      FixCertificate(
        corpusFile: "", reversals: reversals, schedules: schedules, unfinished: unfinished
      ).description
    }
    #expect(words(3, 1284) == "all 1,284 schedules within 3 reversals of the old failure pass")
    #expect(
      words(2, 412, 3)
        == "all 412 schedules within 2 reversals of the old failure pass; 3 not finished")
    #expect(words(3, 1) == "the only schedule within 3 reversals of the old failure passes")
  }
}

/// How far an account has been mended.
private enum Stage: Sendable {
  case broken
  /// It lets nobody in while it waits, but then waits once more.
  case moved
  case fixed
}

private actor Account {
  private(set) var balance = 100
  private var isBusy = false
  private let stage: Stage
  private let log = Log()

  init(_ stage: Stage) { self.stage = stage }

  func withdraw(_ amount: Int) async {
    guard balance >= amount, !isBusy else { return }
    if stage == .fixed { balance -= amount }
    isBusy = stage == .moved
    await log.append()
    isBusy = false
    if stage == .moved { return await settle(amount) }
    if stage == .broken { balance -= amount }
  }

  private func settle(_ amount: Int) async {
    await log.append()
    balance -= amount
  }
}
