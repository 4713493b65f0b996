public import Interleave

/// A bucket of tokens, of which every request takes some.
public protocol RateLimiter: Sendable {
  init(capacity: Int)
  /// Takes tokens, if there are enough.
  func take(_ count: Int) async -> Bool
  /// Fills the bucket.
  func refill() async
}

/// A bucket that gives tokens away twice: it calculates what will be left, writes its journal, and
/// only then takes them out.
public actor LeakyRateLimiter: RateLimiter {
  private let capacity: Int
  private var tokens: Int
  private let journal = AuditLog()

  public init(capacity: Int) {
    self.capacity = capacity
    tokens = capacity
  }

  public func take(_ count: Int) async -> Bool {
    guard tokens >= count else { return false }
    let left = tokens - count
    await journal.append("took \(count)")
    tokens = left
    return true
  }

  public func refill() { tokens = capacity }
}

/// A bucket that takes tokens out before it lets anybody else in.
public actor MendedRateLimiter: RateLimiter {
  private let capacity: Int
  private var tokens: Int
  private let journal = AuditLog()

  public init(capacity: Int) {
    self.capacity = capacity
    tokens = capacity
  }

  public func take(_ count: Int) async -> Bool {
    guard tokens >= count else { return false }
    tokens -= count
    await journal.append("took \(count)")
    return true
  }

  public func refill() { tokens = capacity }
}

/// Several users of a bucket of two tokens.
public struct RateLimiterSpec<Subject: RateLimiter>: LinearizableSpec {
  public enum Operation: Sendable, Hashable {
    case take(Int)
    case refill
  }

  public init() {}

  public var operations: Generator<Operation> {
    .frequency((3, .int(in: 1...2).map(Operation.take)), (1, .just(.refill)))
  }

  public func makeSubject() async throws -> Subject { Subject(capacity: 2) }

  public func perform(_ operation: Operation, on limiter: Subject) async throws -> Bool {
    switch operation {
    case .take(let count):
      return await limiter.take(count)
    case .refill:
      await limiter.refill()
      return true
    }
  }

  public func makeModel() -> Int { 2 }

  public func apply(_ operation: Operation, to tokens: inout Int) -> Bool {
    switch operation {
    case .take(let count):
      guard tokens >= count else { return false }
      tokens -= count
    case .refill:
      tokens = 2
    }
    return true
  }
}
