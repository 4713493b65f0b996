// Specs: programs of operations, generated, run and judged.

/// What random programs of operations are generated from, and run against a subject.
///
/// A program is a sequential prefix, then lanes of operations that run concurrently, then a check.
///
/// ```swift
/// struct BankSpec: ConcurrencySpec {
///   enum Operation: Sendable { case deposit(Int), withdraw(Int) }
///   var operations: Generator<Operation> {
///     .oneOf(
///       .int(in: 1...50).map(Operation.deposit), .int(in: 1...50).map(Operation.withdraw))
///   }
///   func makeSubject() async throws -> Bank { Bank(balance: 100) }
///   func perform(_ operation: Operation, on bank: Bank) async throws -> Bool {
///     switch operation {
///     case .deposit(let amount): await bank.deposit(amount)
///     case .withdraw(let amount): await bank.withdraw(amount)
///     }
///   }
///   func check(_ bank: Bank) async throws { #expect(await bank.balance >= 0) }
/// }
///
/// try await fuzz(BankSpec(), lanes: 2...3, operationsPerLane: 1...4)
/// ```
///
/// Add ``LinearizableSpec`` to have the responses checked against a sequential model.
public protocol ConcurrencySpec: Sendable {
  /// One thing that a lane may do; an enumeration prints best.
  associatedtype Operation: Sendable
  /// What is tested.
  associatedtype Subject: Sendable
  /// What an operation returns.
  associatedtype Response: Sendable = Void
  /// What a lane remembers of what it did; nothing unless declared.
  associatedtype LaneState: Sendable = Void

  /// What makes operations; give some more often with ``Generator/frequency(_:)``.
  var operations: Generator<Operation> { get }

  /// What makes a lane's next operation, where that depends on what the lane has done.
  ///
  /// For operations whose arguments are earlier responses. Makes ``operations`` unless
  /// implemented.
  func operations(after state: LaneState) -> Generator<Operation>

  /// What a lane remembers at its start, given what the prefix came to.
  ///
  /// - Parameters:
  ///   - lane: The number of the lane, from 1; 0 for the prefix.
  ///   - prefix: The state after the prefix; nil for the prefix itself.
  func makeLaneState(lane: Int, after prefix: LaneState?) -> LaneState

  /// Notes what an operation of a lane returned.
  func update(_ state: inout LaneState, after operation: Operation, response: Response)

  /// Whether a lane may do an operation now; anything unless implemented.
  ///
  /// It must not look at the subject. An operation that it rejects is drawn again.
  func precondition(_ operation: Operation, in state: LaneState) -> Bool

  /// Makes the subject of one run.
  func makeSubject() async throws -> Subject

  /// Does an operation.
  ///
  /// - Throws: Anything that is a failure of the subject. An error that is a legal answer must be
  ///   returned as a response; a `CancellationError` in a cancelled lane just ends the lane.
  func perform(_ operation: Operation, on subject: Subject) async throws -> Response

  /// States what must hold of the subject, with `always`
  /// and `eventually`, before anything is done with it.
  func observe(_ subject: Subject)

  /// Checks the subject once all lanes have ended, by expectations or by an error.
  func check(_ subject: Subject) async throws

  /// Ends what the subject still has going on, such as tasks of its own.
  ///
  /// What goes on after it is reported as a leaked task.
  func tearDown(_ subject: Subject) async throws
}

extension ConcurrencySpec {
  public var operations: Generator<Operation> {
    Generator { _ in throw SpecError.noOperation(spec: "\(Self.self)") }
  }

  public func operations(after state: LaneState) -> Generator<Operation> { operations }
  public func update(_ state: inout LaneState, after operation: Operation, response: Response) {}
  public func precondition(_ operation: Operation, in state: LaneState) -> Bool { true }
  public func observe(_ subject: Subject) {}
  public func check(_ subject: Subject) async throws {}
  public func tearDown(_ subject: Subject) async throws {}
}

extension ConcurrencySpec where LaneState == Void {
  /// No state, where a lane keeps none.
  public func makeLaneState(lane: Int, after prefix: Void?) {}
}
