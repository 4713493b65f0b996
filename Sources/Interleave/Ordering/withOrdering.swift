// Ordering: points in a test's code that are passed in an order.

/// Runs a body natively, with named points in an order.
///
/// For an ordinary async test, without a fuzzed run: the order of everything else is what the
/// runtime gives.
///
/// ```swift
/// try await withOrdering("paid" < "shipped") {
///   async let a: Void = customer.pay()       // passes checkpoint("paid")
///   async let b: Void = shop.ship()          // passes checkpoint("shipped")
///   _ = try await (a, b)
/// }
/// ```
///
/// A task waits at a point until the points that come before it were passed. It is an issue if one
/// waits for too long, whereupon all go on, or if a point was not passed when the body has ended.
/// Detached tasks are not held up.
///
/// - Parameters:
///   - first: What comes before what.
///   - others: What else comes before what.
///   - timeout: How long a task may wait, in real time.
///   - body: What to run.
/// - Throws: ``ConfigurationError`` for an order that contradicts itself, with the circle; and what
///   the body throws.
public func withOrdering<Result>(
  _ first: CheckpointOrder, _ others: CheckpointOrder..., timeout: Duration = .seconds(10),
  isolation: isolated (any Actor)? = #isolation,
  fileID: String = #fileID, filePath: String = #filePath, line: Int = #line, column: Int = #column,
  _ body: () async throws -> Result
) async throws -> Result {
  try await order(
    OrderPlan(pairs: [first] + others), timeout, CallSite(fileID, filePath, line, column),
    isolation: isolation, body)
}

/// Runs a body natively, with named points one after the other.
///
/// As ``interleave(_:_:named:fileID:filePath:function:line:column:_:)`` does, but in an ordinary
/// test, with no control over anything else.
///
/// - Parameters:
///   - first: The point that comes first.
///   - others: The points after it, in order; a name may stand there several times.
///   - timeout: How long a task may wait, in real time.
///   - body: What to run.
/// - Throws: What the body throws.
public func withOrdering<Result>(
  _ first: Checkpoint, _ others: Checkpoint..., timeout: Duration = .seconds(10),
  isolation: isolated (any Actor)? = #isolation,
  fileID: String = #fileID, filePath: String = #filePath, line: Int = #line, column: Int = #column,
  _ body: () async throws -> Result
) async throws -> Result {
  try await order(
    OrderPlan(sequence: [first] + others), timeout, CallSite(fileID, filePath, line, column),
    isolation: isolation, body)
}

private func order<Result>(
  _ plan: OrderPlan, _ timeout: Duration, _ location: CallSite,
  isolation: isolated (any Actor)?, _ body: () async throws -> Result
) async throws -> Result {
  try plan.validate()
  let limit = OrderGate.WaitLimit(duration: timeout, location: location)
  let gate = OrderGate(plan, limit: limit)
  let result = try await OrderGate.$current.withValue(gate, operation: body, isolation: isolation)
  gate.checkThatItCameAbout()
  return result
}
