import Interleave
import Testing

/// What a test is told of doubles that come back at once.
@Suite(.unoptimised) struct UnsuspendedAwaitTests {
  private protocol Payment: Sendable {
    func charge(_ amount: Int) async throws
  }

  private struct ChargingNothing: Payment {
    func charge(_ amount: Int) async throws {}
  }

  private struct ChargingLater: Payment {
    func charge(_ amount: Int) async throws { await Task.yield() }
  }

  /// Comes back at once for small amounts only.
  private struct ChargingMuchLater: Payment {
    func charge(_ amount: Int) async throws {
      if amount > 10 { await Task.yield() }
    }
  }

  private final class CountingCharges: Payment {
    private let count = Count()
    func charge(_ amount: Int) async throws { await count.add() }
  }

  private actor Count {
    private var count = 0
    func add() { count += 1 }
  }

  private actor Shop {
    private let payment: any Payment
    private(set) var sales = 0

    init(_ payment: any Payment) { self.payment = payment }

    func sell(for amount: Int) async throws {
      guard sales == 0 else { return }
      try await payment.charge(amount)
      sales = 1
    }

    /// Awaits what is its own.
    func sellAll() async throws {
      await count()
      sales += 1
    }

    private func count() async { sales += 0 }
  }

  @MainActor private final class Model {
    private let payment: any Payment
    private(set) var isBusy = false

    init(_ payment: any Payment) { self.payment = payment }

    func buy() async throws {
      guard !isBusy else { return }
      isBusy = true
      try await payment.charge(1)
      isBusy = false
    }
  }

  private func warnings(
    of payment: any Payment, _ configure: @escaping (inout FuzzConfiguration) -> Void = { _ in }
  ) async -> [String] {
    let outcome = await fuzzed(configure) {
      let shop = Shop(payment)
      async let one: Void = shop.sell(for: 5)
      async let other: Void = shop.sell(for: 20)
      _ = try await (one, other)
    }
    #expect(outcome.failure == nil, "\(outcome)")
    return outcome.report.warnings.filter { $0.contains("never suspended") }
  }

  @Test func aDoubleThatComesBackAtOnceIsNamedWithTheLineThatAwaitsIt() async throws {
    let warning = try #require(await warnings(of: ChargingNothing()).first)
    #expect(warning.contains("Shop.sell(for:) (UnsuspendedAwaitTests.swift:"), "\(warning)")
    #expect(
      warning.contains("awaits `UnsuspendedAwaitTests.ChargingNothing.charge(_:)`"), "\(warning)")
    #expect(warning.contains("never suspended in "))
    #expect(await warnings(of: ChargingNothing()).count == 1)
  }

  @Test func theCheckCanBeTurnedOff() async {
    #expect(await warnings(of: ChargingNothing()) { $0.checks.remove(.unsuspendedAwaits) } == [])
  }

  @Test func aDoubleThatSuspendsIsNotTold() async {
    #expect(await warnings(of: ChargingLater()) == [])
    #expect(await warnings(of: CountingCharges()) == [])
  }

  @Test func aDoubleThatSuspendsNowAndThenIsNotTold() async {
    #expect(await warnings(of: ChargingMuchLater()) == [])
  }

  @Test func whatIsNoDoubleIsNotTold() async {
    let outcome = await fuzzed {
      let shop = Shop(ChargingLater())
      async let one: Void = shop.sellAll()
      async let other: Void = shop.sellAll()
      _ = try await (one, other)
    }
    #expect(outcome.failure == nil, "\(outcome)")
    #expect(outcome.report.warnings.isEmpty, "\(outcome.report.warnings)")
  }

  @Test func aModelOfTheMainActorIsAnActorToo() async {
    let outcome = await fuzzed {
      let model = await Model(ChargingNothing())
      async let one: Void = model.buy()
      async let other: Void = model.buy()
      _ = try await (one, other)
    }
    let warnings = outcome.report.warnings
    #expect(warnings.contains { $0.contains("Model.buy() (Unsuspended") }, "\(warnings)")
  }

  @Test func whereNothingWasInterleavedItMayBeWhy() async throws {
    let outcome = await fuzzed {
      let shop = Shop(ChargingNothing())
      try await Task { try await shop.sell(for: 5) }.value
      try await Task { try await shop.sell(for: 20) }.value
    }
    let failure = try #require(outcome.failure)
    #expect(failure.kind == .nothingInterleaved)
    #expect(
      failure.message.contains(
        "awaits `UnsuspendedAwaitTests.ChargingNothing.charge(_:)`, which comes back without"),
      "\(failure.message)")
  }
}
