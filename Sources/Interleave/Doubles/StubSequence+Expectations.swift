/// What must have happened to a sequence double.
///
/// Each of these records an issue at the line of its caller if it does not hold, with a list of
/// what was delivered.
extension TypedStubSequence {
  /// The elements that consumers have got.
  public var received: [Element] { monitor.withState { $0.received } }

  /// The elements that were lost, since the buffer was full or the sequence had ended.
  public var dropped: [Element] { monitor.withState { $0.dropped } }

  /// A consumer was cancelled while it asked for an element.
  public var wasCancelled: Bool { monitor.withState { $0.wasCancelled } }

  /// A consumer has got the end, or the error.
  public var hasEnded: Bool { monitor.withState { $0.hasEnded } }

  /// Expects that a consumer has got the end or the error.
  public func expectEnded(
    fileID: String = #fileID, filePath: String = #filePath, line: Int = #line,
    column: Int = #column
  ) {
    expect(
      CallSite(fileID, filePath, line, column), hasEnded, "must have been consumed to its end")
  }

  /// Expects that a consumer was cancelled while it asked for an element.
  public func expectCancelled(
    fileID: String = #fileID, filePath: String = #filePath, line: Int = #line,
    column: Int = #column
  ) {
    expect(
      CallSite(fileID, filePath, line, column), wasCancelled,
      "must have seen the cancellation of a consumer")
  }

  /// Expects that no element was lost.
  public func expectNothingDropped(
    fileID: String = #fileID, filePath: String = #filePath, line: Int = #line,
    column: Int = #column
  ) {
    expect(
      CallSite(fileID, filePath, line, column), dropped.isEmpty, "must not have dropped an element")
  }

  func expect(_ location: CallSite, _ holds: Bool, _ demand: String) {
    guard !holds else { return }
    let log = monitor.withState { $0 }
    var lines = [
      "received: \(SwiftLiteral.describe(log.received))",
      "not received: \(SwiftLiteral.describe(log.buffer))",
      "dropped: \(SwiftLiteral.describe(log.dropped))",
    ]
    if log.hasEnded { lines.append("a consumer got the end") }
    if log.wasCancelled { lines.append("a consumer was cancelled") }
    record("`\(name)` \(demand)", lines, at: location)
  }
}

extension TypedStubSequence where Element: Equatable {
  /// Expects that consumers have got these elements, in this order, and no others.
  public func expectReceived(
    _ elements: Element..., fileID: String = #fileID, filePath: String = #filePath,
    line: Int = #line,
    column: Int = #column
  ) {
    expect(
      CallSite(fileID, filePath, line, column), received == elements,
      "must have delivered \(SwiftLiteral.describe(elements))")
  }
}

extension TypedStubSequence: CustomStringConvertible {
  public var description: String { "sequence `\(name)`" }
}
