/// A mistake in a spec, because of which nothing could be tested.
public enum SpecError: Error, Sendable, Hashable, CustomStringConvertible {
  /// There is no operation to do.
  case noOperation(spec: String)
  /// No operation ever satisfied its precondition.
  case preconditionNeverMet(spec: String, examples: [String])
  /// The model says neither what follows nor what is returned.
  case noModel(spec: String)
  /// The model threw an error instead of an answer.
  case modelThrew(spec: String, operation: String, error: String)

  public var description: String { text.ascii }

  private var text: String {
    switch self {
    case .noOperation(let spec):
      """
      `\(spec)` has no operation to do: implement `operations`, or `operations(after:)`, with at \
      least one
      """
    case .preconditionNeverMet(let spec, let examples):
      """
      no operation of `\(spec)` ever met its precondition, so nothing was done: let \
      `precondition` accept more, or make operations that meet it (rejected at the start of a \
      program: \(examples.joined(separator: ", ")))
      """
    case .noModel(let spec):
      """
      `\(spec)` says what to compare with in neither way: implement `apply(_:to:)` if each \
      operation has one response, else `next(_:_:_:)`
      """
    case .modelThrew(let spec, let operation, let error):
      """
      `apply(_:to:)` of `\(spec)` threw \(error) for `\(operation)`, and must not throw: an error \
      that is a legal answer must be a response
      """
    }
  }
}
