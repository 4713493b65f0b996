package import InterleaveBugs
import Synchronization

/// Correct programs that use atomics, and mutexes made of them.
extension CorrectProgram {
  package static let atomics = [
    oneInMutex, triedMutex, mutexInLock, lockInMutex, heldAcrossWaking, counted, exchangedInLoop,
  ]

  /// Those in which a step turns round an atomic until another one has gone on: where atomics are
  /// no points, nobody does.
  package static let turning = [turnedRound, heldByTicket]

  private final class Counter: Sendable {
    let value = Atomic(0)
    let other = Locked(0)

    func pause() { other { $0 += 1 } }
  }

  private final class Boxed: Sendable {
    let mutex = Mutex(0)
    let other = Mutex(0)
    let lock = Locked(0)
  }

  private static let oneInMutex = CorrectProgram("one inside: Mutex") {
    let (boxed, room) = (Boxed(), Room())
    try await InterleaveBugs.all(3) { _ in
      for _ in 0..<2 { try boxed.mutex.withLock { _ in try room.visit() } }
    }
    try room.close(after: 6)
  }

  private static let triedMutex = CorrectProgram("a mutex is taken or was taken") {
    let (boxed, room) = (Boxed(), Room())
    let outcomes = Locked((taken: 0, refused: 0))
    try await InterleaveBugs.all(3) { _ in
      let isTaken: Void? = try boxed.mutex.withLockIfAvailable { _ in try room.visit() }
      outcomes { if isTaken == nil { $0.refused += 1 } else { $0.taken += 1 } }
    }
    let (taken, refused) = outcomes.get()
    try check(taken >= 1 && taken + refused == 3, "\(taken) were let in, \(refused) refused")
    try room.close(after: taken)
  }

  private static let mutexInLock = CorrectProgram("a mutex within a lock") {
    let boxed = Boxed()
    await InterleaveBugs.all(3) { _ in
      boxed.lock { count in
        boxed.mutex.withLock { $0 += 1 }
        count += 1
      }
    }
    try check(boxed.mutex.withLock { $0 } == 3 && boxed.lock.get() == 3, "a count was lost")
  }

  private static let lockInMutex = CorrectProgram("locks within two mutexes") {
    let boxed = Boxed()
    await InterleaveBugs.all(3) { _ in
      boxed.mutex.withLock { count in
        boxed.other.withLock { other in
          boxed.lock { $0 += 1 }
          boxed.lock { $0 += 1 }
          other += 1
        }
        boxed.lock { $0 += 1 }
        count += 1
      }
    }
    try check(boxed.mutex.withLock { $0 } == 3 && boxed.lock.get() == 9, "a count was lost")
  }

  private final class Bell: Sendable {
    let state = Mutex((isRung: false, waiters: [CheckedContinuation<Void, Never>]()))
    let (stream, yields) = AsyncStream<Int>.makeStream()

    func wait() async {
      await withCheckedContinuation { continuation in
        state.withLock { state in
          if state.isRung { continuation.resume() } else { state.waiters.append(continuation) }
        }
      }
    }

    func ring() -> Task<Void, Never> {
      state.withLock { state in
        let task = Task { await wait() }
        yields.yield(1)
        for waiter in state.waiters { waiter.resume() }
        yields.finish()
        state = (true, [])
        return task
      }
    }
  }

  private static let heldAcrossWaking = CorrectProgram("a mutex is held while others are woken") {
    let bell = Bell()
    async let waiting: Void = bell.wait()
    async let reading = bell.stream.reduce(0, +)
    let made = bell.ring()
    await made.value
    await waiting
    try check(await reading == 1, "the element is missing")
  }

  private static let counted = CorrectProgram("an atomic is counted up") {
    let counter = Counter()
    await InterleaveBugs.all(3) { _ in
      counter.value.add(1, ordering: .relaxed)
      counter.pause()
      counter.value.add(1, ordering: .relaxed)
    }
    try check(counter.value.load(ordering: .relaxed) == 6, "an update was lost")
  }

  private static let exchangedInLoop = CorrectProgram(
    "an atomic is exchanged until nobody came between"
  ) {
    let counter = Counter()
    await InterleaveBugs.all(3) { _ in
      while true {
        let before = counter.value.load(ordering: .relaxed)
        counter.pause()
        let (isDone, _) = counter.value.compareExchange(
          expected: before, desired: before + 1, ordering: .relaxed)
        if isDone { return }
      }
    }
    try check(counter.value.load(ordering: .relaxed) == 3, "an update was lost")
  }

  private final class Turning: Sendable {
    let isTaken = Atomic(false)
    let next = Atomic(0)
    let served = Atomic(0)
    let other = Locked(0)
  }

  private static let turnedRound = CorrectProgram("one inside: an atomic that is turned round") {
    let (turning, room) = (Turning(), Room())
    try await InterleaveBugs.all(3) { _ in
      for _ in 0..<2 {
        while turning.isTaken.exchange(true, ordering: .acquiring) {}
        turning.other { $0 += 1 }
        try room.visit()
        turning.other { $0 += 1 }
        turning.isTaken.store(false, ordering: .releasing)
      }
    }
    try room.close(after: 6)
  }

  private static let heldByTicket = CorrectProgram("one inside: tickets") {
    let (turning, room) = (Turning(), Room())
    try await InterleaveBugs.all(3) { _ in
      let ticket = turning.next.add(1, ordering: .relaxed).oldValue
      // Each looks by changing nothing, which all the others see in one order.
      while turning.served.add(0, ordering: .acquiring).newValue != ticket {}
      turning.other { $0 += 1 }
      try room.visit()
      turning.other { $0 += 1 }
      turning.served.add(1, ordering: .releasing)
    }
    try room.close(after: 3)
  }
}
