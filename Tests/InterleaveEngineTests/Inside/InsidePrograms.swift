import Foundation
import InterleaveEngine

/// Programs that go wrong only where a step is interrupted inside, each with its mended twin.
///
/// Each returns whether it came out as it should; one that comes to a standstill returns nothing.
struct InsideProgram: Sendable, CustomStringConvertible {
  var description: String
  var body: @Sendable () async -> Bool

  init(_ name: String, _ body: @escaping @Sendable () async -> Bool) {
    description = name
    self.body = body
  }

  /// The programs with their faults.
  static let faulty: [InsideProgram] = [
    InsideProgram("a task begins before it is cancelled") {
      let task = Task { Task.isCancelled }
      task.cancel()
      return await task.value
    },
    InsideProgram("children begin before all are cancelled") {
      await withTaskGroup(of: Bool.self) { group in
        group.addTask { Task.isCancelled }
        group.addTask { Task.isCancelled }
        group.cancelAll()
        var all = true
        for await isCancelled in group { all = all && isCancelled }
        return all
      }
    },
    InsideProgram("who is resumed runs before the resumer's next line") {
      let notes = LockedNotes()
      let waiter = Task {
        await withCheckedContinuation { notes.keep($0) }
        notes.add("woken")
      }
      while !notes.resume() { await Task.yield() }
      notes.add("resumed")
      await waiter.value
      return notes.all == ["resumed", "woken"]
    },
    InsideProgram("an update is lost between two sections") {
      let account = LockedAccount()
      await both({ account.add(1) }, { account.add(1) })
      return account.balance == 2
    },
    InsideProgram("who had the lock first is taken to end first") {
      await ticketsOfChildren() == [0, 1]
    },
    InsideProgram("who has another child made is taken to end before it") {
      await childrenAsTheyEnd() == [0, 1]
    },
    InsideProgram("two locks are taken in either order") {
      let (first, second) = (NSLock(), NSLock())
      await both({ nest(first, second) }, { nest(second, first) })
      return true
    },
  ]

  /// The same, mended.
  static let mended: [InsideProgram] = [
    InsideProgram("a task waits until it is cancelled") {
      let task = Task {
        while !Task.isCancelled { await Task.yield() }
        return Task.isCancelled
      }
      task.cancel()
      return await task.value
    },
    InsideProgram("children are made in a group that is cancelled") {
      await withTaskGroup(of: Bool.self) { group in
        group.cancelAll()
        group.addTask { Task.isCancelled }
        group.addTask { Task.isCancelled }
        var all = true
        for await isCancelled in group { all = all && isCancelled }
        return all
      }
    },
    InsideProgram("the resumer's line comes before it resumes") {
      let notes = LockedNotes()
      let waiter = Task {
        await withCheckedContinuation { notes.keep($0) }
        notes.add("woken")
      }
      while !notes.resume(after: "resumed") { await Task.yield() }
      await waiter.value
      return notes.all == ["resumed", "woken"]
    },
    InsideProgram("an update is made in one section") {
      let account = LockedAccount()
      await both({ account.addAtOnce(1) }, { account.addAtOnce(1) })
      return account.balance == 2
    },
    InsideProgram("who had the lock first may end last") {
      await ticketsOfChildren().sorted() == [0, 1]
    },
    InsideProgram("who has another child made may end after it") {
      await childrenAsTheyEnd().sorted() == [0, 1]
    },
    InsideProgram("two locks are taken in one order") {
      let (first, second) = (NSLock(), NSLock())
      await both({ nest(first, second) }, { nest(first, second) })
      return true
    },
  ]

  /// The tickets that two children draw, as they end.
  private static func ticketsOfChildren() async -> [Int] {
    let tickets = LockedAccount()
    return await withTaskGroup(of: Int.self) { group in
      for _ in 0..<2 { group.addTask { tickets.draw() } }
      return await group.reduce(into: []) { $0.append($1) }
    }
  }

  /// Two children as they end, the second of which is made once the first has its parent go on.
  private static func childrenAsTheyEnd() async -> [Int] {
    await withTaskGroup(of: Int.self) { group in
      await withCheckedContinuation { continuation in
        group.addTask {
          continuation.resume()
          return 0
        }
      }
      group.addTask { 1 }
      return await group.reduce(into: []) { $0.append($1) }
    }
  }

  private static func nest(_ outer: NSLock, _ inner: NSLock) {
    outer.lock()
    inner.lock()
    inner.unlock()
    outer.unlock()
  }
}

/// Runs two closures, each in a task of its own.
func both(_ first: @escaping @Sendable () -> Void, _ second: @escaping @Sendable () -> Void) async {
  await withTaskGroup(of: Void.self) { group in
    group.addTask { first() }
    group.addTask { second() }
  }
}

/// What tasks note, in their order.
final class LockedNotes: @unchecked Sendable {
  private let lock = NSLock()
  private var lines: [String] = []
  private var continuation: CheckedContinuation<Void, Never>?

  var all: [String] { lock.withLock { lines } }

  func add(_ line: String) { lock.withLock { lines.append(line) } }

  func keep(_ continuation: CheckedContinuation<Void, Never>) {
    lock.withLock { self.continuation = continuation }
  }

  /// Resumes whoever waits, if anybody does.
  func resume(after line: String? = nil) -> Bool {
    guard let waiting = lock.withLock({ continuation }) else { return false }
    if let line { add(line) }
    waiting.resume()
    return true
  }
}

/// A balance behind a lock.
final class LockedAccount: @unchecked Sendable {
  private let lock = NSLock()
  private var amount = 0

  var balance: Int { lock.withLock { amount } }

  func add(_ more: Int) {
    let before = lock.withLock { amount }
    lock.withLock { amount = before + more }
  }

  func addAtOnce(_ more: Int) { lock.withLock { amount += more } }

  func draw() -> Int {
    lock.withLock {
      amount += 1
      return amount - 1
    }
  }
}

/// Interrupts a step as soon as it can, for who has waited longest.
final class Interrupter: Strategy {
  func begin(_ run: RunStart) {}
  func choose(among steps: EnabledSteps) -> Int { steps[0].reason == .interrupted ? 1 : 0 }
}
