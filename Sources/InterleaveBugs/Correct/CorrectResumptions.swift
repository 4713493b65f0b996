extension CorrectProgram {
  /// Continuations are resumed from anywhere.
  static let resumptions = [
    resumedAmidBody, mailbox, unsafelyResumed, thrownInto, barrier, resumedByTwo, resumedAll,
    resumedThenEnds, rendezvous,
  ]

  private static let resumedAmidBody = CorrectProgram("a continuation is resumed amid its body") {
    let log = Locked<[String]>([])
    let kept = Locked<CheckedContinuation<Void, Never>?>(nil)
    let waiter = Task {
      await withCheckedContinuation { continuation in
        kept.set(continuation)
        log { $0.append("kept") }
        log { $0.append("told") }
      }
      log { $0.append("woken") }
    }
    while kept.get() == nil { await Task.yield() }
    kept.get()?.resume()
    await waiter.value
    try check(log.get() == ["kept", "told", "woken"], "the log tells \(log.get())")
  }

  private static let mailbox = CorrectProgram("letters come to who waits, in order") {
    let mailbox = Mailbox()
    async let sending: Void = { for letter in 1...3 { mailbox.send(letter) } }()
    var letters: [Int] = []
    for _ in 1...3 { letters.append(await mailbox.next()) }
    await sending
    try check(letters == [1, 2, 3], "the letters were \(letters)")
  }

  private static let unsafelyResumed = CorrectProgram("an unchecked continuation") {
    let kept = Locked<UnsafeContinuation<Int, Never>?>(nil)
    let other = Locked(0)
    let waiter = Task { await withUnsafeContinuation { kept.set($0) } }
    while kept.get() == nil { await Task.yield() }
    other { $0 += 1 }
    kept.get()?.resume(returning: 5)
    other { $0 += 1 }
    try check(await waiter.value == 5, "another value came")
  }

  private struct Failure: Error {}

  private static let thrownInto = CorrectProgram("a continuation is resumed with an error") {
    let kept = Locked<CheckedContinuation<Int, any Error>?>(nil)
    let waiter = Task { try await withCheckedThrowingContinuation { kept.set($0) } }
    let thrower = Task {
      while true {
        if let waiting = kept.get() { return waiting.resume(throwing: Failure()) }
        await Task.yield()
      }
    }
    do {
      _ = try await waiter.value
      throw BugFound(description: "the error did not come")
    } catch is Failure {}
    await thrower.value
  }

  private static let barrier = CorrectProgram("a barrier with a lock") {
    let barrier = Barrier(3)
    let done = Locked(0)
    let isEarly = Locked(false)
    await withTaskGroup(of: Void.self) { group in
      for _ in 0..<3 {
        group.addTask {
          done { $0 += 1 }
          await barrier.pass()
          if done.get() < 3 { isEarly.set(true) }
        }
      }
    }
    try check(!isEarly.get(), "a task passed the barrier too early")
  }

  private static let resumedByTwo = CorrectProgram("of two one resumes") {
    let kept = Locked<CheckedContinuation<Int, Never>?>(nil)
    let resumed = Locked(0)
    let waiter = Task { await withCheckedContinuation { kept.set($0) } }
    while kept.get() == nil { await Task.yield() }
    let resume: @Sendable (Int) -> Void = { number in
      let waiting = kept { kept in
        defer { kept = nil }
        return kept
      }
      guard let waiting else { return }
      resumed { $0 += 1 }
      waiting.resume(returning: number)
    }
    await both({ resume(1) }, { resume(2) })
    _ = await waiter.value
    try check(resumed.get() == 1, "it was resumed \(resumed.get()) times")
  }

  private static let resumedAll = CorrectProgram("all who wait are woken") {
    let waiters = Locked((isOver: false, waiting: [CheckedContinuation<Void, Never>]()))
    let woken = Locked(0)
    await withTaskGroup(of: Void.self) { group in
      for _ in 0..<3 {
        group.addTask {
          await withCheckedContinuation { continuation in
            let isOver = waiters { waiters in
              if !waiters.isOver { waiters.waiting.append(continuation) }
              return waiters.isOver
            }
            if isOver { continuation.resume() }
          }
          woken { $0 += 1 }
        }
      }
      group.addTask {
        let all = waiters { waiters in
          waiters.isOver = true
          defer { waiters.waiting = [] }
          return waiters.waiting
        }
        for waiter in all { waiter.resume() }
      }
    }
    try check(woken.get() == 3, "\(woken.get()) of 3 were woken")
  }

  private static let resumedThenEnds = CorrectProgram("a resumer ends before who is resumed") {
    let kept = Locked<CheckedContinuation<Void, Never>?>(nil)
    let log = Locked(0)
    let waiter = Task {
      await withCheckedContinuation { kept.set($0) }
      log { $0 += 1 }
    }
    let resumer = Task {
      while kept.get() == nil { await Task.yield() }
      kept.get()?.resume()
    }
    await resumer.value
    log { $0 += 1 }
    await waiter.value
    try check(log.get() == 2, "who was resumed did not run")
  }

  private static let rendezvous = CorrectProgram("two meet") {
    let meeting = Meeting()
    async let first = meeting.meet("a")
    async let second = meeting.meet("b")
    let met = await (first, second)
    try check(met == ("b", "a"), "they met \(met)")
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

  func next() async -> Int {
    await withCheckedContinuation { continuation in
      let letter = state { state -> Int? in
        if !state.letters.isEmpty { return state.letters.removeFirst() }
        state.waiter = continuation
        return nil
      }
      if let letter { continuation.resume(returning: letter) }
    }
  }
}

/// Lets go on who comes when all have come.
private final class Barrier: Sendable {
  private let state: Locked<(rest: Int, waiters: [CheckedContinuation<Void, Never>])>

  init(_ parties: Int) { state = Locked((parties, [])) }

  func pass() async {
    await withCheckedContinuation { continuation in
      let all = state { state in
        state.rest -= 1
        state.waiters.append(continuation)
        return state.rest == 0 ? state.waiters : []
      }
      for waiter in all { waiter.resume() }
    }
  }
}

/// Hands to each of two what the other one brought.
private final class Meeting: Sendable {
  private typealias First = (name: String, continuation: CheckedContinuation<String, Never>)
  private let first = Locked<First?>(nil)

  func meet(_ name: String) async -> String {
    await withCheckedContinuation { continuation in
      let other = first { first -> First? in
        if let other = first { return other }
        first = (name, continuation)
        return nil
      }
      guard let other else { return }
      continuation.resume(returning: other.name)
      other.continuation.resume(returning: name)
    }
  }
}
