import Foundation

extension CorrectProgram {
  /// Time passes, or does not, while steps are interrupted inside.
  static let times = [
    farDeadline, sleptInTurn, clocksGoOn, sleptFor, timedOut, sleepsBesideLocks,
  ]

  private static let farDeadline = CorrectProgram("what is ready is done before an hour is over") {
    let isDone = Locked(false)
    async let doing: Void = {
      isDone { _ in }
      isDone { _ in }
      isDone.set(true)
    }()
    try await Task.sleep(for: .seconds(3600))
    try check(isDone.get(), "an hour passed while a step could go on")
    await doing
  }

  private static let sleptInTurn = CorrectProgram("who sleeps for long comes last") {
    let log = Locked<[Int]>([])
    await withTaskGroup(of: Void.self) { group in
      for number in [2, 1, 3] {
        group.addTask {
          try? await Task.sleep(for: .seconds(number))
          log { _ in }
          log { $0.append(number) }
        }
      }
    }
    try check(log.get() == [1, 2, 3], "the order was \(log.get())")
  }

  private static let clocksGoOn = CorrectProgram("clocks never run back") {
    let last = Locked(ContinuousClock.now)
    try await InterleaveBugs.all(3) { _ in
      for _ in 0..<2 {
        try last { last in
          let now = ContinuousClock.now
          try check(now >= last, "the clock ran back")
          last = now
        }
      }
    }
  }

  private static let sleptFor = CorrectProgram("a sleep is as long as asked for") {
    let other = Locked(0)
    try await withThrowingTaskGroup(of: Void.self) { group in
      for _ in 0..<2 {
        group.addTask {
          let began = ContinuousClock.now
          other { $0 += 1 }
          try await Task.sleep(for: .milliseconds(20))
          other { $0 += 1 }
          try check(began.duration(to: .now) >= .milliseconds(20), "the sleep was too short")
        }
      }
      try await group.waitForAll()
    }
  }

  private static let timedOut = CorrectProgram("work that is ready is not timed out") {
    let work = Locked(0)
    let isTimedOut = await withTaskGroup(of: Bool.self) { group in
      group.addTask {
        work { $0 += 1 }
        work { $0 += 1 }
        return false
      }
      group.addTask {
        do {
          try await Task.sleep(for: .seconds(60))
          return true
        } catch {
          return false
        }
      }
      defer { group.cancelAll() }
      return await group.next() ?? true
    }
    try check(!isTimedOut, "a minute passed while a step could go on")
  }

  private static let sleepsBesideLocks = CorrectProgram("sleeps beside sections") {
    let count = Locked(0)
    await withTaskGroup(of: Void.self) { group in
      for _ in 0..<2 {
        group.addTask {
          count { $0 += 1 }
          try? await Task.sleep(for: .milliseconds(1))
          count { $0 += 1 }
          Thread.pause()
          count { $0 += 1 }
        }
      }
    }
    try check(count.get() == 6, "the count is \(count.get())")
  }
}

extension Thread {
  fileprivate static func pause() { sleep(forTimeInterval: 0.001) }
}
