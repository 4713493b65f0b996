package import InterleaveBugs
import Synchronization

/// Programs with atomics, or mutexes made of them. The bugs of most show only where a step is
/// interrupted at an operation on one.
///
/// They are in a module of their own: what the compiler shares among modules is then not taken to
/// be compiled together with atomics.
extension BugProgram {
  package static let insideAtomics = [
    loadedAndStored, flaggedFirst, twoMutexes, mutexEitherOrder, mutexUnregistered,
  ]

  private final class Counter: Sendable { let value = Atomic(0) }

  /// An atomic is loaded, and stored: an update is lost.
  private static let loadedAndStored = BugProgram(
    "inside_loadedandstored", depth: 2, need: .before
  ) { isMended in
    let counter = Counter()
    let count: @Sendable () -> Void = {
      if isMended {
        counter.value.add(1, ordering: .sequentiallyConsistent)
        return
      }
      let value = counter.value.load(ordering: .sequentiallyConsistent)
      counter.value.store(value + 1, ordering: .sequentiallyConsistent)
    }
    await both(count, count)
    let value = counter.value.load(ordering: .sequentiallyConsistent)
    try check(value == 2, "an update of an atomic was lost")
  }

  private final class Published: Sendable {
    let isReady = Atomic(false)
    let value = Atomic(0)
  }

  /// A flag is exchanged before what it stands for is there.
  private static let flaggedFirst = BugProgram("inside_flaggedfirst", depth: 2, need: .before) {
    isMended in
    let published = Published()
    try await both(
      {
        if isMended { _ = published.value.exchange(1, ordering: .sequentiallyConsistent) }
        _ = published.isReady.exchange(true, ordering: .sequentiallyConsistent)
        if !isMended { _ = published.value.exchange(1, ordering: .sequentiallyConsistent) }
      },
      {
        guard published.isReady.load(ordering: .sequentiallyConsistent) else { return }
        let value = published.value.load(ordering: .sequentiallyConsistent)
        try check(value == 1, "what is ready is not there")
      })
  }

  private final class Balance: Sendable { let amount = Mutex(0) }

  /// A balance is read in one section of a mutex, and written in another.
  private static let twoMutexes = BugProgram("inside_mutexsections", depth: 2, need: .before) {
    isMended in
    let balance = Balance()
    let deposit: @Sendable () -> Void = {
      if isMended { return balance.amount.withLock { $0 += 1 } }
      let before = balance.amount.withLock { $0 }
      balance.amount.withLock { $0 = before + 1 }
    }
    await both(deposit, deposit)
    try check(balance.amount.withLock { $0 } == 2, "a deposit was lost")
  }

  private final class Pair: Sendable {
    let left = Mutex(0)
    let right = Mutex(0)
  }

  /// Two mutexes are taken in either order.
  private static let mutexEitherOrder = BugProgram(
    "inside_mutexeitherorder", depth: 2, need: .before
  ) { isMended in
    let pair = Pair()
    let leftFirst: @Sendable () -> Void = {
      pair.left.withLock { left in pair.right.withLock { left += $0 } }
    }
    await both(
      leftFirst,
      isMended ? leftFirst : { pair.right.withLock { right in pair.left.withLock { right += $0 } } }
    )
  }

  private final class Gate: Sendable {
    let waiter = Mutex<CheckedContinuation<Void, Never>?>(nil)

    func wait(looksAgain: Bool) async {
      if Task.isCancelled { return }
      await withTaskCancellationHandler {
        await withCheckedContinuation { continuation in
          let isCancelled = waiter.withLock { waiter in
            if looksAgain, Task.isCancelled { return true }
            waiter = continuation
            return false
          }
          if isCancelled { continuation.resume() }
        }
      } onCancel: {
        let left = waiter.withLock { waiter in
          defer { waiter = nil }
          return waiter
        }
        left?.resume()
      }
    }
  }

  /// A waiter is cancelled after it was asked whether it is, and before it registers.
  private static let mutexUnregistered = BugProgram(
    "inside_mutexunregistered", depth: 2, need: .before
  ) { isMended in
    let gate = Gate()
    let waiter = Task { await gate.wait(looksAgain: isMended) }
    let canceller = Task { waiter.cancel() }
    _ = await (waiter.value, canceller.value)
  }
}
