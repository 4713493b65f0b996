#if os(Linux)
  import Dispatch
  import Foundation
  import InterleaveEngine
  import Testing

  @testable import Interleave

  /// Fixes of failures that took an interruption inside of a step, or a pool of few threads.
  @Suite(.enabled(if: Interruptions.obstacle == nil)) struct InsideCertificateTests {
    private func fuzz(
      _ stage: Stage, in folder: String, reversals: Int = 3,
      _ strategy: FuzzConfiguration.StrategyChoice? = nil, onActors: Bool = false
    ) async -> FuzzOutcome {
      await fuzzed(
        schedules: 1_000,
        {
          $0.corpus = .at(folder)
          if stage != .broken { $0.schedules = 1 }
          if let strategy { ($0.strategy, $0.schedules) = (strategy, 1_000) }
          $0.certificate = .init(runs: 20_000, reversals: reversals)
        }, named: "inside"
      ) {
        let count = Count(stage)
        let one = onActors ? Task { @FirstDesk in count.raise() } : Task { count.raise() }
        let other = onActors ? Task { @SecondDesk in count.raise() } : Task { count.raise() }
        let raised = await [one.value, other.value].count { $0 }
        #expect(count.value == raised)
      }
    }

    private func keepOriginal(in folder: String, onActors: Bool = false) async throws -> String {
      let failure = try #require(
        await fuzz(.broken, in: folder, onActors: onActors).failure)
      #expect(failure.interleaving.preemptions == 1)
      return try #require(failure.corpusFile)
    }

    @Test func aRealFixGetsACertificate() async throws {
      try await withTemporaryFolder { folder in
        let file = try await keepOriginal(in: folder)
        let report = await fuzz(.fixed, in: folder).report
        #expect(report.fixed == [file])
        let certificate = try #require(report.certificates.first)
        #expect(certificate.obstacle == nil)
        #expect(certificate.unfinished == nil)
        #expect(certificate.reversals == 3)
        #expect(certificate.schedules > 1)
        let all =
          "all \(certificate.schedules) schedules within 3 reversals of the old failure pass"
        #expect("\(report)".contains("fixed: \(file): \(all)"), "\(report)")
      }
    }

    /// On actors of their own, nothing orders the tasks but the lock that both take.
    @Test(arguments: [false, true])
    func enoughReversalsLeadToEveryInterleavingOfPartsOfSteps(onActors: Bool) async throws {
      try await withTemporaryFolder { folder in
        _ = try await keepOriginal(in: folder, onActors: onActors)
        let report = await fuzz(.fixed, in: folder, reversals: 100, onActors: onActors).report
        let proof = await fuzz(.fixed, in: folder, .reduction, onActors: onActors).report
        #expect(proof.isExhaustive, "\(proof)")
        #expect(report.certificates.first?.schedules == proof.distinctInterleavings)
      }
    }

    @Test func aFixThatMovesTheBugIsFoundOutByWhatIsNearby() async throws {
      try await withTemporaryFolder { folder in
        let file = try await keepOriginal(in: folder)
        let outcome = await fuzz(.moved, in: folder)
        let failure = try #require(outcome.failure, "\(outcome)")
        let halfFix = try #require(failure.halfFix, "\(failure)")
        #expect(halfFix.corpusFile == file)
        #expect((1...3).contains(halfFix.reversals))
        #expect(outcome.report.certificates == [])
        let moved = try #require(failure.corpusFile)
        #expect(moved != file)
        // What it has found, and kept, comes up again by itself.
        let again = await fuzz(.moved, in: folder)
        #expect(again.failure?.corpusFile == moved, "\(again)")
      }
    }

    @Test func whereAStepDoesWhatIsNotUnderstoodNotAllSchedulesAreKnown() async throws {
      try await withTemporaryFolder { folder in
        _ = try await keepOriginal(in: folder)
        let report = await fuzz(.fixedByTrial, in: folder).report
        let certificate = try #require(report.certificates.first, "\(report)")
        #expect(certificate.obstacle != nil, "\(certificate)")
        #expect("\(report)".contains("not all are known: "), "\(report)")
      }
    }

    // MARK: Narrow pools

    private func fuzz(isMended: Bool, in folder: String) async -> FuzzOutcome {
      await fuzzed(schedules: 1_000, { $0.corpus = .at(folder) }, named: "pool") {
        let semaphore = DispatchSemaphore(value: 0)
        async let waiter: Void = {
          if isMended { await Task.yield() } else { semaphore.wait(for: ()) }
        }()
        async let signaller: Void = {
          await Task.yield()
          semaphore.signal()
        }()
        _ = await (waiter, signaller)
      }
    }

    @Test func ofAPoolOfFewThreadsNotAllSchedulesAreKnown() async throws {
      try await withTemporaryFolder { folder in
        let failure = try #require(await fuzz(isMended: false, in: folder).failure)
        #expect(failure.interleaving.poolWidth == 1)
        let report = await fuzz(isMended: true, in: folder).report
        #expect(report.fixed == [try #require(failure.corpusFile)], "\(report)")
        let certificate = try #require(report.certificates.first, "\(report)")
        #expect(certificate.schedules == 1)
        #expect(
          try #require(certificate.obstacle).hasPrefix("its pool has 1 thread"), "\(certificate)")
      }
    }
  }

  /// How far a counter has been mended.
  private enum Stage: Sendable {
    /// It reads in one section of its lock, and writes in another.
    case broken
    /// It lets nobody in between the two for a while, but then takes the lock once more.
    case moved
    case fixed
    case fixedByTrial
  }

  private final class Count: @unchecked Sendable {
    private let lock = NSLock()
    private(set) var value = 0
    private var isBusy = false
    private let stage: Stage

    init(_ stage: Stage) { self.stage = stage }

    /// One function for all stages, so that what is kept of it fits.
    func raise() -> Bool {
      let old: Int? = lock.withLock {
        guard !isBusy else { return nil }
        isBusy = stage == .moved
        if stage == .fixed || stage == .fixedByTrial { value += 1 }
        return value
      }
      guard let old else { return false }
      if stage == .moved {
        for _ in 0..<2 { lock.withLock {} }
        lock.withLock { isBusy = false }
      }
      if stage == .fixedByTrial {
        if lock.try() { lock.unlock() }
        return true
      }
      lock.withLock { value = stage == .fixed ? max(value, 0) : old + 1 }
      return true
    }
  }

  extension DispatchSemaphore {
    /// As `wait()`, which async code must not call by that name.
    fileprivate func wait(for _: Void) { wait() }
  }
#endif
