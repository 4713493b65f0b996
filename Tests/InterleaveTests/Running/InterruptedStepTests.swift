import Foundation
import Interleave
import InterleaveEngine
import Testing

/// Steps that are interrupted inside, from the configuration to the report and the corpus.
@Suite(.enabled(if: Interruptions.obstacle == nil), .unoptimised) struct InterruptedStepTests {
  private func run(
    _ interruptions: FuzzConfiguration.InterruptionMode = .before, schedules: Int = 300,
    in folder: String? = nil, strategy: FuzzConfiguration.StrategyChoice = .portfolio,
    _ body: @escaping @Sendable () async throws -> Void
  ) async -> FuzzOutcome {
    await fuzzed(
      schedules: schedules,
      {
        $0.interruptions = interruptions
        $0.strategy = strategy
        if let folder { $0.corpus = .at(folder) }
      }, named: "interrupted", body: body)
  }

  // MARK: Finding and shrinking

  @Test func whatTakesAnInterruptionIsFoundAndShownWithOne() async throws {
    let whole = await run(.never) { try await payTwice(Purse()) }
    #expect(whole.failure == nil, "no order of whole steps is wrong: \(whole)")
    let failure = try #require(await run { try await payTwice(Purse()) }.failure)
    #expect(failure.interleaving.interruptions == 1, "\(failure)")
    #expect(failure.interleaving.preemptions == 1, "\(failure)")
    #expect(failure.isMinimal, "\(failure)")
    let point = try #require(failure.interleaving.deviations.compactMap(\.passedOver.inside).first)
    #expect(point == InsidePoint(.lock, occurrence: 1))
  }

  @Test(arguments: [FuzzConfiguration.InterruptionMode.before, .everywhere])
  func whatIsMendedPasses(_ interruptions: FuzzConfiguration.InterruptionMode) async {
    let outcome = await run(interruptions) { try await payTwice(Purse(isCareful: true)) }
    #expect(outcome.failure == nil, "\(outcome)")
  }

  @Test func anInterruptionIsShownOnlyWhereItIsNeeded() async throws {
    // Between the two steps of a task, another one does just as well.
    let failure = try #require(
      await run(strategy: .randomWalk) { try await payTwice(Purse(suspends: true)) }.failure)
    #expect(failure.interleaving.interruptions == 0, "\(failure)")
  }

  @Test(arguments: [
    FuzzConfiguration.StrategyChoice.randomWalk, .pct, .pos, .surw, .urw, .stratifiedWalk,
    .lockstep, .depthFirst, .preemptionBounded, .delayBounded,
  ])
  func everyStrategyInterrupts(_ strategy: FuzzConfiguration.StrategyChoice) async {
    let outcome = await run(strategy: strategy) { try await payTwice(Purse()) }
    #expect(outcome.failure != nil, "\(outcome)")
  }

  @Test func whoTurnsUntilAnInterruptedStepGoesOnDoesNotHang() async {
    let outcome = await fuzzed(schedules: 100, { $0.hangLimit = .seconds(1) }) {
      let turnstile = Turnstile()
      await bothAtOnce({ turnstile.pass() }, { turnstile.pass() })
    }
    #expect(outcome.failure == nil, "\(outcome)")
    #expect(
      outcome.report.warnings.contains { $0.hasPrefix("a step seemed to hang while another") },
      "\(outcome)")
  }

  @Test func whoTurnsForEverHangsAllTheSame() async {
    let outcome = await fuzzed(schedules: 100, { $0.hangLimit = .seconds(1) }) {
      let turnstile = Turnstile()
      await bothAtOnce({ turnstile.passAndLock() }, { turnstile.passAndLock() })
    }
    #expect(outcome.failure?.kind == .hang, "\(outcome)")
  }

  // MARK: Words

  @Test func theReportTellsWhereAStepWasInterrupted() async throws {
    let failure = try #require(await run { try await payTwice(Purse()) }.failure)
    let words = "\(failure)"
    #expect(words.contains("1 preemption (inside a step)"), "\(words)")
    #expect(words.contains("before it took a lock the second time; "), "\(words)")
    let text = words.replacing(#/\s+/#, with: " ")
    #expect(
      text.contains("was interrupted inside a step at InterruptedStepTests.swift:"), "\(text)")
  }

  @Test func aDeadlockOfLocksTellsWhoHoldsAndWhoWaits() async throws {
    let failure = try #require(
      await run {
        let (first, second) = (NSLock(), NSLock())
        await bothAtOnce({ nest(first, second) }, { nest(second, first) })
      }.failure)
    #expect(failure.kind == .deadlock, "\(failure)")
    #expect(failure.message.hasPrefix("2 tasks wait for each other"), "\(failure)")
    #expect(failure.message.contains("* task 0.0 waits in nest(_:_:)"), "\(failure)")
    #expect(failure.message.contains("for a lock that task 0.0 holds, since nest"), "\(failure)")
  }

  /// It is in the step of who makes it, with the locks that it takes there.
  @Test(arguments: [false, true])
  func aDeadlockInATaskThatBeginsAtOnceTellsWhoHoldsAndWhoWaits(underALock: Bool) async throws {
    let body = underALock ? nestUnderALock : nestAtOnce
    let failure = try #require(await run { await body(false) }.failure)
    #expect(failure.kind == .deadlock, "\(failure)")
    let text = failure.message.replacing(#/\s+/#, with: " ")
    #expect(text.hasPrefix("2 tasks wait for each other"), "\(text)")
    #expect(
      text.contains(#/\* task 0 waits in .* for a lock that task 0\.0 holds, since nest/#),
      "\(text)")
    #expect(
      text.contains(#/\* task 0\.0 waits in nest.* for a lock that task 0 holds, since /#),
      "\(text)")
    #expect(failure.interleaving.interruptions == 1, "\(failure)")
  }

  @Test(arguments: [FuzzConfiguration.InterruptionMode.before, .everywhere])
  func tasksThatBeginAtOnceAndTakeLocksInTheSameOrderPass(
    _ interruptions: FuzzConfiguration.InterruptionMode
  ) async {
    for body in [nestAtOnce, nestUnderALock] {
      let outcome = await run(interruptions) { await body(true) }
      #expect(outcome.failure == nil, "\(outcome)")
    }
  }

  /// Whoever wants it blocks a thread, and its holder needs one to go on.
  @Test func whoWantsALockThatIsHeldAcrossASuspensionStarvesANarrowPool() async throws {
    let body: @Sendable () async -> Void = {
      let lock = NSLock()
      await withTaskGroup(of: Void.self) { group in
        for _ in 0..<2 {
          group.addTask {
            lock.take()
            await Task.yield()
            lock.give()
          }
        }
      }
    }
    let failure = try #require(await run { await body() }.failure)
    #expect(failure.kind == .poolStarvation, "\(failure)")
    #expect(failure.message.contains("by a lock that task 0."), "\(failure)")
    let wide = await fuzzed({ $0.poolWidth = .unlimited }, body: body)
    #expect(wide.failure == nil, "who holds it finds a thread: \(wide)")
  }

  // MARK: Proofs

  @Test func whatAnInterruptionCouldChangeIsProvedOnlyWithInterruptions() async {
    let body: @Sendable () async -> Void = {
      let purse = Purse()
      await bothAtOnce({ purse.pay(1) }, { purse.pay(1) })
    }
    let without = await run(.never, strategy: .reduction) { await body() }
    #expect(!without.report.isExhaustive, "\(without)")
    let with = await run(strategy: .reduction) { await body() }
    #expect(with.report.isExhaustive, "\(with)")
  }

  @Test func whatReachesNoPointIsProvedAsEver() async {
    let outcome = await run(schedules: 1_000) {
      let counter = Tally()
      await withTaskGroup(of: Void.self) { group in
        for _ in 0..<2 { group.addTask { await counter.add() } }
      }
    }
    #expect(outcome.report.isExhaustive, "\(outcome)")
  }

  // MARK: The corpus

  @Test func anInterruptionIsKeptAndReplayed() async throws {
    try await withTemporaryFolder { folder in
      let found = try #require(await run(in: folder) { try await payTwice(Purse()) }.failure)
      let file = try #require(found.corpusFile)
      let text = try String(contentsOfFile: file, encoding: .utf8)
      #expect(text.contains("\"version\": 2"), "\(text)")
      #expect(
        text.contains("\"inside\": { \"before\": \"lock\", \"occurrence\": 1 }"), "\(text)")
      let again = await run(in: folder) { try await payTwice(Purse()) }
      #expect(again.failure?.corpusFile == file, "\(again)")
      #expect(again.report.schedules == 0, "\(again)")
      let later = await run(.never, in: folder) { try await payTwice(Purse()) }
      #expect(later.failure?.corpusFile == file, "whatever is configured then: \(later)")
      #expect(later.failure?.interleaving.interruptions == 1, "\(later)")
      let mended = await run(in: folder) { try await payTwice(Purse(isCareful: true)) }
      #expect(mended.failure == nil && mended.report.replayed == 1, "\(mended)")
    }
  }

  @Test func whatTakesNoInterruptionIsKeptInTheOldFormat() async throws {
    try await withTemporaryFolder { folder in
      let failure = try #require(
        await run(in: folder) { try await payTwice(Purse(suspends: true)) }.failure)
      let file = try #require(failure.corpusFile)
      let text = try String(contentsOfFile: file, encoding: .utf8)
      #expect(text.contains("\"version\": 1"), "\(text)")
    }
  }

  // MARK: Where they end

  #if os(Linux)
    @Test func aCallThatBlocksInAnotherWayEndsThemByItsName() async {
      let outcome = await run {
        let lock = TimedLock()
        await bothAtOnce({ lock.withLock {} }, { lock.withLock {} })
      }
      #expect(outcome.failure == nil, "\(outcome)")
      #expect(
        outcome.report.warnings.contains { $0.contains("came to pthread_mutex_timedlock") },
        "\(outcome)")
    }
  #endif
}

#if os(Linux)
  /// A lock that is waited for no longer than for some seconds.
  private final class TimedLock: @unchecked Sendable {
    private let lock = UnsafeMutablePointer<pthread_mutex_t>.allocate(capacity: 1)

    init() { pthread_mutex_init(lock, nil) }

    deinit {
      pthread_mutex_destroy(lock)
      lock.deallocate()
    }

    func withLock(_ body: () -> Void) {
      var moment = timespec()
      clock_gettime(CLOCK_REALTIME, &moment)
      moment.tv_sec += 10
      precondition(pthread_mutex_timedlock(lock, &moment) == 0)
      body()
      pthread_mutex_unlock(lock)
    }
  }
#endif

private struct Overdrawn: Error {}

/// What can be paid from, behind a lock.
private final class Purse: @unchecked Sendable {
  private let lock = NSLock()
  private var amount = 1
  private let isCareful: Bool
  private let suspends: Bool

  init(isCareful: Bool = false, suspends: Bool = false) {
    self.isCareful = isCareful
    self.suspends = suspends
  }

  var isOverdrawn: Bool { lock.withLock { amount < 0 } }

  func pay(_ price: Int) {
    if isCareful {
      lock.withLock { if amount >= price { amount -= price } }
    } else {
      guard lock.withLock({ amount >= price }) else { return }
      lock.withLock { amount -= price }
    }
  }

  func payLater(_ price: Int) async {
    guard lock.withLock({ amount >= price }) else { return }
    await Task.yield()
    lock.withLock { amount -= price }
  }

  func payOnce() async { suspends ? await payLater(1) : pay(1) }
}

private func payTwice(_ purse: Purse) async throws {
  await withTaskGroup(of: Void.self) { group in
    for _ in 0..<2 { group.addTask { await purse.payOnce() } }
  }
  if purse.isOverdrawn { throw Overdrawn() }
}

private func bothAtOnce(
  _ first: @escaping @Sendable () -> Void, _ second: @escaping @Sendable () -> Void
) async {
  await withTaskGroup(of: Void.self) { group in
    group.addTask { first() }
    group.addTask { second() }
  }
}

private func nest(_ outer: NSLock, _ inner: NSLock) {
  outer.lock()
  inner.lock()
  inner.unlock()
  outer.unlock()
}

/// A task beside one that begins at once, each under two locks.
@Sendable private func nestAtOnce(isMended: Bool) async {
  let (first, second) = (NSLock(), NSLock())
  let beside = Task { if isMended { nest(first, second) } else { nest(second, first) } }
  let atOnce = Task.immediate { nest(first, second) }
  await atOnce.value
  await beside.value
}

/// The same, with one that takes only the inner lock, under the outer one of who makes it.
@Sendable private func nestUnderALock(isMended: Bool) async {
  let (first, second) = (NSLock(), NSLock())
  let beside = Task { if isMended { nest(first, second) } else { nest(second, first) } }
  first.take()
  let atOnce = Task.immediate { second.withLock {} }
  first.give()
  await atOnce.value
  await beside.value
}

extension NSLock {
  fileprivate func take() { lock() }
  fileprivate func give() { unlock() }
}

private actor Tally {
  private var count = 0
  func add() { count += 1 }
}

/// Keeps out others by turning round until it is free.
private final class Turnstile: @unchecked Sendable {
  private var isTaken = false
  private let lock = NSLock()

  func pass() {
    passAndLock()
    isTaken = false
  }

  func passAndLock() {
    while isTaken {}
    isTaken = true
    lock.withLock {}
    lock.withLock {}
  }
}
