import Dispatch
import Foundation
import Interleave
import InterleaveBugs
import InterleaveEngine
import Synchronization
import Testing

/// What a pool of so many threads can run, and what it cannot.
@Suite(.enabled(if: Interruptions.obstacle == nil)) struct PoolWidthTests {
  /// Lets a task wait until so many others have signalled.
  private static func blocksAllButOne(_ blocked: Int, by priority: TaskPriority?) async {
    let gates = (0..<blocked).map { _ in DispatchSemaphore(value: 0) }
    await withTaskGroup(of: Void.self) { group in
      for gate in gates { group.addTask { gate.block() } }
      group.addTask(priority: priority) { for gate in gates { _ = gate.signal() } }
    }
  }

  @Test(arguments: [1, 2, 3])
  func asManyMustBeBlockedAsThereAreThreads(width: Int) async throws {
    let starved = await fuzzed(schedules: 400, { $0.poolWidth = .threads(width) }) {
      await Self.blocksAllButOne(width, by: nil)
    }
    let failure = try #require(starved.failure, "\(starved)")
    #expect(failure.kind == .poolStarvation)
    #expect(failure.interleaving.poolWidth == width)
    #expect(failure.message.split(separator: "\n").count { $0.contains("is blocked in") } == width)
    let fits = await fuzzed(schedules: 200, { $0.poolWidth = .threads(width + 1) }) {
      await Self.blocksAllButOne(width, by: nil)
    }
    #expect(fits.failure == nil, "\(fits)")
  }

  @Test func anotherPriorityHasThreadsOfItsOwn() async {
    let outcome = await fuzzed({
      $0.poolWidth = 1; $0.checks.remove(.nothingInterleaved)
    }) {
      let gate = DispatchSemaphore(value: 0)
      let blocked = Task.detached(priority: .medium) { gate.block() }
      let opening = Task.detached(priority: .high) { _ = gate.signal() }
      await opening.value
      await blocked.value
    }
    #expect(outcome.failure == nil, "\(outcome)")
  }

  @Test func theMainActorNeedsNoThreadOfThePool() async {
    let outcome = await fuzzed({
      $0.poolWidth = 1; $0.checks.remove(.nothingInterleaved)
    }) {
      let gate = DispatchSemaphore(value: 0)
      let opening = Task { @MainActor in _ = gate.signal() }
      gate.block()
      await opening.value
    }
    #expect(outcome.failure == nil, "\(outcome)")
    let other = await fuzzed({
      $0.poolWidth = 1; $0.checks.remove(.nothingInterleaved)
    }) {
      let gate = DispatchSemaphore(value: 0)
      let opening = Task.detached { _ = gate.signal() }
      await MainActor.run { gate.block() }
      await opening.value
    }
    #expect(other.failure == nil, "\(other)")
  }

  @Test func aThreadThatRunsNoStepMayHelp() async {
    let outcome = await fuzzed(
      schedules: 20,
      {
        $0.poolWidth = 1; $0.checks.remove(.nothingInterleaved)
      }
    ) {
      let gate = DispatchSemaphore(value: 0)
      Thread.detachNewThread { _ = gate.signal() }
      let other = Task {}
      gate.block()
      _ = await other.value
    }
    #expect(outcome.failure == nil, "\(outcome)")
  }

  @Test func threadsOfOtherRunsDoNotDecideWhatIsSaid() async throws {
    let isOver = DispatchSemaphore(value: 0)
    let begun = Mutex(0)
    _ = await fuzzed(schedules: 1, { $0.checks = [] }) {
      begun.withLock { $0 += 1 }
      Thread.detachNewThread { isOver.block() }
    }
    let starved = await fuzzed(schedules: 20, { $0.poolWidth = 1 }) {
      await Self.blocksAllButOne(1, by: nil)
    }
    for _ in 0..<begun.withLock({ $0 }) { isOver.signal() }
    #expect(starved.failure?.kind == .poolStarvation, "\(starved)")
  }

  @Test func whatNobodyLetsGoOnIsNoStarvation() async throws {
    let outcome = await fuzzed(
      schedules: 20,
      {
        $0.poolWidth = 1; $0.checks.remove(.nothingInterleaved)
      }
    ) {
      let other = Task {}
      DispatchSemaphore(value: 0).block()
      _ = await other.value
    }
    let failure = try #require(outcome.failure)
    #expect(failure.kind == .hang, "\(failure)")
  }

  @Test func locksInACircleAreNoStarvation() async throws {
    let outcome = await fuzzed(schedules: 400, { $0.poolWidth = 2 }) {
      let (left, right) = (NSLock(), NSLock())
      let other = Task {}
      await both({ nest(left, right) }, { nest(right, left) })
      await other.value
    }
    #expect(outcome.failure?.kind == .deadlock, "\(outcome)")
  }

  @Test func aLockThatIsMerelyTakenIsNoStarvation() async {
    let outcome = await fuzzed(schedules: 300, { $0.poolWidth = 2 }) {
      let count = Locked(0)
      await all(4) { _ in
        count { $0 += 1 }
        count { $0 += 1 }
      }
      #expect(count.get() == 8)
    }
    #expect(outcome.failure == nil, "\(outcome)")
    #expect(outcome.report.warnings.isEmpty, "\(outcome.report.warnings)")
  }

  @Test(arguments: [1, 2, 3])
  func noMoreStepsAreInProgressThanThereAreThreads(width: Int) async {
    let most = Mutex(0)
    let outcome = await fuzzed(schedules: 300, { $0.poolWidth = .threads(width) }) {
      let inside = Locked((now: 0, most: 0))
      await all(4) { _ in
        inside {
          $0.now += 1
          $0.most = max($0.most, $0.now)
        }
        inside { $0.now -= 1 }
      }
      let seen = inside.get().most
      most.withLock { $0 = max($0, seen) }
    }
    #expect(outcome.failure == nil, "\(outcome)")
    #expect(most.withLock { $0 } == width)
  }

  @Test func otherFailuresAreShownWithoutANarrowPoolWhereTheyDoWithout() async throws {
    let outcome = await fuzzed {
      let bank = Bank(balance: 100)
      await withdrawTwice(from: bank)
      #expect(await bank.balance >= 0)
    }
    let failure = try #require(outcome.failure)
    #expect(failure.kind == .expectation)
    #expect(failure.interleaving.poolWidth == nil)
  }

  // MARK: Warnings

  /// What others than the pool do, so that nobody starves.
  private static let waitsForMainActor: @Sendable () async -> Void = {
    let gate = DispatchSemaphore(value: 0)
    let opening = Task { @MainActor in _ = gate.signal() }
    gate.block()
    await opening.value
  }

  private static let waitsForAnotherPriority: @Sendable () async -> Void = {
    let gate = Gate()
    let opening = Task.detached(priority: .high) { gate.open() }
    let waiting = Task.detached(priority: .low) { gate.wait() }
    await opening.value
    await waiting.value
  }

  private func warnings(
    width: FuzzConfiguration.PoolWidth = .automatic,
    checks: FuzzConfiguration.Checks = .all,
    _ body: @escaping @Sendable () async -> Void
  ) async -> [String] {
    let outcome = await fuzzed(
      schedules: 300,
      {
        $0.poolWidth = width
        $0.checks = checks.subtracting(.nothingInterleaved)
      }, body: body)
    #expect(outcome.failure == nil, "\(outcome)")
    return outcome.report.warnings
  }

  @Test(arguments: [waitsForMainActor, waitsForAnotherPriority])
  func whoBlocksForWhatHasNotBegunIsWarnedOf(body: @escaping @Sendable () async -> Void) async {
    for width in [FuzzConfiguration.PoolWidth.automatic, 1, 8] {
      let warnings = await warnings(width: width, body)
      #expect(warnings.count == 1, "\(warnings)")
      #expect(warnings.allSatisfy { $0.contains("a step blocked its thread") }, "\(warnings)")
      #expect(warnings.allSatisfy { $0.contains(".swift:") }, "\(warnings)")
    }
    #expect(await warnings(checks: Self.withoutBlockedSteps, body).isEmpty)
    #expect(await warnings(width: .unlimited, body).isEmpty)
  }

  private static let withoutBlockedSteps = FuzzConfiguration.Checks.all.subtracting(.blockedSteps)

  /// A semaphore as a lock, and one that lets two in at a time; where all have theirs only after
  /// others have come and gone, too.
  @Test(arguments: [1, 2])
  func whoWaitsForAStepThatIsAmidItIsNotWarnedOf(places: Int) async {
    for width in [FuzzConfiguration.PoolWidth.automatic, 1, 4] {
      let warnings = await warnings(width: width) {
        let room = DispatchSemaphore(value: places)
        let count = Locked(0)
        await all(4) { _ in
          for _ in 0..<2 {
            room.block()
            count { $0 += 1 }
            room.signal()
          }
        }
        #expect(count.get() == 8)
      }
      #expect(warnings.isEmpty, "\(warnings)")
    }
  }

  @Test func whoWaitsForAThreadThatRunsNoStepIsNotWarnedOf() async {
    let warnings = await warnings {
      let gate = DispatchSemaphore(value: 0)
      let other = Task {}
      DispatchQueue.global().async { gate.signal() }
      gate.block()
      await other.value
    }
    #expect(!warnings.contains { $0.contains("a step blocked its thread") }, "\(warnings)")
  }

  // MARK: Settings

  @Test func aPoolHasAThreadAtLeast() async {
    let outcome = await fuzzed({ $0.poolWidth = 0 }) {}
    #expect("\(outcome)".contains("`poolWidth` must be at least 1 (was 0)"), "\(outcome)")
  }
}

/// Is open once it was opened.
private final class Gate: @unchecked Sendable {
  private let condition = NSCondition()
  private var isOpen = false

  func open() {
    condition.lock()
    isOpen = true
    condition.broadcast()
    condition.unlock()
  }

  func wait() {
    condition.lock()
    while !isOpen { condition.wait() }
    condition.unlock()
  }
}
