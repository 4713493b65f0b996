import Foundation
import InterleaveEngine
import Synchronization
import Testing

@testable import Interleave

/// Runs whose choices are told by bytes.
@Suite(.unoptimised) struct OneInputTests {
  private struct Overdrawn: Error {}

  /// Whole steps, and six choices between two of them.
  private static let schedules: [[UInt8]] = (0..<64).map { number in
    (0..<6).map { UInt8(number >> $0 & 1) } + [0]
  }

  private static func fuzzer(
    schedules: Int = 2_000, _ configure: (inout FuzzConfiguration) -> Void = { _ in }
  ) -> Fuzzer {
    var configuration = FuzzConfiguration()
    configuration.corpus = .none
    configuration.seed = 1
    configuration.schedules = schedules
    configure(&configuration)
    return Fuzzer(configuration)
  }

  private static let overdraws: @Sendable () async throws -> Void = {
    let bank = Bank(balance: 100)
    await withdrawTwice(from: bank)
    if await bank.balance < 0 { throw Overdrawn() }
  }

  /// Fails where the amount is one of a thousand and the withdrawals meet.
  private static let overdrawsRarely: @Sendable (Int) async throws -> Void = { amount in
    let bank = Bank(balance: 100)
    async let first = bank.withdraw(amount == 77 ? 100 : 1)
    async let second = bank.withdraw(amount == 77 ? 100 : 1)
    _ = await (first, second)
    if await bank.balance < 0 { throw Overdrawn() }
  }

  @Test func nothingIsTheBaseline() async {
    let outcome = await Self.fuzzer().run(input: [], named: "empty", Self.overdraws)
    guard case .passed(let report) = outcome else {
      Issue.record("\(outcome)")
      return
    }
    #expect(report.schedules == 1)
    #expect(report.warnings == [])
  }

  @Test func everyStringIsARun() async {
    var random = SplitMix64(seed: 1)
    for length in [1, 2, 3, 8, 40, 400] {
      let bytes = (0..<length).map { _ in UInt8(random.below(256)) }
      let outcome = await Self.fuzzer().run(
        input: bytes, over: .array(of: .int(in: 0...1_000_000), count: 2...9), named: "any"
      ) { numbers in
        let bank = Bank(balance: numbers.reduce(200, +))
        await withdrawTwice(from: bank)
      }
      guard case .passed = outcome else {
        Issue.record("\(bytes): \(outcome)")
        continue
      }
    }
  }

  @Test func distinctElementsAreFoundAlthoughNothingIsLeft() async {
    let outcome = await Self.fuzzer().run(
      input: [], over: .set(of: .int(in: 0...1_000), count: 3...5), named: "distinct"
    ) { numbers in
      if numbers.count < 3 { throw Overdrawn() }
      await withdrawTwice(from: Bank(balance: 500))
    }
    #expect(outcome.failure == nil)
  }

  @Test func aFailingRunBecomesBytesAndFailsAgain() async throws {
    let fuzzer = Self.fuzzer()
    let found = await fuzzer.run(named: "overdraws", Self.overdraws)
    let failure = try #require(found.failure)
    let string = try #require(failure.replayString)
    let bytes = try #require(
      try await fuzzer.input(replaying: string, named: "overdraws", Self.overdraws))
    let again = try #require(
      await fuzzer.run(input: bytes, named: "overdraws", Self.overdraws).failure)
    #expect(again.kind == failure.kind)
    #expect(again.interleaving.deviations == failure.interleaving.deviations)
    #expect(again.original.steps == failure.interleaving.wholeSteps)
  }

  @Test func soDoesOneWithAGeneratedValue() async throws {
    let fuzzer = Self.fuzzer(schedules: 40_000)
    let generator = Generator<Int>.int(in: 0...300)
    let found = await fuzzer.run(named: "rarely", over: generator, Self.overdrawsRarely)
    let failure = try #require(found.failure)
    #expect(failure.inputs == ["77"])
    let string = try #require(failure.replayString)
    let bytes = try #require(
      try await fuzzer.input(
        replaying: string, over: generator, named: "rarely", Self.overdrawsRarely))
    #expect(bytes.prefix(2) == [77, 0], "\(bytes)")
    let again = try #require(
      await fuzzer.run(input: bytes, over: generator, named: "rarely", Self.overdrawsRarely).failure
    )
    #expect(again.inputs == failure.inputs)
    #expect(again.interleaving.deviations == failure.interleaving.deviations)
  }

  @Test func soDoesOneInWhichATaskIsCancelled() async throws {
    let fuzzer = Self.fuzzer { $0.cancellation = .anyTask }
    let body: @Sendable () async throws -> Void = {
      let bank = Bank(balance: 100)
      let task = Task {
        _ = await bank.withdraw(1)
        if Task.isCancelled { throw Overdrawn() }
      }
      try await task.value
    }
    let failure = try #require(await fuzzer.run(named: "cancelled", body).failure)
    let string = try #require(failure.replayString)
    let bytes = try #require(
      try await fuzzer.input(replaying: string, named: "cancelled", body))
    let again = try #require(await fuzzer.run(input: bytes, named: "cancelled", body).failure)
    #expect(again.interleaving.cancellation == failure.interleaving.cancellation)
  }

  @Test func soDoesAProgramOfOperations() async throws {
    let fuzzer = Self.fuzzer()
    let failure = try #require(
      await fuzzer.run(named: "bank", BankSpec(), lanes: 2...3, operationsPerLane: 1...4).failure)
    let string = try #require(failure.replayString)
    let bytes = try #require(
      try await fuzzer.input(
        replaying: string, named: "bank", BankSpec(), lanes: 2...3, operationsPerLane: 1...4))
    let again = try #require(
      await fuzzer.run(
        input: bytes, named: "bank", BankSpec(), lanes: 2...3, operationsPerLane: 1...4
      ).failure)
    #expect(again.kind == .notLinearizable)
    #expect(again.operations == failure.operations)
    #expect(again.interleaving.deviations == failure.interleaving.deviations)
    #expect(again.original.operations == failure.operations.count)
  }

  @Test func everyStringIsAProgramOfOperations() async {
    var random = SplitMix64(seed: 2)
    var sizes: Set<Int> = []
    for length in [0, 1, 2, 3, 8, 40, 400] {
      let bytes = (0..<length).map { _ in UInt8(random.below(256)) }
      let outcome = await Self.fuzzer().run(
        input: bytes, named: "any", BankSpec(), lanes: 2...3, operationsPerLane: 1...4)
      if let failure = outcome.failure {
        #expect(failure.kind == .notLinearizable, "\(failure)")
        sizes.insert(failure.original.operations)
      } else {
        #expect(outcome.report.schedules == 1)
      }
    }
    #expect(!sizes.contains(0))
  }

  @Test func aCrashIsAFailureAsAnyOther() async throws {
    let bytes: [UInt8] = [200, 0]
    let outcome = await Self.fuzzer().run(
      input: bytes, over: .int(in: 0...255), named: "crash"
    ) { number in
      await withdrawTwice(from: Bank(balance: 500))
      if number == 200 { fatalError("it is two hundred") }
    }
    let failure = try #require(outcome.failure)
    #expect(failure.kind == .crash)
    #expect(failure.inputs == ["200"])
    #expect(failure.message.contains("it is two hundred"))
  }

  @Test func whatHasOneCauseIsKeptOnce() async throws {
    try await withTemporaryFolder { folder in
      let fuzzer = Self.fuzzer { $0.corpus = .at(folder) }
      var failures = 0
      for bytes in Self.schedules {
        let outcome = await fuzzer.run(input: bytes, named: "once", Self.overdraws)
        failures += outcome.failure == nil ? 0 : 1
      }
      #expect(failures > 1)
      let files = FileManager.default.enumerator(atPath: folder)?.allObjects as? [String] ?? []
      #expect(files.count { $0.hasSuffix(".json") } == 1, "\(files)")
    }
  }

  @Test func anEnginesProcessEndsWithTheReport() async {
    let result = await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) {
      var configuration = FuzzConfiguration()
      configuration.corpus = .none
      for bytes in OneInputTests.schedules {
        bytes.withUnsafeBytes {
          fuzzOneInput($0, configuration, named: "engine", OneInputTests.overdraws)
        }
      }
    }
    let text = String(decoding: result?.standardErrorContent ?? [], as: UTF8.self)
    #expect(text.contains("Overdrawn"), "\(text)")
    #expect(text.contains("Where it left the ordinary order"), "\(text)")
  }

  @Test func anEngineGoesOnAfterWhatPasses() {
    for bytes in [[], [1, 2, 3]] as [[UInt8]] {
      bytes.withUnsafeBytes {
        fuzzOneInput($0, over: .bool, named: "passes") { flag in
          await withdrawTwice(from: Bank(balance: flag ? 500 : 400))
        }
      }
    }
  }

  @Test func aNearbyStringIsANearbyRun() async throws {
    let fuzzer = Self.fuzzer()
    let seen = Seen()
    let body: @Sendable ([Int]) async throws -> Void = { numbers in
      seen.add(numbers)
      await withdrawTwice(from: Bank(balance: 500))
    }
    let generator = Generator<[Int]>.array(of: .int(in: 0...255), count: 3...3)
    for bytes in [[10, 20, 30, 2, 1, 0], [10, 21, 30, 2, 1, 0]] as [[UInt8]] {
      _ = await fuzzer.run(input: bytes, over: generator, named: "nearby", body)
    }
    #expect(seen.all.count == 2)
    #expect(zip(seen.all[0], seen.all[1]).count { $0 != $1 } == 1, "\(seen.all)")
  }
}

/// What bodies were called with.
private final class Seen: Sendable {
  private let values = Mutex<[[Int]]>([])
  var all: [[Int]] { values.withLock { $0 } }
  func add(_ value: [Int]) { values.withLock { $0.append(value) } }
}
