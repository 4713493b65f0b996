import Dispatch
import Testing

extension CorrectProgram {
  /// Programs about what actors promise.
  static let actors = [
    CorrectProgram("actors that call actors lose no call") {
      let total = Counter()
      let relays = (0..<2).map { _ in Relay(to: total) }
      await withTaskGroup(of: Void.self) { group in
        for index in 0..<4 { group.addTask { await relays[index % 2].send() } }
      }
      #expect(await total.value == 4)
      #expect(await relays[0].sent == 2)
    },
    CorrectProgram("an account that checks again after each await is never overdrawn") {
      let account = CarefulAccount(balance: 100)
      async let one = account.withdraw(80)
      async let other = account.withdraw(80)
      let paid = await [one, other]
      #expect(paid.count { $0 } == 1)
      #expect(await account.balance == 20)
    },
    CorrectProgram("what is computed once is shared by all who ask meanwhile") {
      let counter = Counter()
      let memo = Memo { await counter.increment() }
      let values = await withTaskGroup(of: Int.self) { group in
        for _ in 0..<3 { group.addTask { await memo.value } }
        return await group.reduce(into: []) { $0.append($1) }
      }
      #expect(values == [1, 1, 1])
      #expect(await counter.value == 1)
    },
    CorrectProgram("a step on an actor is never interrupted") {
      let pair = Pair()
      await withTaskGroup(of: Void.self) { group in
        for _ in 0..<3 { group.addTask { await pair.increment() } }
        group.addTask { #expect(await pair.isBalanced) }
      }
      #expect(await pair.isBalanced)
    },
    CorrectProgram("the main actor takes one step at a time") {
      let score = Score()
      await withTaskGroup(of: Void.self) { group in
        for _ in 0..<3 {
          group.addTask { @MainActor in
            let before = score.points
            score.points = before + 1
          }
        }
      }
      #expect(await score.points == 3)
    },
    CorrectProgram("a global actor protects what is on it") {
      let register = Register()
      async let one: Void = register.add("one")
      async let other: Void = register.add("other")
      _ = await (one, other)
      #expect(await register.names.sorted() == ["one", "other"])
    },
    CorrectProgram("an actor on a serial queue is an actor") {
      let tally = QueueTally()
      await withTaskGroup(of: Void.self) { group in
        for _ in 0..<3 { group.addTask { await tally.increment() } }
      }
      #expect(await tally.value == 3)
    },
    CorrectProgram("an isolated deinit runs on its actor, before the log is read") {
      let log = MainLog()
      await withTaskGroup(of: Void.self) { group in
        for name in ["a", "b"] {
          group.addTask { await Entry(name, in: log).use() }
        }
      }
      // Both were let go of before the group ended, so this one is behind them.
      await Task { @MainActor in }.value
      #expect(await log.used == 2)
      #expect(await log.closed.sorted() == ["a", "b"])
    },
    CorrectProgram("tasks that an actor makes run on it in the order they were made") {
      let ordered = Ordered()
      async let other: Void = ordered.note(0)
      await ordered.makeTasks()
      await other
      #expect(await ordered.notes.filter { $0 > 0 } == [1, 2, 3])
    },
  ]
}

actor Counter {
  private(set) var value = 0

  @discardableResult func increment() -> Int {
    value += 1
    return value
  }
}

private actor Relay {
  private(set) var sent = 0
  private let target: Counter

  init(to target: Counter) { self.target = target }

  func send() async {
    await target.increment()
    sent += 1
  }
}

private actor CarefulAccount {
  private(set) var balance: Int
  private let log = Counter()

  init(balance: Int) { self.balance = balance }

  func withdraw(_ amount: Int) async -> Bool {
    guard balance >= amount else { return false }
    await log.increment()
    guard balance >= amount else { return false }
    balance -= amount
    return true
  }
}

private actor Memo {
  private var task: Task<Int, Never>?
  private let compute: @Sendable () async -> Int

  init(_ compute: @escaping @Sendable () async -> Int) { self.compute = compute }

  var value: Int {
    get async {
      if let task { return await task.value }
      let task = Task { [compute] in await compute() }
      self.task = task
      return await task.value
    }
  }
}

private actor Pair {
  private var left = 0
  private var right = 0
  private let log = Counter()

  var isBalanced: Bool { left == right }

  func increment() async {
    left += 1
    right += 1
    await log.increment()
    left += 1
    right += 1
  }
}

@MainActor private final class Score {
  var points = 0
}

@globalActor private actor Registry {
  static let shared = Registry()
}

@Registry private final class Register {
  var names: [String] = []

  func add(_ name: String) { names.append(name) }
}

private final class QueueExecutor: SerialExecutor {
  private let queue = DispatchQueue(label: "tally")

  func enqueue(_ job: UnownedJob) {
    queue.async { job.runSynchronously(on: self.asUnownedSerialExecutor()) }
  }
}

private actor QueueTally {
  private let executor = QueueExecutor()
  private let log = Counter()
  private(set) var value = 0

  nonisolated var unownedExecutor: UnownedSerialExecutor { executor.asUnownedSerialExecutor() }

  func increment() async {
    preconditionIsolated()
    value += 1
    await log.increment()
    preconditionIsolated()
  }
}

@MainActor private final class MainLog {
  var used = 0
  var closed: [String] = []
}

@MainActor private final class Entry {
  private let name: String
  private let log: MainLog

  init(_ name: String, in log: MainLog) {
    self.name = name
    self.log = log
  }

  func use() { log.used += 1 }

  isolated deinit { log.closed.append(name) }
}

private actor Ordered {
  private(set) var notes: [Int] = []

  func note(_ number: Int) { notes.append(number) }

  func makeTasks() async {
    let tasks = (1...3).map { number in Task { note(number) } }
    for task in tasks { await task.value }
  }
}
