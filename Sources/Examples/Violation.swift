/// What an example's check says when a promise was broken.
public struct Violation: Error, Hashable, CustomStringConvertible {
  public let description: String

  public init(_ description: String) {
    self.description = description
  }
}

/// Throws unless a promise was kept.
///
/// - Throws: ``Violation`` with the message.
func expect(_ isKept: Bool, _ message: @autoclosure () -> String) throws {
  if !isKept { throw Violation(message()) }
}
