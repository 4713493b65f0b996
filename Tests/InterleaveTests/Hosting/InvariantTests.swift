import Interleave
import Synchronization
import Testing

@Suite struct InvariantTests {
  @Test func whatMustAlwaysHoldKeepsNoActorAlive() async {
    let outcome = await fuzzed {
      let gone = Departures()
      let log = Log()
      do {
        let actor = Mortal(gone)
        always(actor, "it counts") { $0.calls >= 0 }
        async let first: Void = actor.call(log)
        async let second: Void = actor.call(log)
        _ = await (first, second)
      }
      #expect(gone.value == 1, "the actor is alive")
      // Another one may come to lie in its place, and is none of the invariant's business.
      let next = Mortal(gone)
      await next.call(log)
    }
    #expect(outcome.failure == nil, "\(outcome)")
    #expect(outcome.report.choices > 0)
  }

  @Test func whatMustAlwaysHoldIsCheckedAsLongAsItsActorLives() async throws {
    let outcome = await fuzzed {
      let actor = Mortal(Departures())
      always(actor, "it is called once") { $0.calls < 2 }
      await actor.call(Log())
      await actor.call(Log())
    }
    #expect(outcome.failure?.kind == .invariant, "\(outcome)")
  }

  @Test func whatMustAlwaysHoldIsCheckedAfterEveryStepOnTheActor() async throws {
    let line = #line + 3
    let outcome = await fuzzed {
      let bank = Bank(balance: 100)
      always(bank, "no debts") { $0.balance >= 0 }
      await withdrawTwice(from: bank)
      await Task.yield()
    }
    let failure = try #require(outcome.failure)
    #expect(failure.kind == .invariant)
    #expect(failure.message.contains("no debts"))
    #expect(failure.sourceLocation?.line == line)
    #expect(failure.interleaving.preemptions == 1)
    let last = try #require(failure.interleaving.steps.last)
    #expect(last.name.executor == "Bank")
    #expect(last.changes.map(\.property) == ["balance"])
    #expect(last.changes.map(\.after) == ["-60"])
  }

  @Test func whatAConditionReadsFindsItselfOnTheActor() async throws {
    let outcome = await fuzzed {
      let ledger = Ledger()
      always(ledger, "in the black") { $0.isInTheBlack }
      eventually(ledger) { $0.isInTheBlack }
      let model = LedgerModel()
      always(model) { $0.isInTheBlack }
      always("as a plain condition") { @MainActor in model.isInTheBlack }
      async let first: Void = ledger.enter(-60)
      async let second: Void = ledger.enter(-60)
      async let third: Void = model.enter(60)
      _ = await (first, second, third)
    }
    let failure = try #require(outcome.failure)
    #expect(failure.kind == .invariant, "\(failure)")
    #expect(failure.message.contains("in the black"))
  }

  @Test func whatAConditionReadsThatHoldsPasses() async {
    let outcome = await fuzzed {
      let (ledger, model) = (Ledger(), LedgerModel())
      always(ledger) { $0.isInTheBlack }
      always(model) { $0.isInTheBlack }
      eventually(model) { $0.isInTheBlack }
      eventually(ledger) { ledger in ledger.protocolsBalance > 0 }
      async let first: Void = ledger.enter(-60)
      async let second: Void = model.enter(-60)
      _ = await (first, second)
    }
    #expect(outcome.failure == nil, "\(outcome)")
  }

  @Test func anInvariantThatIsBrokenForAMomentIsFound() async throws {
    let outcome = await fuzzed {
      let transfer = Transfer()
      always(transfer) { $0.from + $0.to == 100 }
      async let moved: Void = transfer.move(30)
      async let other: Void = transfer.move(10)
      _ = await (moved, other)
    }
    let failure = try #require(outcome.failure)
    #expect(failure.kind == .invariant)
    #expect(failure.interleaving.preemptions == 0)
  }

  @Test func anInvariantThatHoldsAtEverySuspensionPasses() async {
    let outcome = await fuzzed {
      let bank = Bank(balance: 100)
      let transfer = Transfer()
      always(bank) { $0.balance >= 0 }
      always(transfer) { $0.from + $0.to == 100 }
      async let moved: Void = transfer.moveAtOnce(30)
      await withdrawTwice(from: bank, atOnce: true)
      await moved
    }
    #expect(outcome.failure == nil, "\(outcome)")
  }

  @Test func aConditionThatThrowsDoesNotHold() async throws {
    struct Unknown: Error {}
    let outcome = await fuzzed {
      let bank = Bank(balance: 100)
      always(bank) { _ in throw Unknown() }
      await withdrawTwice(from: bank)
    }
    let failure = try #require(outcome.failure)
    #expect(failure.kind == .invariant)
    #expect(failure.message.contains("threw Unknown()"))
  }

  @Test func whatMustEventuallyHoldIsCheckedWhenTheRunIsOver() async throws {
    let line = #line + 3
    let outcome = await fuzzed {
      let bank = Bank(balance: 100)
      eventually(bank, "one withdrawal") { $0.balance == 20 }
      await withdrawTwice(from: bank)
    }
    let failure = try #require(outcome.failure)
    #expect(failure.kind == .invariant)
    #expect(failure.message.contains("one withdrawal"))
    #expect(failure.sourceLocation?.line == line)
    #expect(failure.interleaving.preemptions == 1)
  }

  @Test func whatHoldsInTheEndNeedNotHoldBefore() async {
    let outcome = await fuzzed {
      let transfer = Transfer()
      eventually(transfer) { $0.from + $0.to == 100 && $0.to == 40 }
      async let moved: Void = transfer.move(30)
      async let other: Void = transfer.move(10)
      _ = await (moved, other)
    }
    #expect(outcome.failure == nil, "\(outcome)")
  }

  @Test func theEndIsAfterTheLastTaskAndNotTheBody() async {
    let outcome = await fuzzed {
      let transfer = Transfer()
      eventually(transfer) { $0.to == 40 }
      Task { await transfer.move(30) }
      Task { await transfer.move(10) }
    }
    #expect(outcome.failure == nil, "\(outcome)")
  }

  @Test func oneRunsInvariantsAreForgottenInTheNext() async {
    let outcome = await fuzzed(schedules: 20) {
      let shared = Transfer()
      always(shared) { $0.to <= 40 }
      async let moved: Void = shared.move(30)
      async let other: Void = shared.move(10)
      _ = await (moved, other)
    }
    #expect(outcome.failure == nil, "\(outcome)")
  }

  @Test func invariantsOfTheMainActorAreChecked() async throws {
    let outcome = await fuzzed {
      await reset()
      always(MainActor.shared) { _ in unsafeCounter.value < 2 }
      async let a: Void = bump()
      async let b: Void = bump()
      _ = await (a, b)
    }
    let failure = try #require(outcome.failure)
    #expect(failure.kind == .invariant)
    #expect(failure.interleaving.steps.last?.name.executor == "MainActor")
  }
}

private final class Counter: @unchecked Sendable {
  var value = 0
}

private let unsafeCounter = Counter()

@MainActor private func bump() async { unsafeCounter.value += 1 }
@MainActor private func reset() async { unsafeCounter.value = 0 }

/// Moves money between two of its own accounts.
private actor Transfer {
  private(set) var from = 100
  private(set) var to = 0

  func move(_ amount: Int) async {
    from -= amount
    await Task.yield()
    to += amount
  }

  func moveAtOnce(_ amount: Int) async {
    from -= amount
    to += amount
    await Task.yield()
  }
}

/// Tells when it is freed.
private actor Mortal {
  private(set) var calls = 0
  private let gone: Departures

  init(_ gone: Departures) { self.gone = gone }

  deinit { gone.increment() }

  func call(_ log: Log) async {
    calls += 1
    await log.append()
  }
}

private final class Departures: Sendable {
  private let count = Mutex(0)

  var value: Int { count.withLock { $0 } }

  func increment() { count.withLock { $0 += 1 } }
}

/// Closures that use what is isolated check where they are: those of a concrete actor, and those of
/// a protocol's extension.
private protocol Balanced: Actor {
  var entries: [Int] { get }
}

extension Balanced {
  fileprivate var protocolsBalance: Int {
    assertIsolated()
    return entries.indices.reduce(0) { $0 + entries[$1] }
  }
}

private actor Ledger: Balanced {
  private(set) var entries = [100]

  var isInTheBlack: Bool {
    preconditionIsolated()
    return entries.indices.reduce(0) { $0 + entries[$1] } >= 0
  }

  func enter(_ amount: Int) { entries.append(amount) }
}

@MainActor private final class LedgerModel {
  private(set) var entries = [100]

  var isInTheBlack: Bool {
    MainActor.preconditionIsolated()
    return entries.indices.reduce(0) { $0 + entries[$1] } >= 0
  }

  func enter(_ amount: Int) { entries.append(amount) }
}
