import Foundation
import Synchronization
import Testing

@testable import Interleave

/// What is told of the state of objects that an actor holds.
@Suite struct HeldStateTests {
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
    depth: Int? = nil, _ body: @escaping @Sendable () async throws -> Void
  ) async throws -> String {
    var configuration = FuzzConfiguration()
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
    let report = try await report {
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
}
