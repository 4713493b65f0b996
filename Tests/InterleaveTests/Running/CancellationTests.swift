import Foundation
import Interleave
import Synchronization
import Testing

/// Lets one caller in at a time, and throws if the caller's task is cancelled.
private actor Semaphore {
  private(set) var permits = 1
  private var waiters: [(id: Int, continuation: CheckedContinuation<Void, any Error>)] = []
  private var nextID = 0
  private let returnsPermits: Bool

  /// - Parameter returnsPermits: A caller that was let in and finds itself cancelled hands its
  ///   permit on; otherwise the permit is lost.
  init(returnsPermits: Bool) { self.returnsPermits = returnsPermits }

  var isIdle: Bool { permits == 1 && waiters.isEmpty }

  func acquire() async throws {
    if permits > 0 {
      permits -= 1
      return
    }
    let id = nextID
    nextID += 1
    try await withTaskCancellationHandler {
      try await withCheckedThrowingContinuation {
        (continuation: CheckedContinuation<Void, any Error>) in
        if Task.isCancelled {
          continuation.resume(throwing: CancellationError())
        } else {
          waiters.append((id, continuation))
        }
      }
    } onCancel: {
      Task { await self.giveUp(id) }
    }
    if Task.isCancelled {
      if returnsPermits { release() }
      throw CancellationError()
    }
  }

  func release() {
    if waiters.isEmpty { permits += 1 } else { waiters.removeFirst().continuation.resume() }
  }

  private func giveUp(_ id: Int) {
    guard let index = waiters.firstIndex(where: { $0.id == id }) else { return }
    waiters.remove(at: index).continuation.resume(throwing: CancellationError())
  }
}

/// Wakes its waiter when it is opened, or when the waiter is cancelled.
private final class Latch: Sendable {
  private struct State {
    var waiter: CheckedContinuation<Void, Never>?
    var isOpen = false
    var isCancelled = false
  }

  private let state = Mutex(State())
  private let looksBack: Bool

  /// - Parameter looksBack: A waiter looks whether it was cancelled before it began to wait;
  ///   otherwise it waits for what has been already.
  init(looksBack: Bool) { self.looksBack = looksBack }

  func wait() async {
    await withTaskCancellationHandler {
      await withCheckedContinuation { continuation in
        let goesOn = state.withLock { state in
          if state.isOpen || (looksBack && state.isCancelled) { return true }
          state.waiter = continuation
          return false
        }
        if goesOn { continuation.resume() }
      }
    } onCancel: {
      wake { $0.isCancelled = true }
    }
  }

  func open() { wake { $0.isOpen = true } }

  private func wake(_ change: (inout State) -> Void) {
    let waiter = state.withLock { state in
      change(&state)
      defer { state.waiter = nil }
      return state.waiter
    }
    waiter?.resume()
  }
}

private actor Counter {
  private var value = 0

  func next() async throws -> Int {
    value += 1
    let own = value
    // Whoever is cancelled here has counted, and never learns it.
    try await Task.sleep(for: .milliseconds(1))
    return own
  }
}

private struct CounterSpec: LinearizableSpec {
  enum Operation: Sendable { case next }

  var operations: Generator<Operation> { .just(.next) }
  func makeSubject() async throws -> Counter { Counter() }
  func perform(_ operation: Operation, on counter: Counter) async throws -> Int {
    try await counter.next()
  }
  func makeModel() -> Int { 0 }
  func apply(_ operation: Operation, to count: inout Int) throws -> Int {
    count += 1
    return count
  }
}

@Suite struct CancellationTests {
  @Test func theFewestPreemptionsAreNotClaimedWhereACancellationMayTakeTheirPlace() async throws {
    for cancellation in [FuzzConfiguration.CancellationMode.never, .anyTask] {
      let outcome = await fuzzed(schedules: 500, { $0.cancellation = cancellation }) {
        let bank = Bank(balance: 100)
        async let one = bank.withdraw(80)
        async let other = bank.withdraw(80)
        _ = await (one, other)
        if await bank.balance < 0 { throw Overdrawn() }
      }
      let failure = try #require(outcome.failure)
      #expect(failure.interleaving.preemptions > 0)
      #expect(failure.isMinimal == (cancellation == .never))
    }
  }

  private struct Overdrawn: Error {}

  private func outcome(
    _ mode: FuzzConfiguration.CancellationMode = .anyTask, seed: UInt64 = 1,
    _ configure: (inout FuzzConfiguration) -> Void = { _ in },
    body: @escaping @Sendable () async throws -> Void
  ) async -> FuzzOutcome {
    await fuzzed(
      seed: seed,
      {
        $0.cancellation = mode; configure(&$0)
      }, body: body)
  }

  /// Three callers of a semaphore, which must be free when all are done.
  private static func callers(returnsPermits: Bool) -> @Sendable () async throws -> Void {
    {
      let semaphore = Semaphore(returnsPermits: returnsPermits)
      eventually(semaphore, "the permit must be back") { $0.isIdle }
      let callers = (0..<3).map { _ in
        Task {
          try await semaphore.acquire()
          await Task.yield()
          await semaphore.release()
        }
      }
      for caller in callers { _ = await caller.result }
    }
  }

  @Test func aPermitThatACancelledWaiterKeepsIsFound() async throws {
    let body = Self.callers(returnsPermits: false)
    let failure = try #require(await outcome(body: body).failure)
    #expect([.invariant, .lostWakeUp, .deadlock].contains(failure.kind), "\(failure)")
    let cancellation = try #require(failure.interleaving.cancellation, "\(failure)")
    let report = failure.text(width: 100)
    #expect(report.contains("What was cancelled"), "\(report)")
    #expect(report.contains("After step \(cancellation.index), the run cancelled task"))
    #expect(report.contains("then \(cancellation.task) is cancelled"), "\(report)")
    #expect(report.contains("1 cancellation"))
  }

  @Test func noSuchPermitIsLostWhereNobodyIsCancelled() async {
    let outcome = await outcome(.never, body: Self.callers(returnsPermits: false))
    #expect(outcome.failure == nil, "\(outcome)")
    #expect(outcome.report.cancellations == 0)
  }

  @Test(arguments: [1, 2, 3] as [UInt64]) func aPermitThatIsHandedOnPasses(seed: UInt64) async {
    let outcome = await outcome(seed: seed, body: Self.callers(returnsPermits: true))
    #expect(outcome.failure == nil, "\(outcome)")
    #expect(outcome.report.cancellations > 100)
    #expect(outcome.report.description.contains("cancellations"))
    #expect(!outcome.report.isExhaustive)
  }

  @Test func aWaiterThatMissesItsCancellationIsFound() async throws {
    let body = { @Sendable (looksBack: Bool) async -> Void in
      let latch = Latch(looksBack: looksBack)
      let waiter = Task { await latch.wait() }
      await Task.yield()
      if !waiter.isCancelled { latch.open() }
      await waiter.value
    }
    let failure = try #require(await outcome { await body(false) }.failure)
    #expect(failure.kind == .lostWakeUp, "\(failure)")
    #expect(failure.interleaving.cancellation != nil)
    let mended = await outcome { await body(true) }
    #expect(mended.failure == nil, "\(mended)")
  }

  @Test func aCancellationErrorThatLeavesTheBodyIsNoFailure() async {
    let outcome = await outcome {
      async let slept: Void = Task.sleep(for: .seconds(1))
      async let other: Void = Task.sleep(for: .seconds(1))
      _ = try await (slept, other)
    }
    #expect(outcome.failure == nil, "\(outcome)")
  }

  @Test func aCancellationErrorOfTheBodysOwnIsAFailure() async throws {
    let failure = try #require(await outcome(.never) { throw CancellationError() }.failure)
    #expect(failure.kind == .thrownError)
  }

  @Test func aFailureThatNeedsNoCancellationIsShownWithoutOne() async throws {
    for seed in 1...3 as ClosedRange<UInt64> {
      let outcome = await outcome(seed: seed) {
        let bank = Bank(balance: 100)
        await withTaskGroup { group in
          for _ in 0..<2 { group.addTask { _ = await bank.withdraw(80) } }
        }
        #expect(await bank.balance >= 0)
      }
      let failure = try #require(outcome.failure)
      #expect(failure.interleaving.cancellation == nil, "\(failure)")
    }
  }

  @Test func theBodyItselfIsNeverCancelled() async {
    let outcome = await outcome {
      async let other: Void = Task.yield()
      await other
      #expect(!Task.isCancelled)
    }
    #expect(outcome.failure == nil, "\(outcome)")
  }

  @Test func theSameSeedCancelsTheSameTaskAtTheSameMoment() async throws {
    let body = Self.callers(returnsPermits: false)
    let first = try #require(await outcome(body: body).failure)
    let second = try #require(await outcome(body: body).failure)
    #expect(first.interleaving == second.interleaving)
    #expect(first.schedulesTried == second.schedulesTried)
  }

  @Test func aSearchOfAllSchedulesGoesOnWithCancellations() async {
    let body = Self.callers(returnsPermits: false)
    let outcome = await outcome(.anyTask, { $0.strategy = .depthFirst }, body: body)
    #expect(outcome.failure?.interleaving.cancellation != nil, "\(outcome)")
  }

  @Test func aLaneThatIsCancelledLeavesItsHistoryUnfinished() async {
    var configuration = FuzzConfiguration()
    configuration.schedules = 300
    configuration.seed = 1
    configuration.corpus = .none
    configuration.cancellation = .anyTask
    let outcome = await Fuzzer(configuration).run(
      named: "counter", CounterSpec(), lanes: 2...3, operationsPerLane: 1...3)
    #expect(outcome.failure == nil, "\(outcome)")
    #expect(outcome.report.cancellations > 100)
  }

  @Test func theCorpusCancelsTheSameTaskAgain() async throws {
    try await withTemporaryFolder { folder in
      let body = Self.callers(returnsPermits: false)
      let keep = { (configuration: inout FuzzConfiguration) in
        configuration.corpus = .at(folder)
      }
      let found = try #require(await outcome(.anyTask, keep, body: body).failure)
      let file = try #require(found.corpusFile)
      let content = try String(contentsOfFile: file, encoding: .utf8)
      #expect(content.contains("\"cancellation\": { \"task\": \"0."), "\(content)")
      #expect(content.contains("is cancelled\""), "\(content)")

      // Even where no new cancellation would be drawn.
      let again = await outcome(.never, keep, body: body)
      #expect(again.report.schedules == 0)
      let replayed = try #require(again.failure)
      #expect(replayed.kind == found.kind)
      #expect(replayed.interleaving.cancellation?.task == found.interleaving.cancellation?.task)

      let mended = await outcome(.never, keep, body: Self.callers(returnsPermits: true))
      #expect(mended.failure == nil, "\(mended)")
      #expect(mended.report.fixed.count == 1, "\(mended)")
    }
  }

  @Test func anEntryWhoseTaskIsGoneIsStale() async throws {
    try await withTemporaryFolder { folder in
      let keep = { (configuration: inout FuzzConfiguration) in
        configuration.corpus = .at(folder)
      }
      let body = Self.callers(returnsPermits: false)
      #expect(await outcome(.anyTask, keep, body: body).failure?.corpusFile != nil)
      let other = await outcome(.never, keep) {
        let semaphore = Semaphore(returnsPermits: false)
        try await semaphore.acquire()
        await semaphore.release()
      }
      #expect(other.report.stale.count == 1, "\(other)")
    }
  }
}
