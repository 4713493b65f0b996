/// A spec with a sequential model: what the subject does when it is used by one lane alone.
///
/// Conform to ``LinearizableSpec`` or ``SequentiallyConsistentSpec``, which say what concurrent
/// lanes may make of it. Implement either ``apply(_:to:)``, where each operation has one response,
/// or ``next(_:_:_:)``.
public protocol ModelledSpec: ConcurrencySpec {
  /// The state of the model: small, and compared often.
  associatedtype Model: Hashable & Sendable

  /// The state of a subject that was just made.
  func makeModel() -> Model

  /// The state after an operation that returned a response; nil if it cannot have returned it.
  func next(_ model: Model, _ operation: Operation, _ response: Response) -> Model?

  /// Does an operation on the model, and returns what the subject would have to.
  ///
  /// The short form, for operations that have one response each. It must not throw.
  func apply(_ operation: Operation, to model: inout Model) throws -> Response

  /// All states that an operation may lead to if it is not known what it returned, as after a
  /// deadlock or in a cancelled lane.
  ///
  /// Known from ``apply(_:to:)`` if that is implemented. Where it is nil, runs with such
  /// operations are not checked.
  func outcomes(of operation: Operation, in model: Model) -> [Model]?

  /// Whether a lane may do an operation, given the model after the prefix and after what the lane
  /// itself did; anything unless implemented.
  ///
  /// Other lanes may have changed the subject meanwhile.
  func precondition(_ operation: Operation, given model: Model) -> Bool

  /// What an operation works on, where operations on one key neither see nor change what belongs
  /// to another.
  ///
  /// Then each key is checked for itself, which is much faster. Only for ``LinearizableSpec``, and
  /// for all operations or none: nil, as unless implemented, is a key like any other.
  func key(of operation: Operation) -> AnyHashable?
}

/// A spec whose operations must each seem to happen at one moment between call and return.
///
/// ```swift
/// extension BankSpec: LinearizableSpec {
///   func makeModel() -> Int { 100 }
///   func apply(_ operation: Operation, to balance: inout Int) -> Bool {
///     switch operation {
///     case .deposit(let amount):
///       balance += amount
///       return true
///     case .withdraw(let amount):
///       guard balance >= amount else { return false }
///       balance -= amount
///       return true
///     }
///   }
/// }
/// ```
///
/// Herlihy, Wing: "Linearizability: a correctness condition for concurrent objects", TOPLAS 1990.
public protocol LinearizableSpec: ModelledSpec {}

/// A spec whose operations must seem to happen in some order in which each lane's keep theirs.
///
/// Weaker than ``LinearizableSpec``: what one lane did may show in another one late. Lamport: "How
/// to make a multiprocessor computer that correctly executes multiprocess programs", IEEE ToC 1979.
public protocol SequentiallyConsistentSpec: ModelledSpec {}

extension ModelledSpec {
  public func apply(_ operation: Operation, to model: inout Model) throws -> Response {
    throw SpecError.noModel(spec: "\(Self.self)")
  }

  public func outcomes(of operation: Operation, in model: Model) -> [Model]? {
    var model = model
    guard (try? apply(operation, to: &model)) != nil else { return nil }
    return [model]
  }

  public func precondition(_ operation: Operation, given model: Model) -> Bool { true }
  public func key(of operation: Operation) -> AnyHashable? { nil }
}

extension ModelledSpec where Response: Equatable {
  public func next(_ model: Model, _ operation: Operation, _ response: Response) -> Model? {
    var model = model
    guard let answer = try? apply(operation, to: &model), answer == response else { return nil }
    return model
  }
}
