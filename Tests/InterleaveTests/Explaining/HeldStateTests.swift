import Dispatch
import Foundation
import Observation
import Synchronization
import Testing

@testable import Interleave

@globalActor private actor Wire { static let shared = Wire() }

/// What is told of the state of objects that an actor holds, and of those that a test watches.
///
/// Nothing is looked at while a thread that a run has made is there, be it another test's: so these
/// run one after the other in a process of their own.
@Suite(.enabled(if: !fixturesAreEnabled)) struct HeldStateTests {
  @Test func inAProcessOfTheirOwn() async throws {
    let result = try await runFixtures("HeldStateFixtures")
    #expect(result.exitCode == 0, "\(result)")
    #expect(result.lines(with: "Test run with 10 tests in 1 suite passed").count == 1, "\(result)")
  }
}

@Suite(.fixture, .serialized) struct HeldStateFixtures {
  @MainActor @Observable final class Model {
    private(set) var token = 0

    func load() async {
      let old = token
      await Task.yield()
      token = old + 1
    }
  }

  @Wire private final class Batch {
    private(set) var values: [Int] = []

    func add(_ value: Int) async {
      let old = values
      await Task.yield()
      values = old + [value]
    }
  }

  private final class Queue: SerialExecutor {
    private let queue = DispatchQueue(label: "HeldStateTests")

    func enqueue(_ job: consuming ExecutorJob) {
      let job = UnownedJob(job)
      queue.async { job.runSynchronously(on: self.asUnownedSerialExecutor()) }
    }
  }

  private actor OnQueue {
    private let queue = Queue()
    nonisolated var unownedExecutor: UnownedSerialExecutor { queue.asUnownedSerialExecutor() }
    private(set) var count = 0

    func add() async {
      let old = count
      await Task.yield()
      count = old + 1
    }
  }

  private final class Ledger: @unchecked Sendable {
    private let lock = NSLock()
    private var balance = 100

    func balanceNow() -> Int {
      lock.lock()
      defer { lock.unlock() }
      return balance
    }

    func take(_ amount: Int) {
      lock.lock()
      balance -= amount
      lock.unlock()
    }
  }

  private actor Clerk {
    private let ledger: Ledger

    init(_ ledger: Ledger) { self.ledger = ledger }

    func take(_ amount: Int) async {
      guard ledger.balanceNow() >= amount else { return }
      await Task.yield()
      ledger.take(amount)
    }
  }

  private final class Guarded: Sendable {
    private let balance = Mutex(100)

    var now: Int { balance.withLock { $0 } }
    func take(_ amount: Int) { balance.withLock { $0 -= amount } }
  }

  private actor Keeper {
    private let guarded: Guarded

    init(_ guarded: Guarded) { self.guarded = guarded }

    func take(_ amount: Int) async {
      guard guarded.now >= amount else { return }
      await Task.yield()
      guarded.take(amount)
    }
  }

  private final class Parent: Sendable {}

  /// What holds its parent no longer than others do, in each way in which that can be held.
  private actor Child {
    private struct Link { unowned let parent: Parent }
    private class Base { unowned let above: Parent?; init(_ parent: Parent) { above = parent } }
    private final class Held: Base {
      unowned let parent: Parent;
      override init(_ parent: Parent) { self.parent = parent; super.init(parent) }
    }

    private unowned let parent: Parent
    private let link: Link
    private let held: Held
    private(set) var count = 0

    init(of parent: Parent) {
      self.parent = parent
      link = Link(parent: parent)
      held = Held(parent)
    }

    func add() async {
      let old = count
      await Task.yield()
      count = old + 1
    }
  }

  /// The report of a failure, on as few lines as there are rows.
  private func report(
    depth: Int? = nil, interruptions: FuzzConfiguration.InterruptionMode = .before,
    _ body: @escaping @Sendable () async throws -> Void
  ) async throws -> String {
    var configuration = FuzzConfiguration()
    configuration.interruptions = interruptions
    configuration.schedules = 500
    configuration.seed = 1
    configuration.corpus = .none
    if let depth { configuration.stateDepth = depth }
    let outcome = await Fuzzer(configuration).run(named: "state", body)
    return try #require(outcome.failure).asciiText(width: 160)
  }

  private struct Lost: Error {}

  private func twoClerks() async throws {
    let ledger = Ledger()
    let (one, other) = (Clerk(ledger), Clerk(ledger))
    async let first: Void = one.take(80)
    async let second: Void = other.take(80)
    _ = await (first, second)
    guard ledger.balanceNow() >= 0 else { throw Lost() }
  }

  @Test func whatAnActorHoldsBehindALockIsLookedAt() async throws {
    let report = try await report { try await twoClerks() }
    #expect(report.contains("ledger.balance 100 -> 20"), "\(report)")
  }

  @Test func withoutDepthItIsNot() async throws {
    let report = try await report(depth: 0) { try await twoClerks() }
    #expect(!report.contains("ledger.balance"), "\(report)")
  }

  @Test func norIsItWhileAThreadOfTheRunMayBeAtIt() async throws {
    let report = try await report(interruptions: .never) {
      Thread.detachNewThread {}
      try await twoClerks()
    }
    #expect(!report.contains("ledger.balance"), "\(report)")
  }

  @Test func ofAMutexItIsToldThatItsValueIsAnotherOne() async throws {
    let report = try await report {
      let guarded = Guarded()
      let (one, other) = (Keeper(guarded), Keeper(guarded))
      async let first: Void = one.take(80)
      async let second: Void = other.take(80)
      _ = await (first, second)
      guard guarded.now >= 0 else { throw Lost() }
    }
    #expect(report.contains("guarded.balance a value -> another one"), "\(report)")
  }

  @Test func aReferenceWhoseObjectIsGoneIsLeftAlone() async throws {
    let report = try await report {
      let child = Child(of: Parent())
      async let one: Void = child.add()
      async let other: Void = child.add()
      _ = await (one, other)
      guard await child.count == 2 else { throw Lost() }
    }
    #expect(report.contains("changed `count` 0 -> 1"), "\(report)")
  }

  // MARK: What is watched

  private func viewModel(isWatched: Bool = true) async throws {
    let model = await Model()
    if isWatched { always(model) { $0.token >= 0 } }
    async let one: Void = model.load()
    async let other: Void = model.load()
    _ = await (one, other)
    guard await model.token == 2 else { throw Lost() }
  }

  @Test func anObservableClassOfTheMainActorIsLookedAtWhereItIsWatched() async throws {
    let report = try await report { try await viewModel() }
    #expect(report.contains("Model.token 0 -> 1"), "\(report)")
    #expect(report.contains("left `Model.token` as it was"), "\(report)")
  }

  @Test func whatNobodyNamesIsNotLookedFor() async throws {
    let report = try await report { try await viewModel(isWatched: false) }
    #expect(!report.contains("token 0"), "\(report)")
  }

  @Test func aClassOfAnotherGlobalActorIsLookedAtWhereItIsWatched() async throws {
    let report = try await report {
      let batch = Batch()
      always(batch) { @Wire in $0.values.count <= 2 }
      async let one: Void = batch.add(1)
      async let other: Void = batch.add(2)
      _ = await (one, other)
      guard await batch.values.count == 2 else { throw Lost() }
    }
    #expect(report.contains("changed `Batch.values`"), "\(report)")
  }

  @Test func anActorWithAnExecutorOfItsOwnIsLookedAtWhereItIsWatched() async throws {
    let report = try await report {
      let counter = OnQueue()
      always(counter) { $0.count >= 0 }
      async let one: Void = counter.add()
      async let other: Void = counter.add()
      _ = await (one, other)
      guard await counter.count == 2 else { throw Lost() }
    }
    #expect(report.contains("OnQueue.count` 0 -> 1"), "\(report)")
  }

  @Test func anActorIsToldOnceWhoeverWatchesIt() async throws {
    let report = try await report {
      let child = Child(of: Parent())
      always(child) { $0.count >= 0 }
      async let one: Void = child.add()
      async let other: Void = child.add()
      _ = await (one, other)
      guard await child.count == 2 else { throw Lost() }
    }
    #expect(report.contains("changed `count` 0 -> 1"), "\(report)")
    #expect(!report.contains("Child.count"), "\(report)")
  }
}
