public import Interleave

/// A store whose transactions read, calculate, and then write.
public protocol KeyValueStore: Sendable {
  init()
  func get(_ key: Int) async -> Int
  func set(_ key: Int, _ value: Int) async
  /// Adds one to a value, in a transaction.
  ///
  /// - Returns: The new value.
  func increment(_ key: Int) async -> Int
  /// Moves a value to another key, in a transaction.
  func move(_ key: Int, to other: Int) async
}

/// The values, with a version that every write changes.
public actor Rows {
  private var values: [Int: Int] = [:]
  private var version = 0

  func get(_ key: Int) -> Int { values[key, default: 0] }

  func snapshot() -> (values: [Int: Int], version: Int) { (values, version) }

  func write(_ changes: [Int: Int]) {
    values.merge(changes) { $1 }
    version += 1
  }

  /// Writes only if nobody has written since a version.
  func write(_ changes: [Int: Int], ifVersionIs expected: Int) -> Bool {
    guard version == expected else { return false }
    write(changes)
    return true
  }
}

/// A store whose transactions overwrite what was written since they read.
public struct CarelessStore: KeyValueStore {
  private let table = Rows()

  public init() {}

  public func get(_ key: Int) async -> Int { await table.get(key) }
  public func set(_ key: Int, _ value: Int) async { await table.write([key: value]) }

  public func increment(_ key: Int) async -> Int {
    let value = await table.get(key) + 1
    await table.write([key: value])
    return value
  }

  public func move(_ key: Int, to other: Int) async {
    let value = await table.get(key)
    await table.write([key: 0, other: value])
  }
}

/// A store whose transactions begin anew if anything was written since they read.
public struct MendedStore: KeyValueStore {
  private let table = Rows()

  public init() {}

  public func get(_ key: Int) async -> Int { await table.get(key) }
  public func set(_ key: Int, _ value: Int) async { await table.write([key: value]) }

  public func increment(_ key: Int) async -> Int {
    while true {
      let (values, version) = await table.snapshot()
      let value = values[key, default: 0] + 1
      if await table.write([key: value], ifVersionIs: version) { return value }
    }
  }

  public func move(_ key: Int, to other: Int) async {
    while true {
      let (values, version) = await table.snapshot()
      let changes = [key: 0].merging([other: values[key, default: 0]]) { $1 }
      if await table.write(changes, ifVersionIs: version) { return }
    }
  }
}

/// Several users of one store.
public struct KeyValueStoreSpec<Subject: KeyValueStore>: LinearizableSpec {
  public enum Operation: Sendable, Hashable {
    case increment(Int)
    case get(Int)
    case set(Int, Int)
    case move(Int, to: Int)
  }

  public init() {}

  public var operations: Generator<Operation> {
    let keys = Generator<Int>.int(in: 0...2)
    return .oneOf(
      keys.map(Operation.increment), keys.map(Operation.get),
      .tuple(keys, .int(in: 1...9)).map { Operation.set($0, $1) },
      .tuple(keys, keys).map { Operation.move($0, to: $1) })
  }

  public func precondition(_ operation: Operation, in state: Void) -> Bool {
    if case .move(let key, let other) = operation { return key != other }
    return true
  }

  public func makeSubject() async throws -> Subject { Subject() }

  public func perform(_ operation: Operation, on store: Subject) async throws -> Int? {
    switch operation {
    case .increment(let key): return await store.increment(key)
    case .get(let key): return await store.get(key)
    case .set(let key, let value):
      await store.set(key, value)
      return nil
    case .move(let key, let other):
      await store.move(key, to: other)
      return nil
    }
  }

  public func makeModel() -> [Int: Int] { [:] }

  public func apply(_ operation: Operation, to values: inout [Int: Int]) -> Int? {
    switch operation {
    case .increment(let key):
      values[key, default: 0] += 1
      return values[key]
    case .get(let key):
      return values[key, default: 0]
    case .set(let key, let value):
      values[key] = value
    case .move(let key, let other):
      values[other] = values[key, default: 0]
      values[key] = 0
    }
    return nil
  }
}
