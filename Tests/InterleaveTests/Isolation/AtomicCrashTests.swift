import InterleaveEngine
import Synchronization
import Testing

@testable import Interleave

/// An atomic instruction that cannot be carried out crashes where the program has it, though another
/// piece of code stands in for it.
@Suite(.enabled(if: Interruptions.obstacle == nil && Interruptions.obstacleAtAtomics == nil))
struct AtomicCrashTests {
  @Test func aCrashIsTheProgramsLine() async throws {
    let outcome = await fuzzed(schedules: 5, { $0.interruptions = .before }) {
      async let other: Void = Task.yield()
      countNowhere()
      await other
    }
    let failure = try #require(outcome.failure, "\(outcome)")
    #expect(failure.kind == .crash)
    #expect(failure.sourceLocation?.line == lineOfCrash, "\(failure)")
    #expect("\(failure)".contains("AtomicCrashTests.swift:\(lineOfCrash)"))
  }
}

private let lineOfCrash = #line + 4
@inline(never)
private func countNowhere() {
  let nowhere = UnsafeMutablePointer<Atomic<Int>>(bitPattern: 64)
  nowhere?.pointee.add(1, ordering: .relaxed)
}
