import Foundation
import Interleave
import Testing

/// A program that fails in one way, with its settings.
struct GoldenProgram: Sendable, CustomTestStringConvertible {
  let name: String
  let kind: FuzzFailure.Kind
  let configure: @Sendable (inout FuzzConfiguration) -> Void
  let run: @Sendable (Fuzzer, String) async -> FuzzOutcome

  var testDescription: String { name }

  private init(
    _ name: String, _ kind: FuzzFailure.Kind,
    _ configure: @escaping @Sendable (inout FuzzConfiguration) -> Void = { _ in },
    body: @escaping @Sendable () async throws -> Void
  ) {
    self.name = name
    self.kind = kind
    self.configure = configure
    run = { await $0.run(named: $1, body) }
  }

  private init(_ name: String, _ kind: FuzzFailure.Kind, spec: some LinearizableSpec) {
    self.name = name
    self.kind = kind
    configure = { _ in }
    run = { await $0.run(named: $1, spec) }
  }

  static let all = [
    lostUpdate, overdrawn, neverNegative, deadlock, missedSignal, leftTask, dropped, politeness,
    crash, resumedTwice, semaphore, queue, checkUnderLock, cancelled,
  ]

  private struct Wrong: Error, CustomStringConvertible {
    let description: String
  }

  /// What is no actor's, so that a task that does it leaves the one that it was on.
  @inline(never) private static func think() {}

  // MARK: Values

  private actor Counter {
    private(set) var count = 0

    func add() async {
      let old = count
      await Task.yield()
      count = old + 1
    }
  }

  private static let lostUpdate = GoldenProgram("lost update", .thrownError) {
    let counter = Counter()
    async let one: Void = counter.add()
    async let other: Void = counter.add()
    _ = await (one, other)
    let count = await counter.count
    if count != 2 { throw Wrong(description: "counted \(count) of 2") }
  }

  private actor Account {
    private(set) var balance = 100
    private let log = Log()

    func withdraw(_ amount: Int) async {
      guard balance >= amount else { return }
      await log.append()
      balance -= amount
    }
  }

  private static let overdrawn = GoldenProgram("expectation", .expectation) {
    let account = Account()
    async let one: Void = account.withdraw(80)
    async let other: Void = account.withdraw(80)
    _ = await (one, other)
    #expect(await account.balance >= 0)
  }

  private static let neverNegative = GoldenProgram("invariant", .invariant) {
    let account = Account()
    always(account, "the balance must not be negative") { $0.balance >= 0 }
    async let one: Void = account.withdraw(80)
    async let other: Void = account.withdraw(80)
    _ = await (one, other)
  }

  // MARK: Waits

  private actor Turnstile {
    private var isTaken = false
    private var waiters: [CheckedContinuation<Void, Never>] = []

    func enter() async {
      if isTaken { await withCheckedContinuation { waiters.append($0) } }
      isTaken = true
    }

    func leave() {
      isTaken = false
      if !waiters.isEmpty { waiters.removeFirst().resume() }
    }
  }

  private static let deadlock = GoldenProgram("deadlock", .deadlock) {
    let (left, right) = (Turnstile(), Turnstile())
    let pass: @Sendable (Turnstile, Turnstile) async -> Void = { first, second in
      await first.enter()
      await second.enter()
      await second.leave()
      await first.leave()
    }
    async let one: Void = pass(left, right)
    async let other: Void = pass(right, left)
    _ = await (one, other)
  }

  private actor Signal {
    private(set) var isSet = false
    private var waiter: CheckedContinuation<Void, Never>?

    func wait() async { await withCheckedContinuation { waiter = $0 } }

    func set() {
      isSet = true
      waiter?.resume()
      waiter = nil
    }
  }

  private static let missedSignal = GoldenProgram("missed signal", .lostWakeUp) {
    let signal = Signal()
    async let waiting: Void = {
      guard await !signal.isSet else { return }
      think()
      await signal.wait()
    }()
    await signal.set()
    await waiting
  }

  private static let leftTask = GoldenProgram("leaked task", .leakedTask) {
    let signal = Signal()
    let task = Task {
      guard await !signal.isSet else { return }
      think()
      await signal.wait()
    }
    await signal.set()
    withExtendedLifetime(task) {}
  }

  private actor Inbox {
    private var waiter: CheckedContinuation<Void, Never>?

    func wait() async { await withCheckedContinuation { waiter = $0 } }

    func deliver() {
      waiter?.resume()
      waiter = nil
    }
  }

  private static let dropped = GoldenProgram("dropped continuation", .lostWakeUp) {
    let inbox = Inbox()
    async let one: Void = inbox.wait()
    async let other: Void = inbox.wait()
    await Task.yield()
    await inbox.deliver()
    _ = await (one, other)
  }

  private static let politeness = GoldenProgram("livelock", .livelock, { $0.stepLimit = 2_000 }) {
    let (mine, yours) = (Box<Bool>(false), Box<Bool>(false))
    let pass: @Sendable (Box<Bool>, Box<Bool>) async -> Void = { own, others in
      await own.set(true)
      while await others.value == true { await Task.yield() }
    }
    async let one: Void = pass(mine, yours)
    async let other: Void = pass(yours, mine)
    _ = await (one, other)
  }

  // MARK: Ends of the process

  private actor Shelf {
    private var goods = 1

    func isEmpty() -> Bool { goods == 0 }

    func sell() {
      precondition(goods > 0, "sold what is not there")
      goods -= 1
    }
  }

  /// Lets the first answer through, and, since it does not forget who asked, the second.
  private actor Question {
    private var asked: [Int: CheckedContinuation<String, Never>] = [:]

    func ask(_ number: Int) async -> String {
      await withCheckedContinuation { asked[number] = $0 }
    }

    func answer(_ number: Int, _ text: String) { asked[number]?.resume(returning: text) }
  }

  private static let resumedTwice = GoldenProgram("resumed twice", .crash) {
    let question = Question()
    async let text = question.ask(1)
    await waitUntilIdle()
    async let yes: Void = question.answer(1, "yes")
    async let no: Void = question.answer(1, "no")
    _ = await (text, yes, no)
  }

  private static let crash = GoldenProgram("crash", .crash) {
    let shelf = Shelf()
    let buy: @Sendable () async -> Void = {
      guard await !shelf.isEmpty() else { return }
      think()
      await shelf.sell()
    }
    async let one: Void = buy()
    async let other: Void = buy()
    _ = await (one, other)
  }

  private static func block(on semaphore: DispatchSemaphore) { semaphore.wait() }

  private static let semaphore = GoldenProgram("hang", .hang) {
    let (semaphore, box) = (DispatchSemaphore(value: 0), Box<Bool>(false))
    async let setting: Void = box.set(true)
    if await box.value != true { block(on: semaphore) }
    await setting
  }

  // MARK: Locks, histories and settings

  private actor Stack {
    private var elements: [Int] = []

    func push(_ element: Int) async {
      let old = elements
      await Task.yield()
      elements = old + [element]
    }

    func count() -> Int { elements.count }
  }

  private struct StackSpec: LinearizableSpec {
    enum Operation: Sendable { case push(Int), count }

    var operations: Generator<Operation> {
      .oneOf(.int(in: 1...9).map(Operation.push), .just(.count))
    }

    func makeSubject() async throws -> Stack { Stack() }

    func perform(_ operation: Operation, on stack: Stack) async throws -> Int {
      switch operation {
      case .push(let element):
        await stack.push(element)
        return 0
      case .count: return await stack.count()
      }
    }

    func makeModel() -> [Int] { [] }

    func apply(_ operation: Operation, to elements: inout [Int]) -> Int {
      switch operation {
      case .push(let element):
        elements.append(element)
        return 0
      case .count: return elements.count
      }
    }
  }

  private static let queue = GoldenProgram("not linearizable", .notLinearizable, spec: StackSpec())

  private final class Seats: Sendable {
    private let lock = NSLock()
    private let state = State()

    private final class State: @unchecked Sendable { var free = 1 }

    func isFree() -> Bool {
      lock.lock()
      defer { lock.unlock() }
      return state.free > 0
    }

    func take() -> Int {
      lock.lock()
      defer { lock.unlock() }
      state.free -= 1
      return state.free
    }
  }

  private static let checkUnderLock = GoldenProgram("locks", .thrownError) {
    let seats = Seats()
    let book: @Sendable () async throws -> Void = {
      guard seats.isFree() else { return }
      let left = seats.take()
      if left < 0 { throw Wrong(description: "\(-left) seat too many was taken") }
    }
    async let one: Void = book()
    async let other: Void = book()
    _ = try await (one, other)
  }

  private static let cancelled = GoldenProgram(
    "cancellation", .thrownError, { $0.cancellation = .anyTask }
  ) {
    let box = Box<Int>(0)
    let task = Task {
      await box.set(1)
      if Task.isCancelled { return }
      await box.set(0)
    }
    await task.value
    if await box.value != 0 { throw Wrong(description: "what was begun was not undone") }
  }
}
