import Dispatch
import Foundation
import Interleave
import Testing

/// What the default settings prove where steps are no wholes, and what they say where they do not.
@Suite struct PortfolioProofTests {
  #if os(Linux) && arch(x86_64)
    private static func run(
      _ body: @escaping @Sendable () async throws -> Void
    ) async -> (report: FuzzReport, failure: FuzzFailure?) {
      await ProofProgram.run(by: .portfolio, body)
    }

    // MARK: What is understood

    static let understood: [@Sendable () async throws -> Void] = [
      // Two sections of a lock in one step.
      {
        let box = ProofBox()
        let work: @Sendable () -> Void = { if box.get() < 2 { box.raise() } }
        async let one: Void = work()
        async let other: Void = work()
        _ = await (one, other)
        #expect(box.get() == 2)
      },
      // Cancelled as soon as it was made.
      withChoice {
        let task = Task { Task.isCancelled ? 1 : 2 }
        task.cancel()
        #expect(await [1, 2].contains(task.value))
      },
      // Resumed by a step that then does something else that others see.
      {
        let box = ProofBox()
        async let seen: Int = box.get()
        await withCheckedContinuation { continuation in
          box.raise()
          continuation.resume()
          box.raise()
        }
        #expect(await [0, 1, 2].contains(seen))
      },
      // Children of a group, which learns of their ends in any order.
      {
        let box = ProofBox()
        let raised = await withTaskGroup(of: Int.self) { group in
          for _ in 0..<2 { group.addTask { box.raised() } }
          return await group.reduce(into: []) { $0.append($1) }
        }
        #expect(raised.sorted() == [1, 2])
      },
    ]

    @Test(arguments: understood.indices)
    func whatIsUnderstoodInsideOfStepsIsProvedByDefault(index: Int) async {
      let (report, failure) = await Self.run(Self.understood[index])
      #expect(failure == nil)
      #expect(report.isExhaustive, "\(report)")
      #expect(report.proofObstacle == nil)
      #expect(report.schedules < 1_000)
      let (asked, _) = await ProofProgram.run(Self.understood[index])
      #expect(asked.isExhaustive, "\(asked)")
      #expect(report.distinctInterleavings == asked.distinctInterleavings)
    }

    // MARK: What fails

    static let wrong: [@Sendable () async throws -> Void] = [
      {
        let box = ProofBox()
        let work: @Sendable () -> Void = { if box.get() == 0 { box.raise() } }
        async let one: Void = work()
        async let other: Void = work()
        _ = await (one, other)
        #expect(box.get() == 1)
      },
      withChoice {
        let task = Task { Task.isCancelled }
        task.cancel()
        #expect(await task.value)
      },
      {
        let box = ProofBox()
        async let raised: Void = { for _ in 0..<4 { box.raise() } }()
        async let seen = (0..<4).map { _ in box.get() }
        await raised
        #expect(await seen != [1, 2, 3, 4])
      },
      {
        let box = ProofBox()
        let raised = await withTaskGroup(of: Int.self) { group in
          for _ in 0..<2 { group.addTask { box.raised() } }
          return await group.reduce(into: []) { $0.append($1) }
        }
        #expect(raised == [1, 2])
      },
    ]

    @Test(arguments: wrong.indices)
    func whatFailsInsideOfAStepIsFoundAndNotProved(index: Int) async {
      let (report, failure) = await Self.run(Self.wrong[index])
      #expect(failure != nil)
      #expect(!report.isExhaustive)
      #expect(report.proofObstacle == nil)
    }

    // MARK: What is not understood

    static let unknown: [ProofProgram] = [
      .withheld("a step waited inside for what others do") {
        let box = ProofBox()
        let semaphore = DispatchSemaphore(value: 0)
        // The main actor has a thread of its own, however narrow the pool is.
        let one = Task { @MainActor in
          box.raise()
          semaphore.signal()
          box.raise()
        }
        box.raise()
        semaphore.wait(for: ())
        box.raise()
        await one.value
      },
      .withheld("pthread_mutex_trylock") {
        let box = ProofBox()
        async let one: Void = { for _ in 0..<2 where box.lock.try() { box.lock.unlock() } }()
        async let other: Void = { for _ in 0..<2 { box.raise() } }()
        _ = await (one, other)
      },
      .withheld("uses atomics or a Mutex") {
        let count = ProofCount()
        async let one: Void = { for _ in 0..<2 { count.raise() } }()
        async let other: Void = { for _ in 0..<2 { count.raise() } }()
        _ = await (one, other)
      },
      .withheld("blocks ran on dispatch queues") {
        let box = ProofBox()
        let work: @Sendable () -> Void = { for _ in 0..<2 { box.raise() } }
        async let one: Void = { DispatchQueue.global().async(execute: work) }()
        async let other: Void = work()
        _ = await (one, other)
      },
      .withheld("a timer competed with other work") {
        let box = ProofBox()
        let work: @Sendable () -> Void = { for _ in 0..<2 { box.raise() } }
        async let one: Void = {
          try? await Task.sleep(nanoseconds: 1)
          work()
        }()
        async let other: Void = work()
        _ = await (one, other)
      },
    ]

    @Test(arguments: unknown.indices)
    func whatIsNotUnderstoodIsNotProvedAndTheReportSaysWhy(index: Int) async throws {
      let program = Self.unknown[index]
      let (report, failure) = await Self.run(program.body)
      #expect(failure == nil)
      #expect(!report.isExhaustive)
      let obstacle = try #require(program.obstacle)
      #expect(try #require(report.proofObstacle).contains(obstacle))
      #expect("\(report)".contains("no proof: "))
      #expect(!report.warnings.contains { $0.hasPrefix("nothing was proved") })
    }

    @Test func whereNoStepMayBeInterruptedTheReportSaysWhichOneIsNoWhole() async throws {
      let (report, failure) = await ProofProgram.run(
        by: .portfolio, interruptions: .never, Self.understood[0])
      #expect(failure == nil)
      #expect(!report.isExhaustive)
      #expect(try #require(report.proofObstacle).contains("does several things between which"))
    }

    /// What walks return and no run of the search does speaks against it, however often all fits.
    @Test func whatWalksReturnTheSearchMustHaveSeen() async {
      var configuration = FuzzConfiguration()
      configuration.seed = 1
      configuration.corpus = .none
      let runs = Calls()
      let outcome = await Fuzzer(configuration).run(named: "returns") {
        let box = ProofBox()
        let work: @Sendable () -> Void = { if box.get() < 2 { box.raise() } }
        async let one: Void = work()
        async let other: Void = work()
        _ = await (one, other)
        return runs.next()
      }
      #expect(outcome.failure == nil)
      #expect(!outcome.report.isExhaustive)
    }

    // MARK: What it costs

    @Test func whereThereAreManyInterleavingsTheSearchTakesLittle() async throws {
      let (report, failure) = await Self.run {
        let box = ProofBox()
        let work: @Sendable () -> Void = { for _ in 0..<4 { box.raise() } }
        async let one: Void = work()
        async let two: Void = work()
        async let three: Void = work()
        _ = await (one, two, three)
        #expect(box.get() == 12)
      }
      #expect(failure == nil)
      #expect(!report.isExhaustive)
      #expect(report.proofObstacle == nil)
      #expect(report.schedules == 1_000)
      let share = try #require(report.strategies.first { $0.name == "reduction" })
      // Of the 400 that it may take.
      #expect(share.schedules <= 40)
    }

    /// Walks whose steps are not interrupted tell of other interleavings, and of too many.
    @Test func howManyThereAreInsideTellsWhetherASearchOfPartsGoesOn() async throws {
      let (report, failure) = await Self.run {
        let box = ProofBox()
        let counter = LockedCounter(box)
        let tasks = (0..<3).map { number in
          Task {
            if number == 0 { box.raise() }
            await counter.raise()
          }
        }
        for task in tasks { await task.value }
        #expect([3, 4].contains(box.get()))
      }
      #expect(failure == nil)
      // All that it may take: by walks of parts of steps, these are few enough.
      let share = try #require(report.strategies.first { $0.name == "reduction" })
      #expect(share.schedules == 400, "\(report)")
    }

    @Test func theSameSeedProvesTheSameBySameManySchedules() async {
      let (one, _) = await Self.run(Self.understood[0])
      let (other, _) = await Self.run(Self.understood[0])
      #expect(one.schedules == other.schedules)
      #expect(one.strategies == other.strategies)
    }
  #endif
}

extension DispatchSemaphore {
  /// As `wait()`, which async code must not call by that name.
  fileprivate func wait(for _: Void) { wait() }
}

/// Reads and sets what a lock guards under two sections, which only it keeps together.
private actor LockedCounter {
  private let box: ProofBox
  init(_ box: ProofBox) { self.box = box }

  func raise() {
    let seen = box.get()
    box.set(seen + 1)
  }
}

/// What no run begins anew.
private final class Calls: @unchecked Sendable {
  private var count = 0

  func next() -> Int {
    count += 1
    return count
  }
}
