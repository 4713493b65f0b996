import InterleaveEngine
import Synchronization

/// A state behind a lock, and the tasks that wait until something holds of it.
///
/// After each change, the tasks whose condition holds go on, those that came first before others.
/// In a run, steps that use one monitor depend on each other. What an earlier run left in it is
/// forgotten when another run uses it first, so that a double may be made outside of the body.
///
/// (Hoare: "Monitors: an operating system structuring concept", CACM 1974; here the conditions
/// are the waiting tasks' own.)
final class Monitor<State: Sendable>: Sendable {
  private struct Waiter: Sendable {
    var ticket: Int
    var attempt: @Sendable (inout State) -> Bool
    var continuation: UnsafeContinuation<Bool, Never>
  }

  private struct Guarded: Sendable {
    var state: State
    var run: UInt64?
    var waiters: [Waiter] = []
    var tickets = 0
    /// Tickets of tasks that were cancelled before they had begun to wait.
    var cancelled: Set<Int> = []

    /// Takes out the tasks whose condition holds now.
    mutating func admit() -> [UnsafeContinuation<Bool, Never>] {
      var admitted: [UnsafeContinuation<Bool, Never>] = []
      var index = 0
      while index < waiters.count {
        if waiters[index].attempt(&state) {
          admitted.append(waiters.remove(at: index).continuation)
          // It may have changed what an earlier one waits for.
          index = 0
        } else {
          index += 1
        }
      }
      return admitted
    }
  }

  private let initial: State
  private let guarded: Mutex<Guarded>

  init(_ initial: State) {
    self.initial = initial
    guarded = Mutex(Guarded(state: initial, run: LiveRun.current?.doubles.id))
  }

  private func access<Result: Sendable>(
    _ body: @Sendable (inout Guarded) -> Result
  ) -> Result {
    Machine.current?.noteUse(of: self)
    let run = LiveRun.current?.doubles.id
    return guarded.withLock { guarded in
      if let run, guarded.run != run { guarded = Guarded(state: initial, run: run) }
      return body(&guarded)
    }
  }

  /// Reads and changes the state, and lets those go on who waited for that.
  func withState<Result: Sendable>(_ body: @Sendable (inout State) -> Result) -> Result {
    let (result, admitted) = access { guarded in
      let result = body(&guarded.state)
      return (result, guarded.admit())
    }
    for continuation in admitted { continuation.resume(returning: true) }
    return result
  }

  /// Waits until a condition holds.
  ///
  /// - Parameters:
  ///   - heedsCancellation: A task that is cancelled waits no longer.
  ///   - attempt: Tells whether it holds; if so, it may change the state.
  /// - Returns: The condition held; false where the task was cancelled.
  func wait(
    heedsCancellation: Bool = true, isolation: isolated (any Actor)? = #isolation,
    until attempt: @escaping @Sendable (inout State) -> Bool
  ) async -> Bool {
    let ticket = access { guarded in
      guarded.tickets += 1
      return guarded.tickets
    }
    guard heedsCancellation else { return await suspend(ticket, attempt, isolation: isolation) }
    return await withTaskCancellationHandler {
      await suspend(ticket, attempt, isolation: isolation)
    } onCancel: {
      cancel(ticket)
    }
  }

  private func suspend(
    _ ticket: Int, _ attempt: @escaping @Sendable (inout State) -> Bool,
    isolation: isolated (any Actor)?
  ) async -> Bool {
    let answer: Bool? = access { guarded in
      if guarded.cancelled.remove(ticket) != nil { return false }
      return attempt(&guarded.state) ? true : nil
    }
    if let answer {
      if answer { withState { _ in } }
      return answer
    }
    return await withUnsafeContinuation(isolation: isolation) { continuation in
      let isCancelled = access { guarded in
        if guarded.cancelled.remove(ticket) != nil { return true }
        guarded.waiters.append(
          Waiter(ticket: ticket, attempt: attempt, continuation: continuation))
        return false
      }
      if isCancelled { return continuation.resume(returning: false) }
      // Natively, what it waits for may have happened since.
      withState { _ in }
    }
  }

  private func cancel(_ ticket: Int) {
    let continuation = access { guarded -> UnsafeContinuation<Bool, Never>? in
      guard let index = guarded.waiters.firstIndex(where: { $0.ticket == ticket }) else {
        guarded.cancelled.insert(ticket)
        return nil
      }
      return guarded.waiters.remove(at: index).continuation
    }
    continuation?.resume(returning: false)
  }
}
