extension CorrectProgram {
  /// Tasks are cancelled beside what they do.
  static let cancellations = [
    gate, handledOnce, notHandledAfter, seenByCanceller, cancelledForGood, cancelledChildren,
    cancelledGroup, cancelledSleep, unlessCancelled, exactlyOneOutcome, permits, shielded,
    nestedHandlers, cancelledTwice,
  ]

  private static let gate = CorrectProgram("a gate is opened or left") {
    let gate = Gate()
    let waiter = Task { await gate.wait() }
    let opener = Task { gate.open() }
    waiter.cancel()
    _ = await (waiter.value, opener.value)
  }

  private static let handledOnce = CorrectProgram("a handler runs once") {
    let handled = Locked(0)
    let task = Task {
      await withTaskCancellationHandler {
        while !Task.isCancelled { await Task.yield() }
      } onCancel: {
        handled { $0 += 1 }
      }
    }
    await both({ task.cancel() }, { task.cancel() })
    await task.value
    try check(handled.get() == 1, "the handler ran \(handled.get()) times")
  }

  private static let notHandledAfter = CorrectProgram("no handler runs after its operation") {
    let other = Locked(0)
    let isOver = Locked(false)
    let isLate = Locked(false)
    let task = Task {
      await withTaskCancellationHandler {
        other { $0 += 1 }
      } onCancel: {
        other { $0 += 1 }
        if isOver.get() { isLate.set(true) }
      }
      isOver.set(true)
      other { $0 += 1 }
    }
    let canceller = Task { task.cancel() }
    _ = await (task.value, canceller.value)
    try check(!isLate.get(), "the handler ran after its operation")
  }

  private static let seenByCanceller = CorrectProgram("who cancels finds it cancelled") {
    let other = Locked(0)
    let task = Task {
      for _ in 0..<3 {
        other { $0 += 1 }
        await Task.yield()
      }
    }
    task.cancel()
    other { $0 += 1 }
    try check(task.isCancelled, "the task is not cancelled after that was done")
    await task.value
  }

  private static let cancelledForGood = CorrectProgram("who is cancelled stays so") {
    let other = Locked(0)
    let task = Task {
      for _ in 0..<3 {
        let first = Task.isCancelled
        other { $0 += 1 }
        if first, !Task.isCancelled { return false }
        await Task.yield()
      }
      return true
    }
    let canceller = Task { task.cancel() }
    let isRight = await task.value
    await canceller.value
    try check(isRight, "the task was cancelled, and is not")
  }

  private static let cancelledChildren = CorrectProgram("children are cancelled with their parent")
  {
    let ended = Locked(0)
    let parent = Task {
      async let child: Void = {
        while !Task.isCancelled { await Task.yield() }
        ended { $0 += 1 }
      }()
      await withTaskGroup(of: Void.self) { group in
        group.addTask {
          while !Task.isCancelled { await Task.yield() }
          ended { $0 += 1 }
        }
      }
      await child
    }
    let canceller = Task { parent.cancel() }
    _ = await (parent.value, canceller.value)
    try check(ended.get() == 2, "\(ended.get()) of 2 children ended")
  }

  private static let cancelledGroup = CorrectProgram("all of a group are cancelled") {
    let ended = Locked(0)
    await withTaskGroup(of: Void.self) { group in
      for _ in 0..<2 {
        group.addTask {
          while !Task.isCancelled { await Task.yield() }
          ended { $0 += 1 }
        }
      }
      group.cancelAll()
      group.addTask {
        if Task.isCancelled { ended { $0 += 1 } }
      }
    }
    try check(ended.get() == 3, "\(ended.get()) of 3 were cancelled")
  }

  private static let cancelledSleep = CorrectProgram("a sleep ends, or is cancelled") {
    let log = Locked<[String]>([])
    let sleeper = Task {
      do {
        try await Task.sleep(for: .seconds(3600))
        log { $0.append("slept") }
      } catch {
        log { $0.append(Task.isCancelled ? "cancelled" : "failed") }
      }
    }
    let canceller = Task {
      log { $0.append("cancels") }
      sleeper.cancel()
    }
    _ = await (sleeper.value, canceller.value)
    try check(log.get() == ["cancels", "cancelled"], "the log tells \(log.get())")
  }

  private static let unlessCancelled = CorrectProgram("no child is made in a cancelled group") {
    let made = Locked(0)
    await withTaskGroup(of: Void.self) { group in
      _ = group.addTaskUnlessCancelled { made { $0 += 1 } }
      group.cancelAll()
      let isMade = group.addTaskUnlessCancelled { made { $0 += 10 } }
      if isMade { made { $0 += 100 } }
    }
    try check(made.get() == 1, "a child was made in a cancelled group")
  }

  private static let exactlyOneOutcome = CorrectProgram("a request has one outcome") {
    let request = Request()
    let waiter = Task { await request.result() }
    let server = Task { request.complete("answered") }
    let canceller = Task { waiter.cancel() }
    let outcome = await waiter.value
    _ = await (server.value, canceller.value)
    try check(outcome == "answered" || outcome == "cancelled", outcome)
  }

  private static let permits = CorrectProgram("a semaphore that can be left") {
    let permits = LeavablePermits(1)
    let inside = Locked((now: 0, most: 0))
    let use: @Sendable () async -> Void = {
      guard await permits.take() else { return }
      inside {
        $0.now += 1
        $0.most = max($0.most, $0.now)
      }
      await Task.yield()
      inside { $0.now -= 1 }
      permits.giveBack()
    }
    let tasks = (0..<3).map { _ in Task { await use() } }
    tasks[1].cancel()
    for task in tasks { await task.value }
    try check(inside.get().most <= 1, "\(inside.get().most) were inside")
    try check(permits.free == 1, "\(permits.free) permits are left of 1")
  }

  private static let shielded = CorrectProgram("a task of its own is not cancelled") {
    let outer = Task {
      let inner = Task {
        await Task.yield()
        return Task.isCancelled
      }
      return await inner.value
    }
    let canceller = Task { outer.cancel() }
    let isCancelled = await outer.value
    await canceller.value
    try check(!isCancelled, "a task was cancelled that is nobody's child")
  }

  private static let nestedHandlers = CorrectProgram("handlers within handlers") {
    let handled = Locked<[Int]>([])
    let task = Task {
      await withTaskCancellationHandler {
        await withTaskCancellationHandler {
          while !Task.isCancelled { await Task.yield() }
        } onCancel: {
          handled { $0.append(2) }
        }
      } onCancel: {
        handled { $0.append(1) }
      }
    }
    let canceller = Task { task.cancel() }
    _ = await (task.value, canceller.value)
    try check(handled.get().sorted() == [1, 2], "handled were \(handled.get())")
  }

  private static let cancelledTwice = CorrectProgram("a handler cancels another task") {
    let second = Task { while !Task.isCancelled { await Task.yield() } }
    let first = Task {
      await withTaskCancellationHandler {
        while !Task.isCancelled { await Task.yield() }
      } onCancel: {
        second.cancel()
      }
    }
    let canceller = Task { first.cancel() }
    _ = await (first.value, second.value, canceller.value)
  }
}

/// Lets who waits go on when it is opened, or when they are cancelled.
private final class Gate: Sendable {
  private typealias Waiter = CheckedContinuation<Void, Never>
  private let state = Locked((isOpen: false, waiter: Waiter?.none))

  func wait() async {
    await withTaskCancellationHandler {
      await withCheckedContinuation { continuation in
        let goesOn = state { state in
          if state.isOpen { return true }
          state.waiter = continuation
          return false
        }
        if goesOn { continuation.resume() }
      }
    } onCancel: {
      open()
    }
  }

  func open() {
    let waiter = state { state in
      state.isOpen = true
      defer { state.waiter = nil }
      return state.waiter
    }
    waiter?.resume()
  }
}

/// Is answered, or cancelled.
private final class Request: Sendable {
  private typealias Waiter = CheckedContinuation<String, Never>
  private let state = Locked((outcome: String?.none, waiter: Waiter?.none))

  func result() async -> String {
    await withTaskCancellationHandler {
      await withCheckedContinuation { continuation in
        let outcome = state { state in
          if state.outcome == nil { state.waiter = continuation }
          return state.outcome
        }
        if let outcome { continuation.resume(returning: outcome) }
      }
    } onCancel: {
      complete("cancelled")
    }
  }

  func complete(_ outcome: String) {
    let waiter = state { state -> Waiter? in
      guard state.outcome == nil else { return nil }
      state.outcome = outcome
      defer { state.waiter = nil }
      return state.waiter
    }
    waiter?.resume(returning: outcome)
  }
}

/// A semaphore whose waiters leave when they are cancelled.
private final class LeavablePermits: Sendable {
  private typealias Waiter = CheckedContinuation<Bool, Never>

  private struct State {
    var free: Int
    var last = 0
    var waiters: [(number: Int, continuation: Waiter)] = []
  }

  private let state: Locked<State>

  init(_ count: Int) { state = Locked(State(free: count)) }

  var free: Int { state.get().free }

  func take() async -> Bool {
    let number = state { state in
      state.last += 1
      return state.last
    }
    return await withTaskCancellationHandler {
      await withCheckedContinuation { continuation in
        let outcome = state { state -> Bool? in
          if Task.isCancelled { return false }
          if state.free > 0 {
            state.free -= 1
            return true
          }
          state.waiters.append((number, continuation))
          return nil
        }
        if let outcome { continuation.resume(returning: outcome) }
      }
    } onCancel: {
      let waiter = state { state -> Waiter? in
        let index = state.waiters.firstIndex { $0.number == number }
        return index.map { state.waiters.remove(at: $0).continuation }
      }
      waiter?.resume(returning: false)
    }
  }

  func giveBack() {
    let waiter = state { state -> Waiter? in
      if state.waiters.isEmpty {
        state.free += 1
        return nil
      }
      return state.waiters.removeFirst().continuation
    }
    waiter?.resume(returning: true)
  }
}
