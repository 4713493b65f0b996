#if os(Linux)
  import Foundation
  import Interleave
  import InterleaveEngine
  import Testing

  /// Children of a group, of which another may end first than had the lock first.
  @Suite(.enabled(if: Interruptions.obstacle == nil)) struct ChildEndTests {
    private func fuzz(in folder: String) async -> FuzzOutcome {
      await fuzzed({ $0.corpus = .at(folder) }, named: "tickets") {
        let tickets = Tickets()
        let drawn = await withTaskGroup(of: Int.self) { group in
          for _ in 0..<2 { group.addTask { tickets.draw() } }
          return await group.reduce(into: []) { $0.append($1) }
        }
        #expect(drawn == [1, 2])
      }
    }

    @Test func itIsToldWhichOneWasInterruptedBeforeItEnded() async throws {
      try await withTemporaryFolder { folder in
        let failure = try #require(await fuzz(in: folder).failure)
        #expect(failure.interleaving.preemptions == 1)
        let text = failure.description
        #expect(text.contains("interrupted before end"), "\(text)")
        // The last that is known of a child before it ends.
        #expect(text.contains("ran at ChildEndTests.swift:\(Tickets.line)"), "\(text)")
        let again = try #require(await fuzz(in: folder).failure)
        #expect(again.schedulesTried == 1)
        #expect(again.corpusFile == failure.corpusFile)
      }
    }
  }

  private final class Tickets: @unchecked Sendable {
    private let lock = NSLock()
    private var last = 0
    /// Where the lock is taken.
    static let line = #line + 3

    func draw() -> Int {
      lock.lock()
      defer { lock.unlock() }
      last += 1
      return last
    }
  }
#endif
