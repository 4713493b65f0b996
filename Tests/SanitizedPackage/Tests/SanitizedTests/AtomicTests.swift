import Interleave
import Synchronization
import Testing

/// With the thread sanitizer, too, a step can be interrupted before what it does with an atomic.
@Suite(.enabled(if: Sanitizer.current == .thread)) struct AtomicTests {
  private struct Lost: Error {}

  @Test func anUpdateIsLostBetweenTwoOperations() async throws {
    let failure = await FuzzedTests.run { try await Self.raiseTwice(isMended: false) }
    #expect(try #require(failure).kind == .thrownError, "\(failure.map(\.description) ?? "")")
    #expect(failure?.interleaving.preemptions == 1)
    #expect("\(failure.map(\.description) ?? "")".contains("AtomicTests.swift"))
    let mended = await FuzzedTests.run { try await Self.raiseTwice(isMended: true) }
    #expect(mended == nil, "\(mended.map(\.description) ?? "")")
  }

  /// One who sees the first of two operations, and not yet the second, races with what is between
  /// them.
  @Test func aRaceIsFoundThatOnlyAnInterruptionBetweenTwoOperationsShows() async throws {
    let failure = await FuzzedTests.run { await Self.meetBetweenOperations(isMended: false) }
    #expect(try #require(failure).kind == .dataRace, "\(failure.map(\.description) ?? "")")
    #expect(failure?.sourceLocation?.fileID == "SanitizedTests/Counter.swift")
    let mended = await FuzzedTests.run { await Self.meetBetweenOperations(isMended: true) }
    #expect(mended == nil, "\(mended.map(\.description) ?? "")")
  }

  /// Who waits for an atomic turns round until others have gone on.
  @Test func aSpinLockIsHeldByOneAtATime() async throws {
    let failure = await FuzzedTests.run {
      let (isTaken, counter) = (Shared(0), Counter())
      let bump: @Sendable () -> Void = {
        while isTaken.value.exchange(1, ordering: .acquiring) == 1 {}
        counter.bump()
        isTaken.value.exchange(0, ordering: .releasing)
      }
      await Self.both(bump, and: bump)
      guard counter.count == 2 else { throw Lost() }
    }
    #expect(failure == nil, "\(failure.map(\.description) ?? "")")
  }

  private final class Shared: Sendable {
    let value: Atomic<Int>

    init(_ value: Int) { self.value = Atomic(value) }
  }

  private static func both(
    _ first: @escaping @Sendable () -> Void, and second: @escaping @Sendable () -> Void
  ) async {
    await withTaskGroup(of: Void.self) { group in
      group.addTask { first() }
      group.addTask { second() }
    }
  }

  private static func raiseTwice(isMended: Bool) async throws {
    let count = Shared(0)
    let raise: @Sendable () -> Void = {
      if isMended {
        count.value.wrappingAdd(1, ordering: .sequentiallyConsistent)
      } else {
        let before = count.value.bitwiseOr(0, ordering: .sequentiallyConsistent).oldValue
        count.value.exchange(before + 1, ordering: .sequentiallyConsistent)
      }
    }
    await both(raise, and: raise)
    guard count.value.load(ordering: .sequentiallyConsistent) == 2 else { throw Lost() }
  }

  private static func meetBetweenOperations(isMended: Bool) async {
    let (stage, counter, own) = (Shared(0), Counter(), Counter())
    await both {
      stage.value.exchange(1, ordering: .sequentiallyConsistent)
      counter.bump()
      stage.value.exchange(2, ordering: .sequentiallyConsistent)
    } and: {
      let seen = stage.value.bitwiseOr(0, ordering: .sequentiallyConsistent).oldValue
      if seen == 1 { (isMended ? own : counter).bump() }
    }
  }
}
