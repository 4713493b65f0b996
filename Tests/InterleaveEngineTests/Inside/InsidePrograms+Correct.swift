import Foundation

extension InsideProgram {
  /// Correct programs that come to points of all kinds, within whatever surrounds them.
  static let correct: [InsideProgram] = [
    InsideProgram("a stream with three producers") {
      let (stream, continuation) = AsyncStream<Int>.makeStream()
      let producers = Task {
        await withTaskGroup(of: Void.self) { group in
          for number in 1...3 {
            group.addTask {
              continuation.yield(number)
              continuation.yield(10 * number)
            }
          }
        }
        continuation.finish()
      }
      var sum = 0
      for await number in stream { sum += number }
      await producers.value
      return sum == 66
    },
    InsideProgram("a stream whose reader is cancelled") {
      let (stream, continuation) = AsyncStream<Int>.makeStream()
      let notes = LockedNotes()
      continuation.onTermination = { _ in notes.add("over") }
      let reader = Task { for await _ in stream {} }
      continuation.yield(1)
      reader.cancel()
      continuation.yield(2)
      await reader.value
      return notes.all == ["over"]
    },
    InsideProgram("a gate that is opened or left") {
      let gate = Gate()
      let waiter = Task { await gate.wait() }
      let opener = Task { gate.open() }
      waiter.cancel()
      await opener.value
      return await waiter.value
    },
    InsideProgram("children that sleep and are cancelled") {
      let account = LockedAccount()
      await withTaskGroup(of: Void.self) { group in
        for _ in 0..<3 {
          group.addTask {
            try? await Task.sleep(for: .milliseconds(5))
            account.addAtOnce(1)
          }
        }
        group.cancelAll()
      }
      async let last: Void = account.addAtOnce(1)
      await last
      return account.balance == 4
    },
    InsideProgram("points inside steps of actors") {
      let keeper = Keeper()
      await withTaskGroup(of: Void.self) { group in
        for _ in 0..<3 { group.addTask { await keeper.update() } }
        group.addTask { await onMain(keeper.account) }
      }
      return keeper.account.balance == 4 ? await keeper.isWhole : false
    },
    InsideProgram("locks within locks") {
      let (outer, inner) = (NSRecursiveLock(), NSLock())
      let account = LockedAccount()
      let work: @Sendable () -> Void = {
        outer.withLock {
          outer.withLock { inner.withLock { account.addAtOnce(1) } }
          inner.withLock { account.addAtOnce(1) }
        }
      }
      await both(work, work)
      return account.balance == 4
    },
    InsideProgram("a continuation that is resumed before its body is over") {
      let notes = LockedNotes()
      let waiter = Task {
        await withCheckedContinuation { continuation in
          notes.keep(continuation)
          notes.add("kept")
          notes.add("told")
        }
      }
      while !notes.resume() { await Task.yield() }
      await waiter.value
      return notes.all == ["kept", "told"]
    },
    InsideProgram("an access that goes on across a point") {
      let (one, other) = (Held(), Held())
      await both({ one.change() }, { other.change() })
      return one.value == 2 && other.value == 2
    },
    InsideProgram("a task that begins at once") {
      let account = LockedAccount()
      let first = Task.immediate { account.addAtOnce(1) }
      let second = Task { account.addAtOnce(1) }
      account.addAtOnce(1)
      await first.value
      await second.value
      return account.balance == 3
    },
  ]
}

/// Lets who waits go on when it is opened, or when they are cancelled.
private final class Gate: @unchecked Sendable {
  private let lock = NSLock()
  private var isOpen = false
  private var waiter: CheckedContinuation<Bool, Never>?
  private var isLeft = false

  func wait() async -> Bool {
    await withTaskCancellationHandler {
      await withCheckedContinuation { continuation in
        let goesOn = lock.withLock {
          if isOpen || isLeft { return true }
          waiter = continuation
          return false
        }
        if goesOn { continuation.resume(returning: true) }
      }
    } onCancel: {
      let left = lock.withLock {
        isLeft = true
        defer { waiter = nil }
        return waiter
      }
      left?.resume(returning: true)
    }
  }

  func open() {
    let waiting = lock.withLock {
      isOpen = true
      defer { waiter = nil }
      return waiter
    }
    waiting?.resume(returning: true)
  }
}

private actor Keeper {
  nonisolated let account = LockedAccount()
  private var isAmidUpdate = false
  private(set) var isWhole = true

  func update() {
    if isAmidUpdate { isWhole = false }
    isAmidUpdate = true
    account.addAtOnce(2)
    account.addAtOnce(-1)
    isAmidUpdate = false
  }
}

@MainActor private func onMain(_ account: LockedAccount) {
  account.addAtOnce(3)
  account.addAtOnce(-2)
}

/// Something to which accesses take a while.
private final class Held: @unchecked Sendable {
  private struct Counter {
    var value = 0

    mutating func change(_ lock: NSLock) {
      value += 1
      lock.withLock {}
      lock.withLock {}
      value += 1
    }
  }

  private static let lock = NSLock()
  private var counter = Counter()

  var value: Int { counter.value }

  func change() { counter.change(Self.lock) }
}
