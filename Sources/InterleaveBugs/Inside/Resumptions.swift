extension BugProgram {
  /// Continuations are kept, resumed, or looked for beside what somebody else does.
  static let resumptions = [unseenLetter, lostPermit, wokenEarly, resumedBeforeNoted]

  /// A letter comes after the receiver has looked for one, and before it waits.
  private static let unseenLetter = BugProgram("inside_unseenletter", depth: 2, need: .before) {
    isMended in
    let mailbox = Mailbox()
    async let received = mailbox.next(looksAgain: isMended)
    async let sent: Void = mailbox.send(1)
    _ = await (received, sent)
  }

  /// A permit is given back after who wants one has looked, and before it waits.
  private static let lostPermit = BugProgram("inside_lostpermit", depth: 3, need: .before) {
    isMended in
    let permits = Permits()
    await withTaskGroup(of: Void.self) { group in
      for _ in 0..<2 {
        group.addTask {
          await permits.take(looksAgain: isMended)
          permits.giveBack(atOnce: isMended)
        }
      }
    }
  }

  /// Who is woken looks before what it was woken for has happened.
  private static let wokenEarly = BugProgram("inside_wokenearly", depth: 2, need: .before) {
    isMended in
    let isSet = Locked(false)
    let waiter = Locked<CheckedContinuation<Void, Never>?>(nil)
    let task = Task {
      await withCheckedContinuation { waiter.set($0) }
      return isSet.get()
    }
    while waiter.get() == nil { await Task.yield() }
    if isMended { isSet.set(true) }
    waiter.get()?.resume()
    if !isMended { isSet.set(true) }
    try check(await task.value, "who was woken found nothing set")
  }

  /// Who is resumed runs before the resumer's next line.
  private static let resumedBeforeNoted = BugProgram(
    "inside_resumedbeforenoted", depth: 2, need: .before
  ) { isMended in
    let log = Locked<[String]>([])
    let waiter = Locked<CheckedContinuation<Void, Never>?>(nil)
    async let waiting: Void = {
      await withCheckedContinuation { waiter.set($0) }
      log { $0.append("woken") }
    }()
    while waiter.get() == nil { await Task.yield() }
    waiter { waiter in
      if isMended { log { $0.append("resumed") } }
      waiter?.resume()
    }
    if !isMended { log { $0.append("resumed") } }
    await waiting
    try check(log.get() == ["resumed", "woken"], "the log tells another order")
  }
}

/// Keeps letters, or who waits for one.
private final class Mailbox: Sendable {
  private typealias Waiter = CheckedContinuation<Int, Never>
  private let state = Locked((letters: [Int](), waiter: Waiter?.none))

  func send(_ letter: Int) {
    let waiting = state { state -> Waiter? in
      if state.waiter == nil { state.letters.append(letter) }
      defer { state.waiter = nil }
      return state.waiter
    }
    waiting?.resume(returning: letter)
  }

  func next(looksAgain: Bool) async -> Int {
    if let letter = take() { return letter }
    return await withCheckedContinuation { continuation in
      let letter = state { state -> Int? in
        if looksAgain, let letter = state.letters.popLast() { return letter }
        state.waiter = continuation
        return nil
      }
      if let letter { continuation.resume(returning: letter) }
    }
  }

  private func take() -> Int? { state { $0.letters.popLast() } }
}

/// A semaphore that is waited for without blocking a thread.
private final class Permits: Sendable {
  private let state = Locked((free: 1, waiters: [CheckedContinuation<Void, Never>]()))

  func take(looksAgain: Bool) async {
    if takeFree() { return }
    await withCheckedContinuation { continuation in
      let isTaken = state { state in
        if looksAgain, state.free > 0 {
          state.free -= 1
          return true
        }
        state.waiters.append(continuation)
        return false
      }
      if isTaken { continuation.resume() }
    }
  }

  func giveBack(atOnce: Bool) {
    let next = state { state -> CheckedContinuation<Void, Never>? in
      if !state.waiters.isEmpty { return state.waiters.removeFirst() }
      if atOnce { state.free += 1 }
      return nil
    }
    if let next { return next.resume() }
    if !atOnce { state { $0.free += 1 } }
  }

  private func takeFree() -> Bool {
    state { state in
      guard state.free > 0 else { return false }
      state.free -= 1
      return true
    }
  }
}
