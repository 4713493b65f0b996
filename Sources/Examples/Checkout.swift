/// A card processor: a charge takes some milliseconds, and cannot be called back.
public actor CardProcessor {
  /// What was taken from the card, by order.
  public private(set) var charged: [String: Int] = [:]
  private var keys: Set<String> = []

  public init() {}

  /// Takes money from a card.
  ///
  /// - Parameter key: The same in each attempt at the same charge: the second
  ///   attempt then changes nothing. Without one, every attempt counts.
  public func charge(_ amount: Int, for order: String, key: String? = nil) {
    if let key, !keys.insert(key).inserted { return }
    charged[order, default: 0] += amount
  }
}

/// The time that was given is over.
public struct TimedOut: Error {}

/// Runs work, but waits only so long for it.
///
/// The work is cancelled when the time is over. Whether it has done its deed by
/// then is another question.
public func withTimeout<Value: Sendable>(
  _ limit: Duration, _ work: @escaping @Sendable () async throws -> Value
) async throws -> Value {
  try await withThrowingTaskGroup(of: Value.self) { group in
    group.addTask { try await work() }
    group.addTask {
      try await Task.sleep(for: limit)
      throw TimedOut()
    }
    defer { group.cancelAll() }
    guard let value = try await group.next() else { throw CancellationError() }
    return value
  }
}

/// A checkout that may charge twice.
///
/// The processor answers within 5 ms, the checkout waits for 8 ms and then tries
/// once more. That a timeout means "not done" is the mistake: on a busy machine
/// the charge goes through, but the timer is served before the answer.
public struct Checkout: Sendable {
  private let processor: CardProcessor

  public init(processor: CardProcessor) {
    self.processor = processor
  }

  /// Pays an order, and tries once more if the processor does not answer.
  public func pay(_ amount: Int, for order: String) async throws {
    do {
      try await attempt(amount, for: order)
    } catch is TimedOut {
      try await attempt(amount, for: order)
    }
  }

  private func attempt(_ amount: Int, for order: String) async throws {
    try await withTimeout(.milliseconds(8)) {
      try await Task.sleep(for: .milliseconds(5))
      await processor.charge(amount, for: order)
    }
  }
}

/// A checkout that charges once: each attempt carries the order as its key.
public struct MendedCheckout: Sendable {
  private let processor: CardProcessor

  public init(processor: CardProcessor) {
    self.processor = processor
  }

  /// Pays an order, and tries once more if the processor does not answer.
  public func pay(_ amount: Int, for order: String) async throws {
    do {
      try await attempt(amount, for: order)
    } catch is TimedOut {
      try await attempt(amount, for: order)
    }
  }

  private func attempt(_ amount: Int, for order: String) async throws {
    try await withTimeout(.milliseconds(8)) {
      try await Task.sleep(for: .milliseconds(5))
      await processor.charge(amount, for: order, key: order)
    }
  }
}

/// A customer pays an order of 30.
public enum CheckoutExample {
  public static func racy() async throws {
    let processor = CardProcessor()
    try? await Checkout(processor: processor).pay(30, for: "order 1")
    try await expectOneCharge(of: 30, on: processor)
  }

  public static func mended() async throws {
    let processor = CardProcessor()
    try? await MendedCheckout(processor: processor).pay(30, for: "order 1")
    try await expectOneCharge(of: 30, on: processor)
  }

  /// An order that timed out for good may stay uncharged; it must not be charged twice.
  private static func expectOneCharge(of amount: Int, on processor: CardProcessor) async throws {
    let charged = await processor.charged["order 1", default: 0]
    try expect(charged <= amount, "the card must be charged \(amount) (was charged \(charged))")
  }
}
