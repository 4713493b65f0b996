import InterleaveEngine
import Synchronization
import Testing

@testable import Interleave

/// A draft that fails in another way is another failure, however small it is.
@Suite struct SameFailureTests {
  // MARK: What counts

  private func failure(
    _ kind: FuzzFailure.Kind = .invariant, _ message: String = "m", place: String = "T.swift:3",
    line: Int = 3
  ) -> RunFailure {
    RunFailure(
      kind: kind, message: message,
      location: .init(fileID: "T/T.swift", filePath: "/T.swift", line: line, column: 1),
      place: place, steps: line)
  }

  @Test func kindAndPlaceMustAgreeAndNothingElse() {
    #expect(failure().isLike(failure(.invariant, "other", line: 9)))
    #expect(!failure().isLike(failure(.expectation)))
    #expect(!failure().isLike(failure(place: "T.swift:4")))
    #expect(!failure(.deadlock, place: "lock()").isLike(failure(.lostWakeUp, place: "lock()")))
  }

  // MARK: What was generated

  private struct Small: Error {}
  private struct Large: Error {}

  /// What a bank and a number come to, where the number is drawn from a million.
  ///
  /// Hardly any of them is small, so what is found first is large.
  private func found(
    _ body: @escaping @Sendable (Bank, Int) throws -> Void
  ) async throws -> FuzzFailure {
    var configuration = FuzzConfiguration()
    configuration.corpus = .none
    configuration.seed = 3
    let outcome = await Fuzzer(configuration).run(named: "numbers", over: .int(in: 0...1_000_000)) {
      number in
      let bank = Bank(balance: 100)
      try body(bank, number)
      await withdrawTwice(from: bank, atOnce: true)
    }
    return try #require(outcome.failure)
  }

  @Test func anotherErrorIsNotAcceptedForASmallerInput() async throws {
    let failure = try await found { _, number in
      if number >= 700 { throw Large() }
      if number > 2 { throw Small() }
    }
    #expect(failure.message.contains("Large"), "\(failure)")
    #expect(failure.inputs == ["700"])
  }

  @Test func anInvariantOfAnotherLineIsNotAcceptedForASmallerInput() async throws {
    let failure = try await found { bank, number in
      eventually(bank, "never small") { _ in number <= 2 || number >= 700 }
      eventually(bank, "never large") { _ in number < 700 }
    }
    #expect(failure.message.contains("never large"), "\(failure)")
    #expect(failure.inputs == ["700"])
  }

  @Test func anotherKindIsNotAcceptedForASmallerInput() async throws {
    let failure = try await found { bank, number in
      eventually(bank, "never small") { _ in number <= 2 || number >= 700 }
      if number >= 700 { throw Large() }
    }
    #expect(failure.kind == .thrownError, "\(failure)")
    #expect(failure.inputs == ["700"])
  }

  // MARK: The schedule

  private actor Arrivals {
    private(set) var tasks: [Int] = []

    func add(_ task: Int) { tasks.append(task) }
  }

  /// Three tasks that arrive one after the other: the baseline takes them in order.
  private static func arrivals() async -> [Int] {
    let arrivals = Arrivals()
    await withTaskGroup(of: Void.self) { group in
      for task in 0..<3 { group.addTask { await arrivals.add(task) } }
    }
    return await arrivals.tasks
  }

  @Test func anotherErrorIsNotAcceptedForASmallerSchedule() async throws {
    var reversed = 0
    for seed in 1..<16 as Range<UInt64> {
      let first = Mutex([Int]?.none)
      let outcome = await fuzzed(schedules: 400, seed: seed) {
        let order = await Self.arrivals()
        guard order == [2, 1, 0] || order == [0, 2, 1] else { return }
        first.withLock { $0 = $0 ?? order }
        if order == [2, 1, 0] { throw Large() }
        throw Small()
      }
      let failure = try #require(outcome.failure)
      // To reverse all takes more than to swap the last two.
      guard first.withLock({ $0 }) == [2, 1, 0] else { continue }
      reversed += 1
      #expect(failure.message.contains("Large"), "seed \(seed): \(failure)")
      #expect(failure.interleaving.deviations.count == 2, "seed \(seed): \(failure)")
    }
    #expect(reversed > 2)
  }
}
