extension BugProgram {
  /// A task is cancelled beside what it does.
  static let cancellations = [
    cancelledUnregistered, begunBeforeCancel, childrenBegunBeforeCancel, tornByHandler,
    startedWhenCancelled,
  ]

  /// A waiter is cancelled after it was asked whether it is, and before it registers.
  private static let cancelledUnregistered = BugProgram(
    "inside_cancelledunregistered", depth: 2, need: .before
  ) { isMended in
    let gate = Gate()
    let waiter = Task { await gate.wait(looksAgain: isMended) }
    let canceller = Task { waiter.cancel() }
    _ = await (waiter.value, canceller.value)
  }

  /// A task begins before the one that made it cancels it, as it always meant to.
  private static let begunBeforeCancel = BugProgram(
    "inside_begunbeforecancel", depth: 1, need: .before
  ) { isMended in
    let sent = Locked(0)
    let isWanted = Locked(true)
    if isMended { isWanted.set(false) }
    let task = Task {
      if !Task.isCancelled { sent { if isWanted.get() { $0 += 1 } } }
    }
    task.cancel()
    await task.value
    try check(sent.get() == 0, "the task sent before it was cancelled")
  }

  /// Children begin before all are cancelled.
  private static let childrenBegunBeforeCancel = BugProgram(
    "inside_childrenbegun", depth: 1, need: .before
  ) { isMended in
    let begun = await withTaskGroup(of: Bool.self) { group in
      if isMended { group.cancelAll() }
      group.addTask { !Task.isCancelled }
      group.addTask { !Task.isCancelled }
      group.cancelAll()
      var begun = 0
      for await hasBegun in group where hasBegun { begun += 1 }
      return begun
    }
    try check(begun == 0, "\(begun) children began before they were cancelled")
  }

  /// A handler changes what the task looks at twice.
  private static let tornByHandler = BugProgram("inside_tornbyhandler", depth: 2, need: .before) {
    isMended in
    let state = Locked(0)
    let reader = Task {
      await withTaskCancellationHandler {
        let first = state.get()
        let second = isMended ? first : state.get()
        return first == second
      } onCancel: {
        state.set(1)
      }
    }
    let canceller = Task { reader.cancel() }
    await canceller.value
    try check(await reader.value, "the state changed between two looks")
  }

  /// A request is made by a task that is cancelled since it looked, and nobody ends it.
  private static let startedWhenCancelled = BugProgram(
    "inside_startedwhencancelled", depth: 2, need: .before
  ) { isMended in
    let running = Locked((count: 0, isClosed: false))
    let task = Task {
      guard !Task.isCancelled else { return }
      running { if !isMended || !$0.isClosed { $0.count += 1 } }
    }
    let canceller = Task {
      task.cancel()
      running {
        $0.count = 0
        $0.isClosed = true
      }
    }
    _ = await (task.value, canceller.value)
    try check(running.get().count == 0, "a request runs that nobody will end")
  }
}

/// Lets nobody pass: who waits goes on when it is cancelled.
private final class Gate: Sendable {
  private let waiter = Locked<CheckedContinuation<Void, Never>?>(nil)

  func wait(looksAgain: Bool) async {
    if Task.isCancelled { return }
    await withTaskCancellationHandler {
      await withCheckedContinuation { continuation in
        let isCancelled = waiter { waiter in
          if looksAgain, Task.isCancelled { return true }
          waiter = continuation
          return false
        }
        if isCancelled { continuation.resume() }
      }
    } onCancel: {
      let left = waiter { waiter in
        defer { waiter = nil }
        return waiter
      }
      left?.resume()
    }
  }
}
