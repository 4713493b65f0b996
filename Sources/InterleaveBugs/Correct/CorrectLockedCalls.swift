import Foundation

extension CorrectProgram {
  /// What can be done while a lock is held.
  static let lockedCalls = [
    madeUnderLock, resumedUnderLock, yieldedUnderLock, cancelledUnderLock, sleptUnderLock,
    freedUnderLock, initializedOnce, initializedUnderLock, printedUnderLock, cached, notified,
  ]

  private static let madeUnderLock = CorrectProgram("a task is made under the lock that it takes") {
    let state = Locked((made: 0, seen: 0))
    let tasks = (0..<2).map { _ in
      state { locked in
        let task = Task { state { $0.seen = $0.made } }
        locked.made += 1
        return task
      }
    }
    for task in tasks { await task.value }
    try check(state.get().seen >= 1, "the task came amid its maker's section")
  }

  private static let resumedUnderLock = CorrectProgram(
    "a task is resumed under the lock that it takes"
  ) {
    let state = Locked((waiter: CheckedContinuation<Void, Never>?.none, isSet: false))
    let waiter = Task {
      await withCheckedContinuation { continuation in state { $0.waiter = continuation } }
      return state.get().isSet
    }
    while state.get().waiter == nil { await Task.yield() }
    state {
      $0.waiter?.resume()
      $0.isSet = true
    }
    try check(await waiter.value, "the task came amid its waker's section")
  }

  private static let yieldedUnderLock = CorrectProgram("elements are yielded under a lock") {
    let (stream, continuation) = AsyncStream<Int>.makeStream()
    let number = Locked(0)
    async let producing: Void = {
      await InterleaveBugs.all(3) { _ in
        number {
          $0 += 1
          continuation.yield($0)
        }
      }
      continuation.finish()
    }()
    var last = 0
    for await element in stream {
      try check(element == last + 1, "\(element) came after \(last)")
      last = element
    }
    await producing
    try check(last == 3, "an element is missing")
  }

  private static let cancelledUnderLock = CorrectProgram("a task is cancelled under a lock") {
    let (state, handled) = (Locked(0), Locked(0))
    let sleeper = Task {
      await withTaskCancellationHandler {
        while !Task.isCancelled { await Task.yield() }
        state { $0 += 1 }
      } onCancel: {
        handled { $0 += 1 }
      }
    }
    state {
      sleeper.cancel()
      $0 += 1
    }
    await sleeper.value
    try check(state.get() == 2 && handled.get() == 1, "the handler ran \(handled.get()) times")
  }

  private static let sleptUnderLock = CorrectProgram("a thread sleeps under a lock") {
    let (lock, room) = (NSLock(), Room())
    try await InterleaveBugs.all(2) { _ in
      lock.lock()
      defer { lock.unlock() }
      Thread.sleep(forTimeInterval: 0.001)
      try room.visit()
      Thread.sleep(forTimeInterval: 0.001)
    }
    try room.close(after: 2)
  }

  private final class Owner: Sendable {
    let log: Locked<[Int]>
    init(_ log: Locked<[Int]>) { self.log = log }
    deinit { log { $0.append(1) } }
  }

  private static let freedUnderLock = CorrectProgram("an object is freed under a lock") {
    let log = Locked<[Int]>([])
    let owners = Locked([Owner(log), Owner(log)])
    await both({ _ = owners { $0.popLast() } }, { owners { $0.removeAll() } })
    try check(log.get().count == 2, "\(log.get().count) of 2 were freed")
  }

  private static let runs = Locked(0)
  private static let shared: Int = runs {
    $0 += 1
    return 7
  }

  private static let initializedOnce = CorrectProgram("a global is initialized once") {
    try await InterleaveBugs.all(3) { _ in
      try check(shared == 7 && runs.get() == 1, "it was initialized \(runs.get()) times")
    }
  }

  private static let initializedUnderLock = CorrectProgram("a value is made under a lock") {
    let (value, made) = (Locked<Int?>(nil), Locked(0))
    try await InterleaveBugs.all(3) { _ in
      let got = value { value -> Int in
        if let value { return value }
        made { $0 += 1 }
        value = 3
        return 3
      }
      try check(got == 3 && made.get() == 1, "it was made \(made.get()) times")
    }
  }

  private struct Noisy: CustomStringConvertible {
    let log: Locked<Int>
    var description: String {
      log { $0 += 1 }
      return "noisy"
    }
  }

  private final class Output: TextOutputStream, @unchecked Sendable {
    private let file = fopen("/dev/null", "w")!
    func write(_ text: String) {
      flockfile(file)
      fputs(text, file)
      funlockfile(file)
    }
    deinit { fclose(file) }
  }

  private static let printedUnderLock = CorrectProgram("a description takes a lock") {
    let log = Locked(0)
    let output = Output()
    await InterleaveBugs.all(3) { _ in
      var output = output
      print(Noisy(log: log), Noisy(log: log), to: &output)
    }
    try check(log.get() == 6, "\(log.get()) of 6 were described")
  }

  private final class Entry { let number = 1 }

  private final class Cache: @unchecked Sendable {
    let entries = NSCache<NSString, Entry>()
  }

  private static let cached = CorrectProgram("a cache with locks of its own") {
    let (cache, log) = (Cache(), Locked(0))
    try await InterleaveBugs.all(3) { _ in
      cache.entries.setObject(Entry(), forKey: "key")
      log { $0 += 1 }
      let entry = cache.entries.object(forKey: "key")
      try check(entry?.number == 1, "the entry is gone")
    }
  }

  private static let notified = CorrectProgram("notifications are observed") {
    let (center, seen) = (Center(), Locked(0))
    let observer = center.observe { seen { $0 += 1 } }
    await InterleaveBugs.all(3) { _ in center.post() }
    center.remove(observer)
    center.post()
    try check(seen.get() == 3, "\(seen.get()) of 3 were seen")
  }
}

private final class Center: @unchecked Sendable {
  private let center = NotificationCenter()
  private let name = Notification.Name("happened")

  func observe(_ body: @escaping @Sendable () -> Void) -> Observer {
    Observer(token: center.addObserver(forName: name, object: nil, queue: nil) { _ in body() })
  }
  func post() { center.post(name: name, object: nil) }
  func remove(_ observer: Observer) { center.removeObserver(observer.token) }

  struct Observer: @unchecked Sendable { let token: any NSObjectProtocol }
}
