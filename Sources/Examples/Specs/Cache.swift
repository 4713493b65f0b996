public import Interleave

/// Where a cache gets what it does not have yet; each time, it counts.
public actor Origin {
  private var loads: [Int: Int] = [:]

  /// Loads the value of a key: how often it was asked for.
  func load(_ key: Int) -> Int {
    loads[key, default: 0] += 1
    return loads[key, default: 0]
  }
}

/// A cache that loads each value once.
public protocol Cache: Sendable {
  init(_ origin: Origin)
  func value(for key: Int) async -> Int
  /// What is there already.
  func peek(_ key: Int) async -> Int?
}

/// A cache that loads a value twice if it is asked twice meanwhile: it looks, waits for the origin,
/// and only then remembers.
public actor ForgetfulCache: Cache {
  private let origin: Origin
  private var values: [Int: Int] = [:]

  public init(_ origin: Origin) { self.origin = origin }

  public func value(for key: Int) async -> Int {
    if let value = values[key] { return value }
    let value = await origin.load(key)
    values[key] = value
    return value
  }

  public func peek(_ key: Int) -> Int? { values[key] }
}

/// A cache that remembers what is being loaded, too.
public actor MendedCache: Cache {
  private let origin: Origin
  private var values: [Int: Int] = [:]
  private var loading: [Int: Task<Int, Never>] = [:]

  public init(_ origin: Origin) { self.origin = origin }

  public func value(for key: Int) async -> Int {
    if let value = values[key] { return value }
    let task = loading[key] ?? Task { [origin] in await origin.load(key) }
    loading[key] = task
    let value = await task.value
    values[key] = value
    loading[key] = nil
    return value
  }

  public func peek(_ key: Int) -> Int? { values[key] }
}

/// Several users of one cache, for each of whom a key has one value.
public struct CacheSpec<Subject: Cache>: LinearizableSpec {
  public enum Operation: Sendable, Hashable {
    case value(for: Int)
    case peek(Int)
  }

  public init() {}

  public var operations: Generator<Operation> {
    .oneOf(.int(in: 0...2).map(Operation.value(for:)), .int(in: 0...2).map(Operation.peek))
  }

  public func makeSubject() async throws -> Subject { Subject(Origin()) }

  public func perform(_ operation: Operation, on cache: Subject) async throws -> Int? {
    switch operation {
    case .value(let key): await cache.value(for: key)
    case .peek(let key): await cache.peek(key)
    }
  }

  /// The keys that were loaded.
  public func makeModel() -> Set<Int> { [] }

  public func apply(_ operation: Operation, to loaded: inout Set<Int>) -> Int? {
    switch operation {
    case .value(let key):
      loaded.insert(key)
      return 1
    case .peek(let key):
      return loaded.contains(key) ? 1 : nil
    }
  }

  public func key(of operation: Operation) -> AnyHashable? {
    switch operation {
    case .value(let key), .peek(let key): key
    }
  }
}
