import Foundation
import Interleave
import Testing

/// Calls that the pages show; they fail, as is said there.
@Suite(.disabled("PoolTests and ReadmeTests run the same")) struct ShownCalls {
  @Test func theProgramsAreGenerated() async throws {
    try await fuzz(BankSpec(), lanes: 2...3, operationsPerLane: 1...4)
  }

  @Test func aPoolOfOneLendsOne() async throws {
    try await fuzz {
      let pool = Pool(connections: 1)  // checks behind its lock, and takes behind its lock
      async let first = pool.take()
      async let second = pool.take()
      #expect(await [first, second].compactMap(\.self).count == 1)
    }
  }
}

struct PoolTests {
  @Test func twoTakeTheOneConnectionInsideAStep() async {
    var configuration = FuzzConfiguration()
    configuration.corpus = .none
    let outcome = await Fuzzer(configuration).run(named: "pool") {
      let pool = Pool(connections: 1)
      async let first = pool.take()
      async let second = pool.take()
      #expect(await [first, second].compactMap(\.self).count == 1)
    }
    #expect(outcome.failure?.kind == .expectation, "\(outcome)")
  }
}

/// A pool that looks behind its lock whether a connection is left, and takes it behind its lock.
final class Pool: @unchecked Sendable {
  private let lock = NSLock()
  private var free: Int

  init(connections: Int) {
    free = connections
  }

  func take() async -> Int? {
    guard lock.withLock({ free > 0 }) else { return nil }
    return lock.withLock {
      free -= 1
      return free
    }
  }
}
