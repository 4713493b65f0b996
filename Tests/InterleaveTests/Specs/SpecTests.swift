import Testing

@testable import Interleave

/// An account that checks, waits, and only then pays out.
actor SpecBank {
  private(set) var balance = 100

  func deposit(_ amount: Int) { balance += amount }

  func withdraw(_ amount: Int) async -> Bool {
    guard balance >= amount else { return false }
    await Task.yield()
    balance -= amount
    return true
  }
}

struct BankSpec: ConcurrencySpec {
  enum Operation: Sendable { case deposit(Int), withdraw(Int) }
  var operations: Generator<Operation> {
    .oneOf(.int(in: 1...50).map(Operation.deposit), .int(in: 1...100).map(Operation.withdraw))
  }
  func makeSubject() async throws -> SpecBank { SpecBank() }
  func perform(_ operation: Operation, on bank: SpecBank) async throws -> Bool {
    switch operation {
    case .deposit(let amount):
      await bank.deposit(amount)
      return true
    case .withdraw(let amount):
      return await bank.withdraw(amount)
    }
  }
}

extension BankSpec: LinearizableSpec {
  func makeModel() -> Int { 100 }
  func apply(_ operation: Operation, to balance: inout Int) -> Bool {
    switch operation {
    case .deposit(let amount): balance += amount
    case .withdraw(let amount):
      guard balance >= amount else { return false }
      balance -= amount
    }
    return true
  }
}

/// Its model throws where the account would be overdrawn, which no model may.
private struct ThrowingModelSpec: LinearizableSpec {
  struct Overdrawn: Error {}

  var operations: Generator<Int> { .int(in: 60...100) }
  func makeSubject() async throws -> SpecBank { SpecBank() }
  func perform(_ amount: Int, on bank: SpecBank) async throws -> Bool {
    await bank.withdraw(amount)
  }
  func makeModel() -> Int { 100 }
  func apply(_ amount: Int, to balance: inout Int) throws -> Bool {
    guard balance >= amount else { throw Overdrawn() }
    balance -= amount
    return true
  }
}

@Suite struct SpecTests {
  @Test func aModelThatThrowsIsToldAsTheMistakeThatItIs() async throws {
    let outcome = await specFuzzer(1).run(named: "throwing", ThrowingModelSpec())
    let failure = try #require(outcome.failure)
    #expect(failure.message.contains("`apply(_:to:)` of `ThrowingModelSpec` threw Overdrawn()"))
    #expect(failure.message.contains("must not throw"), "\(failure.message)")
  }

  @Test func aHistoryThatNoOrderExplainsIsPrintedByLane() async throws {
    let outcome = await specFuzzer(1).run(
      named: "bank", BankSpec(), lanes: 2...3, operationsPerLane: 1...4)
    let failure = try #require(outcome.failure)
    #expect(failure.kind == .notLinearizable)
    #expect(failure.operations.count == 2)
    #expect(failure.operations.allSatisfy { $0.contains(".withdraw(") })
    for part in ["lane 1", "lane 2", "The longest order", "the model allows false"] {
      #expect(failure.message.contains(part), "\(failure.message)")
    }
    #expect(failure.original.operations >= 2)
  }

  @Test func aHistoryThatNoOrderExplainsIsKeptForThePage() async throws {
    let outcome = await specFuzzer(1).run(
      named: "bank", BankSpec(), lanes: 2...3, operationsPerLane: 1...4)
    let failure = try #require(outcome.failure)
    let history = try #require(failure.history, "\(failure)")
    #expect(history.calls.count == 2, "\(history)")
    #expect(history.calls.allSatisfy { $0.response == "true" }, "\(history)")
    #expect(history.explained.count == 1, "\(history)")
    #expect(history.misfits.map(\.allowed) == [["false"]], "\(history)")
    let others = Set(history.calls.indices).subtracting(history.explained)
    #expect(Set(history.misfits.map(\.call)) == others, "\(history)")
    for call in history.calls {
      #expect(failure.message.contains("\(call.operation) -> true"), "\(failure.message)")
    }
  }

  @Test func equalSeedsFindEqualPrograms() async throws {
    let one = await specFuzzer(5).run(named: "bank", BankSpec()).failure
    let other = await specFuzzer(5).run(named: "bank", BankSpec()).failure
    #expect(one?.description == other?.description)
    #expect(one?.schedulesTried == other?.schedulesTried)
  }

  @Test func sizesThatNoProgramCanHaveAreNamed() async {
    let lanes = await specFuzzer(1).run(named: "none", BankSpec(), lanes: 0...2)
    #expect(lanes.failure?.message == "`lanes` must be at least 1 (was 0)")
    let before = await specFuzzer(1).run(named: "none", BankSpec(), operationsBefore: -1...2)
    #expect(before.failure?.message == "`operationsBefore` must be at least 0 (was -1)")
  }

  @Test func aSpecWithoutOperationsIsToldSo() async throws {
    struct Idle: ConcurrencySpec {
      typealias Operation = Int
      func makeSubject() async throws {}
      func perform(_ operation: Int, on subject: Void) async throws {}
    }
    let failure = try #require(await specFuzzer(1).run(named: "idle", Idle()).failure)
    #expect(failure.message.contains("`Idle` has no operation to do"))
  }

  @Test func aPreconditionThatIsNeverMetIsToldSo() async throws {
    struct Never: ConcurrencySpec {
      var operations: Generator<Int> { .int(in: 1...3) }
      func precondition(_ operation: Int, in state: Void) -> Bool { operation > 3 }
      func makeSubject() async throws {}
      func perform(_ operation: Int, on subject: Void) async throws {}
    }
    let failure = try #require(await specFuzzer(1).run(named: "never", Never()).failure)
    #expect(failure.message.contains("no operation of `Never` ever met its precondition"))
    #expect(failure.message.contains("rejected at the start of a program: "))
  }

  @Test func aSubjectThatIsNotTornDownLeaksItsTask() async throws {
    struct Pump: Sendable {
      var task: Task<Void, Never>
      var continuation: AsyncStream<Int>.Continuation
    }
    struct PumpSpec: ConcurrencySpec {
      var tearsDown: Bool
      var operations: Generator<Int> { .int(in: 1...3) }
      func makeSubject() async throws -> Pump {
        let (stream, continuation) = AsyncStream<Int>.makeStream()
        return Pump(task: Task { for await _ in stream {} }, continuation: continuation)
      }
      func perform(_ operation: Int, on pump: Pump) async throws {
        pump.continuation.yield(operation)
      }
      func tearDown(_ pump: Pump) async throws {
        guard tearsDown else { return }
        pump.task.cancel()
        await pump.task.value
      }
    }
    let leaks = try #require(
      await specFuzzer(1).run(named: "leaks", PumpSpec(tearsDown: false)).failure)
    #expect(leaks.kind == .leakedTask)
    #expect(await specFuzzer(1).run(named: "ends", PumpSpec(tearsDown: true)).failure == nil)
  }

  @Test func aThrownErrorEndsTheRunAtOnce() async throws {
    struct Failed: Error {}
    struct Throwing: ConcurrencySpec {
      var operations: Generator<Int> { .int(in: 1...30) }
      func makeSubject() async throws {}
      func perform(_ operation: Int, on subject: Void) async throws {
        await Task.yield()
        if operation > 20 { throw Failed() }
      }
    }
    let failure = try #require(await specFuzzer(1).run(named: "throws", Throwing()).failure)
    #expect(failure.kind == .thrownError)
    #expect(failure.operations == ["first: 21"])
  }

  @Test func operationsMayUseWhatEarlierOnesReturned() async throws {
    struct Missing: Error {}
    actor Shelf {
      private var things: Set<Int> = []
      private var next = 7
      func add() -> Int {
        next += 1
        things.insert(next)
        return next
      }
      func has(_ thing: Int) -> Bool { things.contains(thing) }
    }
    struct ShelfSpec: ConcurrencySpec {
      enum Operation: Sendable { case add, look(Int) }
      func operations(after state: [Int]) -> Generator<Operation> {
        state.isEmpty
          ? .just(.add) : .oneOf(.just(.add), .element(of: state).map(Operation.look))
      }
      func makeLaneState(lane: Int, after prefix: [Int]?) -> [Int] { prefix ?? [] }
      func update(_ state: inout [Int], after operation: Operation, response: Int?) {
        if let response { state.append(response) }
      }
      func makeSubject() async throws -> Shelf { Shelf() }
      func perform(_ operation: Operation, on shelf: Shelf) async throws -> Int? {
        switch operation {
        case .add: return await shelf.add()
        case .look(let thing):
          guard await shelf.has(thing) else { throw Missing() }
          return nil
        }
      }
    }
    let outcome = await specFuzzer(1).run(named: "shelf", ShelfSpec(), operationsPerLane: 2...4)
    #expect(outcome.failure == nil)
    #expect(outcome.report.schedules == 400)
  }

  @Test func aPreconditionMayDependOnTheModel() async throws {
    struct Guarded: LinearizableSpec {
      struct Negative: Error {}
      var operations: Generator<Int> { .element(of: [-1, 1]) }
      func makeSubject() async throws -> SpecBank { SpecBank() }
      func perform(_ operation: Int, on bank: SpecBank) async throws {
        await bank.deposit(operation * 100)
        if await bank.balance < 0 { throw Negative() }
      }
      func makeModel() -> Int { 1 }
      func apply(_ operation: Int, to model: inout Int) { model += operation }
      func next(_ model: Int, _ operation: Int, _ response: Void) -> Int? { model + operation }
      func precondition(_ operation: Int, given model: Int) -> Bool { model + operation >= 0 }
    }
    let alone = await specFuzzer(1).run(named: "guarded", Guarded(), lanes: 1...1)
    #expect(alone.failure?.kind != .thrownError)
    let failure = try #require(await specFuzzer(1).run(named: "guarded", Guarded()).failure)
    #expect(failure.operations == ["lane 1: -1", "lane 2: -1"])
  }

  @Test func aModelThatSaysNothingIsToldSo() async throws {
    struct Silent: LinearizableSpec {
      var operations: Generator<Int> { .int(in: 1...3) }
      func makeSubject() async throws {}
      func perform(_ operation: Int, on subject: Void) async throws -> Int { operation }
      func makeModel() -> Int { 0 }
    }
    let failure = try #require(await specFuzzer(1).run(named: "silent", Silent()).failure)
    #expect(failure.message.contains("implement `apply(_:to:)`"))
  }

  @Test func callsThatADeadlockCutOffMayOrMayNotHaveHappened() async throws {
    let failure = try #require(await specFuzzer(1).run(named: "gate", StuckSpec()).failure)
    #expect(failure.kind != .notLinearizable, "\(failure.message)")
  }

  @Test func sequentialConsistencyAllowsWhatShowsLate() async throws {
    let late = await specFuzzer(2).run(named: "late", LateSpec())
    #expect(late.failure == nil)
    let failure = try #require(await specFuzzer(2).run(named: "late", StrictLateSpec()).failure)
    #expect(failure.kind == .notLinearizable)
  }
}

/// A switch that is turned on before it waits for ever.
private struct StuckSpec: LinearizableSpec {
  actor Switch {
    private var isOn = false
    private var waiting: [CheckedContinuation<Void, Never>] = []
    func look() -> Bool { isOn }
    func turnOn() async {
      isOn = true
      await withCheckedContinuation { waiting.append($0) }
    }
  }
  enum Operation: Sendable, CaseIterable { case look, turnOn }
  var operations: Generator<Operation> { .anyCase() }
  func makeSubject() async throws -> Switch { Switch() }
  func perform(_ operation: Operation, on subject: Switch) async throws -> Bool {
    switch operation {
    case .look: return await subject.look()
    case .turnOn:
      await subject.turnOn()
      return true
    }
  }
  func makeModel() -> Bool { false }
  func apply(_ operation: Operation, to isOn: inout Bool) -> Bool {
    if operation == .turnOn { isOn = true }
    return isOn
  }
}

/// A register in which each lane reads what it wrote itself, or what the register had at first.
private struct LateSpec: SequentiallyConsistentSpec {
  typealias Operation = LateRegister.Operation
  var operations: Generator<Operation> { .anyCase() }
  func makeSubject() async throws -> LateRegister { LateRegister() }
  func perform(_ operation: Operation, on subject: LateRegister) async throws -> Bool {
    await subject.perform(operation)
  }
  func makeModel() -> Bool { false }
  func apply(_ operation: Operation, to isSet: inout Bool) -> Bool {
    if operation == .set { isSet = true }
    return isSet
  }
}

private struct StrictLateSpec: LinearizableSpec {
  typealias Operation = LateRegister.Operation
  var operations: Generator<Operation> { .anyCase() }
  func makeSubject() async throws -> LateRegister { LateRegister() }
  func perform(_ operation: Operation, on subject: LateRegister) async throws -> Bool {
    await subject.perform(operation)
  }
  func makeModel() -> Bool { false }
  func apply(_ operation: Operation, to isSet: inout Bool) -> Bool {
    if operation == .set { isSet = true }
    return isSet
  }
}

private actor LateRegister {
  enum Operation: Sendable, CaseIterable { case get, set }
  /// Who has set it, by the task.
  private var setters: Set<Int> = []

  func perform(_ operation: Operation) async -> Bool {
    await Task.yield()
    let lane = withUnsafeCurrentTask { $0.hashValue }
    if operation == .set { setters.insert(lane) }
    return setters.contains(lane)
  }
}

func specFuzzer(_ seed: UInt64, corpus: CorpusMode = .none) -> Fuzzer {
  var configuration = FuzzConfiguration()
  configuration.schedules = 400
  configuration.seed = seed
  configuration.corpus = corpus
  return Fuzzer(configuration)
}
