import Interleave
import Synchronization
import Testing

/// Bodies, view models and conditions of the main actor and of other global actors.
@Suite struct GlobalActorTests {
  @Test @MainActor func aBodyInheritsTheIsolationOfItsTest() async throws {
    let report = try await fuzz(schedules: 20) {
      let cart = CartModel()
      cart.count = 1
      MainActor.assertIsolated()
      addFromSynchronousCode(cart)
      async let first: Void = cart.addUnlessFull()
      async let second: Void = cart.addUnlessFull()
      _ = await (first, second)
      MainActor.assertIsolated()
      #expect(cart.count >= 2)
    }
    #expect(report.choices > 0)
  }

  @Test @MainActor func soDoesABodyWithInputsAndAControlledOne() async throws {
    try await fuzz(over: .int(in: 1...3)) { amount in
      let cart = CartModel()
      cart.count = amount
      async let first: Void = cart.addUnlessFull()
      async let second: Void = cart.addUnlessFull()
      _ = await (first, second)
    }
    try await controlled {
      let cart = CartModel()
      await cart.addUnlessFull()
      #expect(cart.count == 1)
    }
  }

  @Test func whatAlwaysHoldsOfAViewModelIsCheckedAfterEachOfItsSteps() async throws {
    let line = #line + 3
    let outcome = await fuzzed {
      let cart = CartModel()
      always(cart, "three are the most") { $0.count <= 3 }
      await fill(cart) { await $0.addUnlessFull() }
    }
    let failure = try #require(outcome.failure, "\(outcome)")
    #expect(failure.kind == .invariant)
    #expect(failure.message.contains("three are the most"))
    #expect(failure.sourceLocation?.line == line)
  }

  @Test func whatAlwaysHoldsOfAMendedViewModelPasses() async {
    let outcome = await fuzzed {
      let cart = CartModel()
      always(cart, "three are the most") { $0.count <= 3 }
      await fill(cart) { await $0.addUnlessFullAtOnce() }
    }
    #expect(outcome.failure == nil, "\(outcome)")
    #expect(outcome.report.choices > 0)
  }

  @Test func whatAViewModelBreaksForAMomentIsFound() async throws {
    let outcome = await fuzzed {
      let cart = CartModel()
      always(cart) { $0.count >= 0 }
      async let refunded: Void = cart.takeBackForAMoment()
      async let added: Void = cart.addUnlessFull()
      _ = await (refunded, added)
    }
    #expect(outcome.failure?.kind == .invariant, "\(outcome)")
  }

  @Test func aViewModelIsNotKeptAlive() async {
    let outcome = await fuzzed {
      weak var gone: CartModel?
      do {
        let cart = CartModel()
        gone = cart
        always(cart) { $0.count >= 0 }
        async let one: Void = cart.addUnlessFull()
        async let other: Void = cart.addUnlessFull()
        _ = await (one, other)
      }
      await Task.yield()
      #expect(gone == nil)
    }
    #expect(outcome.failure == nil, "\(outcome)")
  }

  @Test func aViewModelIsLookedAtWhenTheRunIsOver() async throws {
    let broken = await fuzzed {
      let cart = CartModel()
      eventually(cart, "three in the end") { $0.count == 3 }
      await fill(cart) { await $0.addUnlessFull() }
    }
    #expect(broken.failure?.kind == .invariant, "\(broken)")
    let mended = await fuzzed {
      let cart = CartModel()
      eventually(cart, "three in the end") { $0.count == 3 }
      await fill(cart) { await $0.addUnlessFullAtOnce() }
    }
    #expect(mended.failure == nil, "\(mended)")
  }

  @Test func anObjectOfAnotherGlobalActorIsCheckedOnThatActor() async throws {
    let broken = await fuzzed {
      let store = Store()
      always(store, "one at a time") { @StoreActor in $0.open <= 1 }
      eventually(store, "all are closed") { @StoreActor in $0.open == 0 }
      async let one: Void = store.use()
      async let other: Void = store.use()
      _ = await (one, other)
    }
    #expect(broken.failure?.message.contains("one at a time") == true, "\(broken)")
    let mended = await fuzzed {
      let store = Store()
      always(store, "one at a time") { @StoreActor in $0.open <= 1 }
      eventually(store, "all are closed") { @StoreActor in $0.open == 0 }
      async let one: Void = store.useAtOnce()
      async let other: Void = store.useAtOnce()
      _ = await (one, other)
    }
    #expect(mended.failure == nil, "\(mended)")
    #expect(mended.report.choices > 0)
  }

  @Test func aPlainConditionIsCheckedAfterEveryStep() async throws {
    let line = #line + 3
    let broken = await fuzzed {
      let used = Uses()
      always("the limit is one") { used.now <= 1 }
      async let one: Void = used.useUnlessUsed()
      async let other: Void = used.useUnlessUsed()
      _ = await (one, other)
    }
    let failure = try #require(broken.failure, "\(broken)")
    #expect(failure.kind == .invariant)
    #expect(failure.message.contains("the limit is one"))
    #expect(failure.sourceLocation?.line == line)
  }

  @Test func aPlainConditionThatHoldsPassesAndNothingIsProved() async throws {
    let mended = await fuzzed {
      let used = Uses()
      always("the limit is one") { used.now <= 1 }
      eventually("nobody uses it any more") { used.now == 0 }
      async let one: Void = used.useUnlessUsedAtOnce()
      async let other: Void = used.useUnlessUsedAtOnce()
      _ = await (one, other)
    }
    #expect(mended.failure == nil, "\(mended)")
    #expect(!mended.report.isExhaustive)
    #expect(mended.report.choices > 0)
  }

  @Test @MainActor func aPlainConditionOfTheMainActorIsCheckedOnIt() async throws {
    try await fuzz(schedules: 50) {
      let cart = CartModel()
      always("three are the most") { cart.count <= 3 }
      await fill(cart) { await $0.addUnlessFullAtOnce() }
    }
    var configuration = FuzzConfiguration()
    configuration.corpus = .none
    await #expect(throws: FuzzFailure.self) {
      try await fuzz(configuration) {
        let cart = CartModel()
        eventually("three are the most") { cart.count <= 3 }
        await fill(cart) { await $0.addUnlessFull() }
      }
    }
  }
}

/// Adds to a cart from four tasks.
private func fill(_ cart: CartModel, _ add: @escaping @Sendable (CartModel) async -> Void) async {
  await withTaskGroup { group in
    for _ in 0..<4 { group.addTask { await add(cart) } }
  }
}

@MainActor private final class CartModel {
  var count = 0

  func addUnlessFull() async {
    guard count < 3 else { return }
    await Task.yield()
    count += 1
  }

  func addUnlessFullAtOnce() async {
    guard count < 3 else { return }
    count += 1
    await Task.yield()
  }

  func takeBackForAMoment() async {
    count -= 1
    await Task.yield()
    count += 1
  }
}

@globalActor private actor StoreActor {
  static let shared = StoreActor()
}

@StoreActor private final class Store {
  var open = 0

  func use() async {
    open += 1
    await Task.yield()
    open -= 1
  }

  func useAtOnce() async {
    open += 1
    open -= 1
    await Task.yield()
  }
}

/// What tasks outside of any actor share behind a lock.
private final class Uses: Sendable {
  private let count = Mutex(0)

  var now: Int { count.withLock { $0 } }

  func useUnlessUsed() async {
    guard now == 0 else { return }
    await Task.yield()
    count.withLock { $0 += 1 }
    await Task.yield()
    count.withLock { $0 -= 1 }
  }

  func useUnlessUsedAtOnce() async {
    let isMine = count.withLock { count in
      guard count == 0 else { return false }
      count += 1
      return true
    }
    await Task.yield()
    if isMine { count.withLock { $0 -= 1 } }
  }
}

/// What code that is not async does where it knows that it is on the main actor.
private func addFromSynchronousCode(_ cart: CartModel) {
  MainActor.assumeIsolated { cart.count += 1 }
}
