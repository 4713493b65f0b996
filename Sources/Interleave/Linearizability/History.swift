/// What the lanes of a run called, and what was returned, in the order in which it happened.
///
/// A call without a response is pending: its lane was cut off, by a deadlock or by cancellation,
/// so that it may or may not have taken effect.
package struct History<Operation, Response> {
  /// One operation, from its invocation to its response.
  package struct Call {
    package var lane: Int
    package var operation: Operation
    /// What was returned; nil while pending.
    package var response: Response?
    /// The place of the invocation among all events of the history.
    package var invoked: Int
    /// The place of the response; nil while pending.
    package var returned: Int?
  }

  /// The calls, in the order of their invocations.
  package private(set) var calls: [Call] = []
  private var events = 0
  private var open: [Int: Int] = [:]

  package init() {}

  /// Adds an invocation.
  ///
  /// - Parameters:
  ///   - operation: What is called.
  ///   - lane: Who calls; must not be waiting for a response. A lane that gives up on a call
  ///     must go on under another number.
  /// - Returns: The index of the call.
  @discardableResult
  package mutating func invoke(_ operation: Operation, lane: Int) -> Int {
    precondition(open[lane] == nil, "lane \(lane) must wait for its response before its next call")
    calls.append(
      Call(lane: lane, operation: operation, response: nil, invoked: events, returned: nil))
    events += 1
    open[lane] = calls.count - 1
    return calls.count - 1
  }

  /// Adds the response that a lane waits for.
  ///
  /// - Parameters:
  ///   - response: What was returned.
  ///   - lane: Who called; must be waiting for a response.
  package mutating func respond(_ response: Response, lane: Int) {
    guard let call = open.removeValue(forKey: lane) else {
      preconditionFailure("lane \(lane) must call before it gets a response")
    }
    calls[call].response = response
    calls[call].returned = events
    events += 1
  }
}

extension History.Call: Sendable where Operation: Sendable, Response: Sendable {}
extension History: Sendable where Operation: Sendable, Response: Sendable {}

extension History: CustomStringConvertible {
  /// A line per call: lane, operation, response, and from which event to which it took.
  package var description: String {
    lines(of: Array(calls.indices)).joined(separator: "\n")
  }

  func lines(of indices: [Int]) -> [String] {
    let texts = indices.map { text(of: $0) }
    let width = texts.map(\.count).max() ?? 0
    return zip(indices, texts).map { index, text in
      let call = calls[index]
      let padding = String(repeating: " ", count: width - text.count)
      return "lane \(call.lane)  \(text)\(padding)  \(call.invoked)-"
        + (call.returned.map(String.init) ?? "")
    }
  }

  /// The operation and its response.
  func text(of index: Int) -> String {
    let call = calls[index]
    let response = call.response.map { SwiftLiteral.describe($0) } ?? "(pending)"
    return "\(SwiftLiteral.describe(call.operation)) -> \(response)"
  }
}
