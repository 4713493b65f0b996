import Testing

@testable import Interleave

/// Which steps of real failures happen before the failure, and which only beside it.
@Suite struct CausalPastTests {
  private actor Account {
    private(set) var balance = 100
    private let log = Log()

    func withdraw(_ amount: Int) async {
      guard balance >= amount else { return }
      await log.append()
      balance -= amount
    }
  }

  private actor Pong {
    private(set) var hits = 0

    func hit() { hits += 1 }
  }

  private actor Ping {
    private(set) var hits = 0

    func play(_ pong: Pong, times: Int) async {
      for _ in 0..<times {
        await pong.hit()
        hits += 1
      }
    }
  }

  private func failure(
    _ other: @escaping @Sendable () async -> Void
  ) async throws -> FuzzFailure {
    let outcome = await fuzzed {
      let account = Account()
      always(account) { $0.balance >= 0 }
      async let beside: Void = other()
      async let one: Void = account.withdraw(80)
      async let another: Void = account.withdraw(80)
      // Whoever is waited for first goes on for no other.
      _ = await (one, another, beside)
    }
    return try #require(outcome.failure, "\(outcome)")
  }

  @Test func whatHappensBesideTheFailureIsLeftOut() async throws {
    let failure = try await failure {
      let (ping, pong) = (Ping(), Pong())
      await ping.play(pong, times: 3)
    }
    let steps = failure.interleaving.steps
    let past = try #require(failure.past, "\(failure)")
    let beside = steps.indices.filter { ["Ping", "Pong"].contains(steps[$0].actor) }
    #expect(beside.count >= 3, "\(failure)")
    #expect(past.isDisjoint(with: beside), "\(failure)")
    let own = steps.indices.filter { ["Account", "Log"].contains(steps[$0].actor) }
    #expect(own.count >= 4 && past.isSuperset(of: own), "\(failure)")
    let text = failure.asciiText(width: 120)
    #expect(text.contains("\(past.count) of \(steps.count) steps"), "\(text)")
  }

  @Test func whatTheFailureWaitedForIsNot() async throws {
    let outcome = await fuzzed {
      let account = Account()
      always(account) { $0.balance >= 0 }
      await Ping().play(Pong(), times: 3)
      async let one: Void = account.withdraw(80)
      async let another: Void = account.withdraw(80)
      _ = await (one, another)
    }
    let failure = try #require(outcome.failure, "\(outcome)")
    #expect(failure.past.map(\.count) == failure.interleaving.steps.count, "\(failure)")
  }
}
