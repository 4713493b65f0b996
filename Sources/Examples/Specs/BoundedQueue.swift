public import Interleave

/// A queue of limited capacity that keeps a journal.
public protocol BoundedQueue: Sendable {
  init(capacity: Int)
  /// Adds an item, if there is room.
  func push(_ item: Int) async -> Bool
  /// Takes the first item, if there is one.
  func pop() async -> Int?
}

/// A queue that may give one item to two: it looks at the first item, writes its journal, and only
/// then takes the item out.
public actor GenerousQueue: BoundedQueue {
  private let capacity: Int
  private var items: [Int] = []
  private let journal = AuditLog()

  public init(capacity: Int) { self.capacity = capacity }

  public func push(_ item: Int) async -> Bool {
    guard items.count < capacity else { return false }
    items.append(item)
    await journal.append("push \(item)")
    return true
  }

  public func pop() async -> Int? {
    guard let item = items.first else { return nil }
    await journal.append("pop \(item)")
    if !items.isEmpty { items.removeFirst() }
    return item
  }
}

/// A queue that takes an item out before it lets anybody else in.
public actor MendedQueue: BoundedQueue {
  private let capacity: Int
  private var items: [Int] = []
  private let journal = AuditLog()

  public init(capacity: Int) { self.capacity = capacity }

  public func push(_ item: Int) async -> Bool {
    guard items.count < capacity else { return false }
    items.append(item)
    await journal.append("push \(item)")
    return true
  }

  public func pop() async -> Int? {
    guard !items.isEmpty else { return nil }
    let item = items.removeFirst()
    await journal.append("pop \(item)")
    return item
  }
}

/// Several users of one queue, each item of which goes to one of them, in order.
public struct BoundedQueueSpec<Subject: BoundedQueue>: LinearizableSpec {
  public enum Operation: Sendable, Hashable {
    case pop
    case push(Int)
  }

  public init() {}

  public var operations: Generator<Operation> {
    .oneOf(.just(.pop), .int(in: 0...9).map(Operation.push))
  }

  public enum Response: Sendable, Hashable {
    case popped(Int?)
    case pushed(Bool)
  }

  public func makeSubject() async throws -> Subject { Subject(capacity: 2) }

  public func perform(_ operation: Operation, on queue: Subject) async throws -> Response {
    switch operation {
    case .pop: .popped(await queue.pop())
    case .push(let item): .pushed(await queue.push(item))
    }
  }

  public func makeModel() -> [Int] { [] }

  public func apply(_ operation: Operation, to items: inout [Int]) -> Response {
    switch operation {
    case .pop:
      return .popped(items.isEmpty ? nil : items.removeFirst())
    case .push(let item):
      guard items.count < 2 else { return .pushed(false) }
      items.append(item)
      return .pushed(true)
    }
  }
}
