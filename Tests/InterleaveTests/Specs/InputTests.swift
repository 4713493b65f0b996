import Foundation
import Testing

@testable import Interleave

/// Two tasks that each take an amount from what is there, looking first.
private actor Account {
  private(set) var balance = 100

  func withdraw(_ amount: Int) async {
    guard balance >= amount else { return }
    await Task.yield()
    balance -= amount
  }
}

private struct Overdrawn: Error {}

@Suite struct InputTests {
  @Test func valuesAndScheduleAreShrunkTogether() async throws {
    for seed in UInt64(0)..<10 {
      let outcome = await fuzzer(seed).run(
        named: "overdrawn", over: .int(in: 1...100), .array(of: .bool, count: 0...4)
      ) { amount, flags in
        let account = Account()
        async let one: Void = account.withdraw(amount)
        async let other: Void = account.withdraw(amount)
        _ = await (one, other)
        if await account.balance < 0 { throw Overdrawn() }
      }
      let failure = try #require(outcome.failure)
      #expect(failure.inputs == ["51", "[]"], "seed \(seed)")
      #expect(failure.interleaving.deviations.count <= 1, "seed \(seed)")
    }
  }

  @Test func whatHoldsForAllValuesPasses() async throws {
    let outcome = await fuzzer(1).run(named: "held", over: .int(in: 1...50)) { amount in
      let account = Account()
      async let one: Void = account.withdraw(amount)
      async let other: Void = account.withdraw(amount)
      _ = await (one, other)
      if await account.balance < 0 { throw Overdrawn() }
    }
    #expect(outcome.failure == nil)
    #expect(outcome.report.schedules == 500)
  }

  @Test func theFirstInputIsTheSimplest() async throws {
    let outcome = await fuzzer(1).run(named: "first", over: .int(), .bool, .string()) { a, b, c in
      if (a, b, c) == (0, false, "") { throw Overdrawn() }
    }
    let failure = try #require(outcome.failure)
    #expect(failure.schedulesTried == 1)
    #expect(failure.inputs == ["0", "false", "\"\""])
  }

  @Test func sixInputsAreDrawnInOrder() async throws {
    let outcome = await fuzzer(1).run(
      named: "six", over: .just(1), .just("2"), .just(3.0), .just([4]), .just(true), .just("6")
    ) { _, _, _, _, _, _ in throw Overdrawn() }
    #expect(outcome.failure?.inputs == ["1", "\"2\"", "3.0", "[4]", "true", "\"6\""])
  }

  @Test func equalSeedsFindEqualFailures() async throws {
    func failure() async -> FuzzFailure? {
      await fuzzer(7).run(named: "equal", over: .int(in: 0...1_000), .int(in: 0...1_000)) {
        async let sum = $0 + $1
        if await sum > 900 { throw Overdrawn() }
      }.failure
    }
    let one = try #require(await failure())
    let other = try #require(await failure())
    #expect(one.inputs == other.inputs && one.description == other.description)
  }

  @Test func aGeneratorThatGivesUpIsNamed() async throws {
    let outcome = await fuzzer(1).run(named: "never", over: .int().filter { _ in false }) { _ in }
    let failure = try #require(outcome.failure)
    #expect(failure.message.contains("`filter` at"))
  }

  @Test func choicesSurviveBeingWords() {
    let choices: [Choice] = [
      .integer(0), .integer(-1), .integer(.max), .integer(.min), .integer(Int128(UInt64.max)),
      .boolean(true), .boolean(false), .double(-0.5), .double(bits: .max),
    ]
    #expect(Choice.choices(of: choices.flatMap(\.words)) == choices)
    #expect(Choice.choices(of: [0]) == nil)
    #expect(Choice.choices(of: [9, 1]) == nil)
    #expect(Choice.choices(of: [2, 7]) == nil)
  }

  private func fuzzer(_ seed: UInt64) -> Fuzzer {
    var configuration = FuzzConfiguration()
    configuration.schedules = 500
    configuration.seed = seed
    configuration.corpus = .none
    return Fuzzer(configuration)
  }
}

@Suite struct StoredInputTests {
  private let folder = FileManager.default.temporaryDirectory.appendingPathComponent(
    "interleave-inputs-\(UUID().uuidString)")

  @Test func storedInputsAreReplayedFirst() async throws {
    defer { try? FileManager.default.removeItem(at: folder) }
    let first = await outcome(above: 700, range: 0...1_000)
    #expect(first.failure?.inputs == ["701"])
    let second = await outcome(above: 700, range: 0...1_000)
    #expect(second.report.replayed == 1)
    #expect(second.failure?.inputs == ["701"])
    #expect(second.failure?.schedulesTried == 1)
    let mended = await outcome(above: 5_000, range: 0...1_000)
    #expect(mended.report.fixed.count == 1)
  }

  @Test func inputsThatAreNotGeneratedAnyMoreAreStaleWithTheReason() async throws {
    defer { try? FileManager.default.removeItem(at: folder) }
    _ = await outcome(above: 700, range: 0...1_000)
    let changed = await outcome(above: 700, range: 0...100)
    #expect(changed.failure == nil)
    #expect(changed.report.stale.count == 1)
    let warning = changed.report.warnings.joined()
    #expect(warning.contains("input 1 is `100` now and was `701`"))
    #expect(warning.contains("1 choice out of range"))
  }

  @Test func inputsThatAreNotGeneratedAnyMoreAreRepairedByOthersThatFailLikewise() async throws {
    defer { try? FileManager.default.removeItem(at: folder) }
    let first = await outcome(above: 700, range: 0...1_000)
    let changed = try #require(await outcome(above: 700, range: 900...1_000).failure)
    #expect(changed.inputs == ["900"])
    #expect(changed.repair?.staleFile == first.failure?.corpusFile)
    #expect(changed.repair?.reason.contains("its generators make other inputs") == true)
  }

  private func outcome(above limit: Int, range: ClosedRange<Int>) async -> FuzzOutcome {
    var configuration = FuzzConfiguration()
    configuration.schedules = 400
    configuration.seed = 3
    configuration.corpus = .at(folder.path)
    return await Fuzzer(configuration).run(named: "limit", over: .int(in: range)) { number in
      async let same = number
      async let again = number
      if await same + again > 2 * limit { throw Overdrawn() }
    }
  }
}
