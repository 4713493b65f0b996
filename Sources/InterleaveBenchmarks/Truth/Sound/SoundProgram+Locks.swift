import Foundation

extension SoundProgram {
  /// Programs that guard what they share without an actor.
  static let locks = [
    SoundProgram("a count under an NSLock loses nothing") {
      let count = Locked(0)
      await both {
        count.with { $0 += 1 }
      } and: {
        count.with { $0 += 1 }
      }
      try expect(count.with { $0 } == 2)
    },
    SoundProgram("a recursive lock may be taken by who holds it") {
      let tree = RecursiveTree()
      await both {
        tree.add(3)
      } and: {
        tree.add(2)
      }
      try expect(tree.count == 5)
    },
    SoundProgram("a serial queue serves as a lock") {
      let counter = QueueCounter()
      await both {
        counter.add()
      } and: {
        counter.add()
      }
      try expect(counter.value == 2)
    },
    SoundProgram("waiters are taken out under the lock and resumed after it") {
      let event = LockedEvent()
      async let one: Void = event.wait()
      async let other: Void = event.wait()
      event.set()
      _ = await (one, other)
      await event.wait()
    },
    SoundProgram("a value is computed once under a lock") {
      let made = Locked(0)
      let cache = Locked<Int?>(nil)
      let value: @Sendable () -> Int = {
        cache.with { cached in
          if let cached { return cached }
          made.with { $0 += 1 }
          cached = 7
          return 7
        }
      }
      let tasks = (0..<3).map { _ in Task { value() } }
      for task in tasks { try expect(await task.value == 7) }
      try expect(made.with { $0 } == 1)
    },
    SoundProgram("two locks are always taken in the same order") {
      let left = Locked(10)
      let right = Locked(10)
      let move: @Sendable (Int) -> Void = { amount in
        left.with { first in
          right.with { second in
            first -= amount
            second += amount
          }
        }
      }
      await both {
        move(1)
      } and: {
        move(-3)
      }
      try expect(left.with { $0 } + right.with { $0 } == 20)
    },
  ]
}

/// Does two things in tasks of their own.
func both(
  _ one: @escaping @Sendable () -> Void, and other: @escaping @Sendable () -> Void
) async {
  let first = Task { one() }
  let second = Task { other() }
  await first.value
  await second.value
}

final class Locked<Value>: @unchecked Sendable {
  private let lock = NSLock()
  private var value: Value

  init(_ value: Value) { self.value = value }

  func with<Result>(_ work: (inout Value) -> Result) -> Result { lock.withLock { work(&value) } }
}

private final class RecursiveTree: @unchecked Sendable {
  private let lock = NSRecursiveLock()
  private var nodes = 0

  var count: Int { lock.withLock { nodes } }

  func add(_ number: Int) {
    lock.withLock {
      guard number > 0 else { return }
      nodes += 1
      add(number - 1)
    }
  }
}

private final class QueueCounter: @unchecked Sendable {
  private let queue = DispatchQueue(label: "counter")
  private var count = 0

  var value: Int { queue.sync { count } }
  func add() { queue.sync { count += 1 } }
}

private final class LockedEvent: @unchecked Sendable {
  private let lock = NSLock()
  private var isSet = false
  private var waiters: [CheckedContinuation<Void, Never>] = []

  func wait() async {
    await withCheckedContinuation { continuation in
      let wasSet = lock.withLock {
        if !isSet { waiters.append(continuation) }
        return isSet
      }
      if wasSet { continuation.resume() }
    }
  }

  func set() {
    let all = lock.withLock {
      defer { waiters = [] }
      isSet = true
      return waiters
    }
    for waiter in all { waiter.resume() }
  }
}
