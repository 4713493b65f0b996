import Foundation
import Interleave
import Testing

/// Where steps can be interrupted inside, a proof is one of what they do from point to point.
@Suite struct InsideProofTests {
  #if os(Linux) && arch(x86_64)
    /// Checks behind its lock, and takes behind its lock.
    private final class Pool: @unchecked Sendable {
      private let lock = NSLock()
      private var free = 1

      func takeInTwo() -> Bool {
        guard lock.withLock({ free > 0 }) else { return false }
        lock.withLock { free -= 1 }
        return true
      }

      func takeInOne() -> Bool {
        lock.withLock {
          guard free > 0 else { return false }
          free -= 1
          return true
        }
      }

      func look() -> Bool { lock.withLock { free >= 0 } }
    }

    private static func takeTwice(
      _ take: @escaping @Sendable (Pool) -> Bool
    ) -> @Sendable () async throws -> Void {
      {
        let pool = Pool()
        async let first = take(pool)
        async let second = take(pool)
        let taken = await [first, second].count { $0 }
        #expect(taken == 1)
        #expect(pool.look())
      }
    }

    @Test func whatFailsOnlyInsideAStepIsFoundAndNotProved() async {
      let (report, failure) = await ProofProgram.run(Self.takeTwice { $0.takeInTwo() })
      #expect(failure != nil)
      #expect(!report.isExhaustive)
    }

    @Test func itsMendedTwinIsProved() async {
      // It looks once more, so that its steps are no wholes.
      let body = Self.takeTwice { $0.look() && $0.takeInOne() }
      let (report, failure) = await ProofProgram.run(body)
      #expect(failure == nil)
      #expect(report.isExhaustive, "\(report)")
      #expect(report.distinctInterleavings > 2)
    }

    /// For its task to go on and give it back, there may be no thread left.
    @Test(arguments: [false, true])
    func aLockThatIsHeldBeyondAStepIsNoProof(isHeldBeyond: Bool) async {
      let (report, failure) = await ProofProgram.run {
        let box = ProofBox()
        // It comes first, so that nobody has had to wait when its step turns out to be no whole.
        async let other: Void = { if box.get() == 0 { box.raise() } }()
        async let one: Void = {
          box.lock.take()
          if isHeldBeyond { await Task.yield() }
          box.lock.give()
          if !isHeldBeyond { await Task.yield() }
        }()
        _ = await (one, other)
      }
      #expect(failure == nil)
      #expect(report.isExhaustive != isHeldBeyond, "\(report)")
    }

    /// Each lock section of the one between two of the other's: hardly a walk does that.
    @Test func whatNoWalkFindsTheSearchFindsInsideAStep() async throws {
      let body: @Sendable () async throws -> Void = {
        let box = ProofBox()
        async let raised: Void = { for _ in 0..<4 { box.raise() } }()
        async let seen = (0..<4).map { _ in box.get() }
        await raised
        #expect(await seen != [1, 2, 3, 4])
      }
      try await withTemporaryFolder { folder in
        let (report, failure) = await ProofProgram.run(corpus: .at(folder), body)
        let found = try #require(failure)
        #expect(found.strategy == "reduction")
        #expect(found.original.preemptions >= 3)
        #expect(!report.isExhaustive)
        let (_, again) = await ProofProgram.run(corpus: .at(folder), body)
        #expect(again?.schedulesTried == 1 && again?.corpusFile == found.corpusFile, "\(found)")
      }
    }
  #endif
}

extension NSLock {
  /// As `lock()` and `unlock()`, which async code must not call by those names.
  fileprivate func take() { lock() }
  fileprivate func give() { unlock() }
}
