import Foundation
import InterleaveBugs
import InterleaveEngine
import Synchronization
import Testing

@testable import Interleave

/// What fuzzed tests do to their process and to each other.
@Suite(.enabled(if: !fixturesAreEnabled)) struct IsolationTests {
  /// The message of an index out of range is there, in builds that have one.
  private func tellsOfBounds(_ result: ProgramResult) throws -> Bool {
    let message = try #require(StopProgram.named("bounds")).message
    return message.isEmpty || result.output.contains(message)
  }

  @Test func otherTestsOfTheProcessGoOn() async throws {
    let result = try await runFixtures("StopFixtures")
    for name in ["passes", "passesUnfuzzed"] {
      #expect(result.lines(with: "✔ Test \(name)() passed").count == 1, "\(result)")
    }
    for name in ["crashes", "exits", "blocks", "failsAnExpectation"] {
      #expect(result.lines(with: "Test \(name)() recorded an issue").count == 1, "\(result)")
      #expect(result.lines(with: "✘ Test \(name)() failed").count == 1, "\(result)")
    }
    #expect(result.output.contains("Test run with 6 tests"), "\(result)")
    #expect(try tellsOfBounds(result))
    #expect(result.output.contains("the code called `exit` with status 3"))
    #expect(result.output.contains("a lock that is held by a step of the same run"))
    #expect(result.exitCode == 1)
  }

  @Test func aCrashThatMustEndTheProcessIsPickedUpByTheNextOne() async throws {
    try await withTemporaryFolder { folder in
      let environment = ["INTERLEAVE_CORPUS": folder]
      let first = try await runFixtures("HeapFixtures", environment: environment)
      #expect(!first.output.contains("Test run with 1 test in 1 suite failed"), "\(first)")
      #expect(journals(in: folder).count == 1, "\(first)")
      let second = try await runFixtures("HeapFixtures", environment: environment)
      #expect(second.output.contains("the process crashed"), "\(second)")
      #expect(second.output.contains("1 preemption"), "\(second)")
      #expect(journals(in: folder).isEmpty)
      let files = try FileManager.default.contentsOfDirectory(
        atPath: folder + "/InterleaveTests/HeapFixtures/breaksTheHeap")
      #expect(files.count == 1, "\(files)")
    }
  }

  @Test func aCrashOutsideOfAnyRunEndsTheProcess() async throws {
    let result = try await runFixtures("PlainCrashFixtures")
    #expect(result.output.contains("outside of any run"), "\(result)")
    #expect(!result.output.contains("Test run with 1 test in 1 suite"), "\(result)")
  }

  @Test func withoutIsolationACrashEndsTheProcess() async throws {
    let result = try await runFixtures(
      "StopFixtures/crashes", environment: ["INTERLEAVE_ISOLATION": "none"])
    #expect(try tellsOfBounds(result), "\(result)")
    #expect(result.exitCode != 0)
    #expect(!result.output.contains("Test run with 1 test in 1 suite"), "\(result)")
  }

  @Test(arguments: ["fatalError", "segfault", "exit", "semaphore"])
  func processesOfTheirOwnFindTheSame(name: String) async throws {
    let program = try #require(StopProgram.named(name))
    let outcome = await fuzzed(schedules: 300, { $0.isolation = .process }, body: program.body)
    let failure = try #require(outcome.failure, "\(outcome)")
    #expect(failure.kind.rawValue == program.kind.rawValue)
    #expect(failure.message.contains(program.message))
    #expect(failure.interleaving.preemptions == 1)
    #expect(failure.schedulesTried == outcome.report.schedules)
    #expect(outcome.report.strategies.isEmpty == false)
    let mended = await fuzzed(schedules: 50, { $0.isolation = .process }, body: program.mended)
    #expect(mended.failure == nil, "\(mended)")
    #expect(mended.report.schedules == 50)
  }

  @Test(arguments: [FuzzConfiguration.Isolation.automatic, .process, .none])
  func otherFailuresAreTheSame(isolation: FuzzConfiguration.Isolation) async throws {
    let outcome = await fuzzed({ $0.isolation = isolation }) {
      let bank = Bank(balance: 100)
      always(bank, "never overdrawn") { $0.balance >= 0 }
      await withdrawTwice(from: bank)
    }
    let failure = try #require(outcome.failure)
    #expect(failure.kind == .invariant)
    #expect(failure.interleaving.preemptions == 1)
    #expect(failure.isMinimal)
    #expect(failure.message.contains("never overdrawn"))
    #expect(
      failure.interleaving.steps.last?.changes.map(\.property) == ["balance"], "\(failure)")
  }

  @Test func runsOfABodyAreSeenOutsideOfIt() async throws {
    let runs = Mutex(0)
    let outcome = await fuzzed(schedules: 30) {
      runs.withLock { $0 += 1 }
      await withdrawTwice(from: Bank(balance: 100), atOnce: true)
    }
    #expect(outcome.failure == nil)
    // Two of those that passed are run again.
    #expect(runs.withLock { $0 } == 32)
  }

  @Test func aCrashAfterAFailureDoesNotHideIt() async throws {
    let outcome = await fuzzed {
      let bank = Bank(balance: 100)
      await withdrawTwice(from: bank)
      guard await bank.balance < 0 else { return }
      #expect(Bool(false), "overdrawn")
      fatalError("and then it crashed")
    }
    let failure = try #require(outcome.failure)
    #expect(failure.kind == .expectation, "\(failure)")
    #expect(failure.message.contains("overdrawn"))
    #expect(failure.interleaving.preemptions == 1)
  }

  @Test func aLongSleepIsNoHang() async {
    let outcome = await fuzzed(schedules: 30, { $0.hangLimit = .milliseconds(50) }) {
      await withTaskGroup(of: Void.self) { group in
        for _ in 0..<2 { group.addTask { try? await Task.sleep(for: .seconds(3600)) } }
      }
    }
    #expect(outcome.failure == nil, "\(outcome)")
  }

  @Test func aLockThatIsFreeAgainIsNoHang() async {
    let lock = NSLock()
    let outcome = await fuzzed(schedules: 30) {
      await withTaskGroup(of: Void.self) { group in
        for _ in 0..<3 { group.addTask { lock.withLock {} } }
      }
    }
    #expect(outcome.failure == nil, "\(outcome)")
  }

  @Test func aSemaphoreThatHasBeenSignalledIsNoHang() async {
    let outcome = await fuzzed(schedules: 30) {
      let semaphore = DispatchSemaphore(value: 0)
      await withTaskGroup(of: Void.self) { group in
        for _ in 0..<2 { group.addTask { semaphore.signal() } }
        await group.waitForAll()
        group.addTask { block(on: semaphore) }
        group.addTask { block(on: semaphore) }
      }
    }
    #expect(outcome.failure == nil, "\(outcome)")
  }

  @Test func waitingForWhoWorksForTheRunIsNoHang() async {
    let outcome = await fuzzed(schedules: 2, { $0.hangLimit = .milliseconds(100) }) {
      await withdrawTwice(from: Bank(balance: 100), atOnce: true)
      let semaphore = DispatchSemaphore(value: 0)
      Thread.detachNewThread {
        usleep(600_000)
        semaphore.signal()
      }
      block(on: semaphore)
    }
    #expect(outcome.failure == nil, "\(outcome)")
  }

  @Test func aGeneratedProgramThatCrashesIsShrunk() async throws {
    let outcome = await fuzzer.run(named: "crashes", CrashingSpec())
    let failure = try #require(outcome.failure, "\(outcome)")
    #expect(failure.kind == .crash)
    #expect(failure.operations.count == 2, "\(failure)")
    #expect(failure.interleaving.preemptions == 1, "\(failure)")
  }

  private var fuzzer: Fuzzer {
    var configuration = FuzzConfiguration()
    configuration.seed = 1
    configuration.corpus = .none
    return Fuzzer(configuration)
  }
}

private func block(on semaphore: DispatchSemaphore) { semaphore.wait() }

/// Sells what may have been sold since it was looked at.
private struct CrashingSpec: ConcurrencySpec {
  enum Operation: Sendable { case look, sell }

  actor Shop {
    private var shelf = [1]
    private let log = Log()

    func look() -> Int { shelf.count }

    func sell() async -> Int {
      guard !shelf.isEmpty else { return 0 }
      await log.append()
      return shelf.removeLast()
    }
  }

  var operations: Generator<Operation> { .oneOf(.just(.look), .just(.sell)) }

  func makeSubject() async throws -> Shop { Shop() }

  func perform(_ operation: Operation, on shop: Shop) async throws -> Int {
    switch operation {
    case .look: await shop.look()
    case .sell: await shop.sell()
    }
  }
}
