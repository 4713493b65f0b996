import Dispatch
import Foundation
import Interleave
import Testing

/// Actors whose executors are the program's own: their steps run where these run them.
@Suite struct CustomExecutorTests {
  private func run(
    schedules: Int = 200, cancelling: Bool = false,
    _ body: @escaping @Sendable () async throws -> Void
  ) async -> FuzzOutcome {
    await fuzzed(
      schedules: schedules, { if cancelling { $0.cancellation = .anyTask } },
      named: "executors", body: body)
  }

  // MARK: Where steps are

  @Test func aStepIsOnItsExecutorsQueue() async {
    let outcome = await run {
      let queue = DispatchQueue(label: "of an actor")
      queue.setSpecific(key: number, value: 7)
      let till = Till(QueueExecutor(queue))
      async let first = till.specific(on: queue)
      async let second = till.specific(on: queue)
      #expect(await [first, second] == [7, 7])
    }
    #expect(outcome.failure == nil, "\(outcome)")
    #expect(outcome.report.choices > 0, "\(outcome)")
    #expect(outcome.report.escapes.isEmpty, "\(outcome)")
  }

  @Test func aStepIsOnItsExecutorsThread() async {
    let thread = ThreadExecutor()
    let outcome = await run {
      let till = Till(thread)
      async let first = till.isOn(thread)
      async let second = till.isOn(thread)
      #expect(await [first, second] == [true, true])
    }
    thread.end()
    #expect(outcome.failure == nil, "\(outcome)")
    #expect(outcome.report.choices > 0, "\(outcome)")
  }

  @Test func anExecutorMayRunItsJobsAtOnce() async {
    let outcome = await run {
      let till = Till(DirectExecutor())
      await bothAtOnce({ await till.add(1) }, { await till.add(2) })
      #expect(await till.total == 3)
    }
    #expect(outcome.failure == nil, "\(outcome)")
  }

  @Test func stepsOfTheMainActorAreOnTheMainQueueAndThread() async {
    let outcome = await run {
      async let first: Void = lookAroundOnMain()
      async let second: Void = lookAroundOnMain()
      _ = await (first, second)
      #expect(!isOnMainThread())
    }
    #expect(outcome.failure == nil, "\(outcome)")
  }

  // MARK: What is wrong with them

  @Test(arguments: [true, false])
  func aRaceOnSuchAnActorIsFoundAndItsMendedTwinIsNot(onThread: Bool) async throws {
    let thread = ThreadExecutor()
    let executor: @Sendable () -> any SerialExecutor = {
      onThread ? thread : QueueExecutor(DispatchQueue(label: "of a till"))
    }
    let racy = await run {
      let till = Till(executor())
      await bothAtOnce({ await till.addSlowly(1) }, { await till.addSlowly(2) })
      #expect(await till.total == 3)
    }
    let failure = try #require(racy.failure)
    #expect(failure.interleaving.preemptions <= 1, "\(failure)")
    #expect(failure.isMinimal, "\(failure)")
    let mended = await run(schedules: 1_000) {
      let till = Till(executor())
      await bothAtOnce({ await till.add(1) }, { await till.add(2) })
      #expect(await till.total == 3)
    }
    thread.end()
    #expect(mended.failure == nil, "\(mended)")
  }

  @Test func aStepOnAQueueCanBeInterruptedInside() async throws {
    let body: @Sendable (Bool) async -> Void = { isMended in
      let purse = Purse(isCareful: isMended)
      let tills = (0..<2).map { Till(QueueExecutor(DispatchQueue(label: "till \($0)"))) }
      await bothAtOnce({ await tills[0].pay(purse) }, { await tills[1].pay(purse) })
      #expect(purse.balance == 2)
    }
    let failure = try #require(await run { await body(false) }.failure)
    #expect(failure.interleaving.interruptions == 1, "\(failure)")
    let mended = await run(schedules: 1_000) { await body(true) }
    #expect(mended.failure == nil, "\(mended)")
  }

  @Test func twoExecutorsOfOneQueueKeepOutEachOther() async {
    let outcome = await run(schedules: 500) {
      let queue = DispatchQueue(label: "shared")
      let purse = Purse()
      let tills = [Till(QueueExecutor(queue)), Till(QueueExecutor(queue))]
      await bothAtOnce({ await tills[0].pay(purse) }, { await tills[1].pay(purse) })
      #expect(purse.balance == 2)
    }
    #expect(outcome.failure == nil, "\(outcome)")
  }

  @Test(arguments: [true, false]) func aCrashThereIsAFinding(onThread: Bool) async throws {
    let outcome = await run {
      // The thread on which a step crashed stays as it is.
      let thread = onThread ? ThreadExecutor() : nil
      defer { thread?.end() }
      let till = Till(thread ?? QueueExecutor(DispatchQueue(label: "of a till")))
      async let first: Void = till.takeSlowly()
      async let second: Void = till.takeSlowly()
      _ = await (first, second)
    }
    let failure = try #require(outcome.failure)
    #expect(failure.kind == .crash, "\(failure)")
    #expect(failure.message.contains("nothing is left"), "\(failure)")
  }

  @Test func cancellationReachesThem() async {
    let outcome = await run(cancelling: true) {
      let till = Till(QueueExecutor(DispatchQueue(label: "of a till")))
      await bothAtOnce({ await till.add(1) }, { await till.add(2) })
      #expect(await till.total == 3)
    }
    #expect(outcome.failure == nil, "\(outcome)")
  }
}

private let number = DispatchSpecificKey<Int>()

@MainActor private func lookAroundOnMain() {
  MainActor.assertIsolated()
  dispatchPrecondition(condition: .onQueue(.main))
  #expect(isOnMainThread())
}

private func isOnMainThread() -> Bool { Thread.isMainThread }

private func bothAtOnce(
  _ first: @escaping @Sendable () async -> Void, _ second: @escaping @Sendable () async -> Void
) async {
  async let one: Void = first()
  async let two: Void = second()
  _ = await (one, two)
}

private actor Till {
  private let executor: any SerialExecutor
  private let log = Log()
  nonisolated var unownedExecutor: UnownedSerialExecutor {
    executor.asUnownedSerialExecutor()
  }
  private(set) var total = 0
  private var left = 1

  init(_ executor: any SerialExecutor) { self.executor = executor }

  func add(_ amount: Int) { total += amount }

  func addSlowly(_ amount: Int) async {
    let before = total
    await log.append()
    total = before + amount
  }

  func takeSlowly() async {
    guard left > 0 else { return }
    await log.append()
    guard left > 0 else { fatalError("nothing is left") }
    left -= 1
  }

  func pay(_ purse: Purse) { purse.add() }

  func specific(on queue: DispatchQueue) -> Int? {
    dispatchPrecondition(condition: .onQueue(queue))
    preconditionIsolated()
    return DispatchQueue.getSpecific(key: number)
  }

  func isOn(_ thread: ThreadExecutor) -> Bool {
    preconditionIsolated()
    return thread.isCurrent
  }
}

/// Adds to its balance in one section of a lock, or in two.
private final class Purse: @unchecked Sendable {
  private let lock = NSLock()
  private let isCareful: Bool
  private(set) var balance = 0

  init(isCareful: Bool = false) { self.isCareful = isCareful }

  func add() {
    if isCareful {
      lock.withLock { balance += 1 }
    } else {
      let before = lock.withLock { balance }
      lock.withLock { balance = before + 1 }
    }
  }
}

private final class QueueExecutor: SerialExecutor {
  private let queue: DispatchQueue

  init(_ queue: DispatchQueue) { self.queue = queue }

  func enqueue(_ job: UnownedJob) {
    queue.async { job.runSynchronously(on: self.asUnownedSerialExecutor()) }
  }
}

private final class DirectExecutor: SerialExecutor {
  func enqueue(_ job: UnownedJob) { job.runSynchronously(on: asUnownedSerialExecutor()) }
}
