import Foundation
import InterleaveEngine
import Testing

@testable import Interleave

/// A failure as one string, from the report to another machine.
@Suite struct ReplayStringTests {
  private func racy(least: Int = 0) async {
    let bank = Bank(balance: 100)
    await withdrawTwice(from: bank)
    #expect(await bank.balance >= least)
  }

  private func failure() async throws -> FuzzFailure {
    let outcome = await fuzzed { await racy() }
    return try #require(outcome.failure, "\(outcome)")
  }

  @Test func aFailureIsReplayedByItsString() async throws {
    let failure = try await failure()
    let string = try #require(failure.replayString)
    let replayed = await fuzzed({ $0.replaying = string }) { await racy() }
    let again = try #require(replayed.failure, "\(replayed)")
    #expect(again.kind == .expectation)
    #expect(
      again.interleaving.deviations.map(\.picked) == failure.interleaving.deviations.map(\.picked))
    #expect(replayed.report.schedules == 0, "nothing else is run")
    #expect(replayed.report.replayed == 1)
  }

  @Test func aMendedProgramPassesIt() async throws {
    let string = try #require(try await failure().replayString)
    let replayed = await fuzzed({ $0.replaying = string }) { await racy(least: -100) }
    #expect(replayed.failure == nil, "\(replayed)")
    #expect(replayed.report.replayed == 1)
    #expect(replayed.report.fixed == ["the replay string"], "\(replayed)")
  }

  @Test func aProgramWithoutItsInterleavingPassesWithAWarning() async throws {
    let string = try #require(try await failure().replayString)
    let replayed = await fuzzed({ $0.replaying = string }) {
      await withdrawTwice(from: Bank(balance: 100), atOnce: true)
    }
    #expect(replayed.failure == nil, "\(replayed)")
    #expect(replayed.report.stale == ["the replay string"], "\(replayed)")
  }

  @Test func theFunctionThrowsAsLongAsItFails() async throws {
    let string = try #require(try await failure().replayString)
    await #expect(throws: FuzzFailure.self) {
      try await fuzz(replaying: string) { await racy() }
    }
    let report = try await fuzz(replaying: string) { await racy(least: -100) }
    #expect(report.replayed == 1)
  }

  @Test func generatedInputsAreInIt() async throws {
    let spec: @Sendable (Int) async throws -> Void = { amount in
      let bank = Bank(balance: 100)
      async let first = bank.withdraw(amount)
      async let second = bank.withdraw(amount)
      _ = await (first, second)
      #expect(await bank.balance >= 0)
    }
    var configuration = FuzzConfiguration()
    configuration.seed = 1
    configuration.corpus = .none
    let found = await Fuzzer(configuration).run(named: "inputs", over: .int(in: 1...100), spec)
    let failure = try #require(found.failure, "\(found)")
    configuration.replaying = failure.replayString
    #expect(configuration.replaying != nil)
    let replayed = await Fuzzer(configuration).run(named: "inputs", over: .int(in: 1...100), spec)
    #expect(replayed.failure?.inputs == failure.inputs, "\(replayed)")
  }

  @Test func theReportPrintsItToBePasted() async throws {
    let failure = try await failure()
    let text = failure.asciiText(width: 80)
    let start = try #require(text.range(of: "    .replays(\"\"\"\n"))
    let end = try #require(
      text.range(of: "\n      \"\"\")", range: start.upperBound..<text.endIndex))
    let pasted = String(text[start.upperBound..<end.lowerBound])
    #expect(
      try ReplayString.decode(pasted) == ReplayString.decode(try #require(failure.replayString)))
    #expect(pasted.split(separator: "\n").allSatisfy { $0.count <= 80 }, "\(text)")
  }

  @Test(arguments: [
    "", "nonsense", "interleave1-", "interleave1-AAAA", "interleave2-AAAAAAAA", "interleave1-!!!!",
  ])
  func aStringThatIsNotWholeIsAnError(string: String) {
    let error = #expect(throws: ConfigurationError.self) { try ReplayString.decode(string) }
    #expect(error?.description.hasPrefix("a replay string must ") == true)
  }

  @Test func noDamageIsTakenForAnotherFailure() async throws {
    let string = try #require(try await failure().replayString)
    let entry = try ReplayString.decode(string)
    var generator = SplitMix64(seed: 5)
    for _ in 0..<500 {
      var characters = Array(string)
      let index = generator.below(characters.count)
      if generator.below(2) == 0 {
        characters.remove(at: index)
      } else {
        characters[index] = Array("ABCDxyz09-_")[generator.below(11)]
      }
      guard let other = try? ReplayString.decode(String(characters)) else { continue }
      #expect(other == entry)
    }
  }

  @Test func everythingThatAReplayLooksAtIsInIt() throws {
    let step = Interleaving.StepName(
      task: TaskPath("0.1.2")!, ordinal: 3, function: "f(\u{2192})", occurrence: 1, executor: "Bank"
    )
    var inside = step
    inside.inside = InsidePoint(.lock, isAfter: true, occurrence: 2)
    let entry = CorpusEntry(
      test: CorpusEntry.TestName(suite: "", name: ""),
      signature: FailureSignature(kind: .deadlock, place: "Bank.swift"), message: "",
      seed: .max, inputs: ["1", "\"a\""], operations: ["deposit(5)"],
      choices: [[0, 1, .max], []],
      deviations: [Interleaving.Deviation(index: 4, picked: inside, passedOver: step)],
      cancellation: Interleaving.Cancellation(task: TaskPath("0.1")!, index: 7, after: step))
    #expect(try ReplayString.decode(ReplayString.encode(entry)) == entry)
  }
}
