import Foundation
import InterleaveEngine
import Testing

@testable import Interleave

/// What runs leave behind when nobody makes any more.
@Suite struct RunnerMemoryTests {
  /// Whether a machine is gone when its runner is, after runs of a body.
  private func isGone(after body: @escaping @Sendable () async throws -> Void) async throws -> Bool
  {
    let resolved = try ResolvedConfiguration(
      FuzzConfiguration(), test: "memory", environment: [:], freshSeed: { 1 })
    return try await withCheckedThrowingContinuation { continuation in
      Thread.detachNewThread {
        continuation.resume(
          with: Result {
            weak var machine: Machine?
            try {
              let runner = try Runner(PlainProgram(body), resolved, IssueCapture())
              machine = runner.machine
              for seed in 0..<20 as Range<UInt64> {
                var request = RunRequest(strategy: RandomWalk())
                request.start = RunStart(index: Int(seed), seed: seed)
                _ = runner.runHere(request)
              }
            }()
            return machine == nil
          })
      }
    }
  }

  @Test func aMachineGoesWithItsRunner() async throws {
    let isGone = try await isGone { await withdrawTwice(from: Bank(balance: 500)) }
    #expect(isGone)
  }

  @Test func soItDoesWhereRunsAreObservedAndFail() async throws {
    let isGone = try await isGone {
      let bank = Bank(balance: 100)
      always(bank) { $0.balance >= 0 }
      await withdrawTwice(from: bank)
    }
    #expect(isGone)
  }

  @Test func soItDoesWhereABodyNeverEnds() async throws {
    let isGone = try await isGone {
      let bank = Bank(balance: 100)
      await withdrawTwice(from: bank)
      await withUnsafeContinuation { (_: UnsafeContinuation<Void, Never>) in }
    }
    #expect(isGone)
  }
}
