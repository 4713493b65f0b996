// Leftovers: what goes on when a body has ended, in an ordinary test.

import InterleaveEngine
import Testing

/// Expects that nothing goes on, waits or is open when a body has ended.
///
/// For an ordinary async test; a fuzzed one is checked anyway, so that inside a fuzzed body it just
/// calls the closure. The body runs once, under Interleave's control as in
/// ``controlled(fileID:filePath:function:line:column:_:)``. When it has ended, what it started may
/// do all that it can without time passing. What is left then is one issue, at the line of the
/// call, with a line for each task that is alive (where it waits and where it was made), for
/// continuations that were dropped, and for each ``StubResource`` of which something is open.
///
/// ```swift
/// @Test func stoppingEndsThePoller() async throws {
///   try await expectNoLeftovers {
///     let poller = Poller()
///     await poller.start()
///     await poller.stop()
///   }
/// }
/// ```
///
/// - Parameters:
///   - grace: How long what is left may still go on, in virtual time; not negative.
///   - body: What to run.
/// - Returns: What the body returned.
/// - Throws: What the body threw; ``FuzzFailure`` where it does not come to its end and, outside of
///   Swift Testing, where something is left; `TakeoverError` where the runtime cannot be
///   controlled.
@discardableResult
public func expectNoLeftovers<Value: Sendable>(
  within grace: Duration = .zero, fileID: String = #fileID, filePath: String = #filePath,
  function: String = #function, line: Int = #line, column: Int = #column,
  _ body: @escaping @Sendable () async throws -> Value
) async throws -> Value {
  precondition(grace >= .zero, "`grace` must not be negative (was \(grace))")
  guard Machine.current == nil else { return try await body() }
  let test = TestIdentity.current(
    name: nil, fileID: fileID, filePath: filePath, function: function)
  let location = FuzzFailure.SourceLocation(
    fileID: fileID, filePath: filePath, line: line, column: column)
  let outcome = try await ControlledRun.run(test, grace: grace, body)
  if let message = leftoverMessage(outcome.leftovers, grace: grace) {
    switch Host.current {
    case .swiftTesting:
      Issue.record(Comment(ascii: message), sourceLocation: SourceLocation(location))
    case .other:
      let failure = FuzzFailure(
        kind: .leakedTask, message: message, sourceLocation: location, test: test.name)
      ThrownFailures.note(failure, thrownBy: location)
      throw failure
    }
  }
  return try outcome.get()
}

/// What is said of what is left; nil if nothing is.
func leftoverMessage(_ leftovers: [String], grace: Duration) -> String? {
  guard !leftovers.isEmpty else { return nil }
  let when = grace == .zero ? "" : ", \(grace.spelledOut) of virtual time after that"
  return (["the body has ended, but left something over\(when):"] + leftovers.map { "* \($0)" })
    .joined(separator: "\n")
}
