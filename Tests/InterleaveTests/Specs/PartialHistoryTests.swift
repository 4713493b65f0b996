import Interleave
import Testing

/// A counter whose addition is cut off by a cancellation, before or after it counts.
private actor Counter {
  private(set) var value = 0

  /// - Parameter step: What it really adds.
  func add(_ step: Int, cutOff isCutOff: Bool, early isEarly: Bool) throws {
    if isCutOff, isEarly { throw CancellationError() }
    value += step
    if isCutOff { throw CancellationError() }
  }
}

/// Additions of one, some of them in a lane that is cancelled meanwhile.
private struct CounterSpec: LinearizableSpec {
  enum Operation: Sendable { case add(cutOff: Bool, early: Bool), read }

  /// What an addition that is cut off late adds; 1 is right.
  var step = 1

  var operations: Generator<Operation> {
    .oneOf(
      .tuple(.bool, .bool).map { Operation.add(cutOff: $0, early: $1) }, .just(Operation.read))
  }

  func makeSubject() async throws -> Counter { Counter() }

  func perform(_ operation: Operation, on counter: Counter) async throws -> Int {
    switch operation {
    case .read:
      return await counter.value
    case .add(let cutOff, let early):
      if cutOff { withUnsafeCurrentTask { $0?.cancel() } }
      try await counter.add(cutOff ? step : 1, cutOff: cutOff, early: early)
      return 0
    }
  }

  func makeModel() -> Int { 0 }

  func apply(_ operation: Operation, to value: inout Int) throws -> Int {
    guard case .add = operation else { return value }
    value += 1
    return 0
  }
}

/// A store of which two keys share a value, or do not.
private actor Shelf {
  private var values: [Int: Int] = [:]
  let mixesUp: Bool
  init(mixesUp: Bool) { self.mixesUp = mixesUp }

  func put(_ value: Int, at key: Int) { values[mixesUp ? 0 : key] = value }
  func get(_ key: Int) -> Int { values[mixesUp ? 0 : key] ?? 0 }
}

/// Values by key, each key a history of its own.
private struct ShelfSpec: LinearizableSpec {
  enum Operation: Sendable { case put(Int, key: Int), get(key: Int) }

  var mixesUp = false

  var operations: Generator<Operation> {
    .oneOf(
      .tuple(.int(in: 1...3), .int(in: 0...1)).map { Operation.put($0, key: $1) },
      .int(in: 0...1).map { Operation.get(key: $0) })
  }

  func makeSubject() async throws -> Shelf { Shelf(mixesUp: mixesUp) }

  func perform(_ operation: Operation, on shelf: Shelf) async throws -> Int {
    switch operation {
    case .put(let value, let key):
      await shelf.put(value, at: key)
      return 0
    case .get(let key): return await shelf.get(key)
    }
  }

  func makeModel() -> [Int: Int] { [:] }

  func apply(_ operation: Operation, to values: inout [Int: Int]) throws -> Int {
    switch operation {
    case .put(let value, let key):
      values[key] = value
      return 0
    case .get(let key): return values[key] ?? 0
    }
  }

  func key(of operation: Operation) -> AnyHashable? {
    switch operation {
    case .put(_, let key), .get(let key): key
    }
  }
}

@Suite struct PartialHistoryTests {
  private func failure(of spec: some ConcurrencySpec) async -> FuzzFailure? {
    var configuration = FuzzConfiguration()
    configuration.seed = 1
    configuration.corpus = .none
    configuration.checks.remove(.nothingInterleaved)
    // A prefix runs in the body's own task, which nothing cancels.
    return await Fuzzer(configuration).run(named: "spec", spec, operationsBefore: 0...0).failure
  }

  @Test func whatACancelledLaneDidLastMayOrMayNotHaveHappened() async throws {
    let failure = await failure(of: CounterSpec())
    #expect(failure == nil, "\(failure.map { "\($0)" } ?? "")")
  }

  @Test func whatACancelledLaneDidLastMustStillFitTheModel() async throws {
    let failure = try #require(await failure(of: CounterSpec(step: 2)))
    #expect(failure.kind == .notLinearizable)
  }

  @Test func eachKeyHasAHistoryOfItsOwn() async throws {
    #expect(await failure(of: ShelfSpec()) == nil)
    let failure = try #require(await failure(of: ShelfSpec(mixesUp: true)))
    #expect(failure.kind == .notLinearizable)
    #expect(failure.operations.count == 2, "\(failure)")
  }
}
