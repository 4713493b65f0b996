import Dispatch
import Foundation

extension BugProgram {
  /// Code that is not asynchronous waits for what a task does, and blocks the thread meanwhile that
  /// the task may need.
  static let bridges = [
    resultOfTask, resultUnderActor, getOfFuture, semaphoreOfPOSIX, detachedUnderActor, sleeper,
  ]

  /// A task is waited for at a semaphore.
  private static let resultOfTask = BugProgram("starved_task", depth: 1, need: .before) {
    isMended in
    let result = Locked(0)
    let done = DispatchSemaphore(value: 0)
    let task = Task {
      result.set(42)
      done.signal()
    }
    if isMended { await task.value } else { done.block() }
    try check(result.get() == 42, "the result was not there")
  }

  /// An actor's method waits for a task that needs the same thread.
  private static let resultUnderActor = BugProgram("starved_actor", depth: 1, need: .before) {
    isMended in
    let cache = Cache()
    let value = isMended ? await cache.load() : await cache.loadAndBlock()
    try check(value == 42, "the value was not there")
  }

  private actor Cache {
    private let source = Source()
    private var value = 0

    func load() async -> Int {
      value = await source.read()
      return value
    }

    func loadAndBlock() -> Int {
      let done = DispatchSemaphore(value: 0)
      let read = Locked(0)
      Task { [source] in
        read.set(await source.read())
        done.signal()
      }
      done.wait()
      value = read.get()
      return value
    }
  }

  private actor Source {
    func read() -> Int { 42 }
  }

  /// The value of a future is waited for under its lock.
  private static let getOfFuture = BugProgram("starved_future", depth: 1, need: .before) {
    isMended in
    let future = Future()
    let task = Task { future.set(42) }
    if isMended { await task.value }
    try check(future.get() == 42, "the value was not there")
  }

  private final class Future: @unchecked Sendable {
    private let condition = NSCondition()
    private var value: Int?

    func set(_ value: Int) {
      condition.lock()
      self.value = value
      condition.broadcast()
      condition.unlock()
    }

    func get() -> Int {
      condition.lock()
      defer { condition.unlock() }
      while true {
        if let value { return value }
        condition.wait()
      }
    }
  }

  /// A semaphore of POSIX stands between two tasks.
  private static let semaphoreOfPOSIX = BugProgram("starved_posix", depth: 1, need: .before) {
    isMended in
    let ready = PosixSemaphore()
    let producer = Task { ready.post() }
    if isMended { await producer.value }
    ready.wait()
  }

  /// An actor hands work to a task of its own, and blocks until that is done.
  private static let detachedUnderActor = BugProgram("starved_detached", depth: 1, need: .before) {
    isMended in
    let worker = Worker()
    await worker.run(isMended: isMended)
    try check(await worker.count == 2, "work was not done")
  }

  private actor Worker {
    private(set) var count = 0

    func run(isMended: Bool) async {
      let done = Locked(0)
      if isMended {
        await InterleaveBugs.all(2) { _ in done { $0 += 1 } }
      } else {
        let each = DispatchSemaphore(value: 0)
        for _ in 0..<2 {
          Task.detached {
            done { $0 += 1 }
            each.signal()
          }
        }
        for _ in 0..<2 { each.block() }
      }
      count = done.get()
    }
  }

  /// Who signals sleeps first, and wakes on a thread of the pool.
  private static let sleeper = BugProgram("starved_sleeper", depth: 1, need: .before) { isMended in
    let isOver = DispatchSemaphore(value: 0)
    let timer = Task {
      try await Task.sleep(for: .seconds(1))
      isOver.signal()
    }
    if isMended { try await timer.value } else { isOver.block() }
  }
}
