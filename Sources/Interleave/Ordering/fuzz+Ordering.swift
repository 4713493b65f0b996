/// Runs a body under one schedule after another, in which named points come in an order.
///
/// ```swift
/// try await fuzz(ordering: "paid" < "shipped", "shipped" < "delivered") {
///   …                                     // passes checkpoint("paid") and the others
/// }
/// ```
///
/// Only interleavings are explored in which no task passes a point before the points that come
/// before it were passed. Where a run shows that to be impossible, as when a branch was taken that
/// does not lead to an earlier point, the run counts for nothing. ``FuzzConfiguration/ordering``
/// does the same for all other ways to fuzz.
///
/// - Parameters:
///   - configuration: How the body is fuzzed.
///   - first: What comes before what.
///   - others: What else comes before what.
///   - name: What tells this call from others in the same function.
///   - body: What to run; it is called once for each schedule.
/// - Returns: What was run.
/// - Throws: ``FuzzFailure`` for the first schedule that fails, or if no run came in the order;
///   ``ConfigurationError`` for an order that contradicts itself, with the circle.
@discardableResult
public func fuzz(
  _ configuration: FuzzConfiguration = FuzzConfiguration(),
  ordering first: CheckpointOrder, _ others: CheckpointOrder..., named name: String? = nil,
  fileID: String = #fileID, filePath: String = #filePath, function: String = #function,
  line: Int = #line, column: Int = #column,
  @_inheritActorContext _ body: @escaping @Sendable () async throws -> Void
) async throws -> FuzzReport {
  var configuration = configuration
  configuration.ordering += [first] + others
  return try await fuzz(
    PlainProgram(body), configuration, named: name, function: function,
    at: FuzzFailure.SourceLocation(fileID: fileID, filePath: filePath, line: line, column: column))
}

/// Runs a body once, in the one interleaving in which named points come in this order.
///
/// ```swift
/// try await interleave("first checked", "second checked", "first paid", "second paid") {
///   …                                     // passes a checkpoint of each of these names
/// }
/// ```
///
/// First this, then that: each task waits at a point until all that stand before it were passed. A
/// name that several tasks pass may stand there several times. Between the points the baseline
/// goes on: each task as far as it can. The run is controlled as a fuzzed one is: nothing sleeps,
/// time is virtual, and it comes out alike each time. The environment does not change it.
///
/// - Parameters:
///   - first: The point that comes first.
///   - others: The points after it, in order.
///   - name: What tells this call from others in the same function.
///   - body: What to run, once.
/// - Returns: What was run.
/// - Throws: ``FuzzFailure`` if the body fails, or if the order cannot be had.
@discardableResult
public func interleave(
  _ first: Checkpoint, _ others: Checkpoint..., named name: String? = nil,
  fileID: String = #fileID, filePath: String = #filePath, function: String = #function,
  line: Int = #line, column: Int = #column,
  @_inheritActorContext _ body: @escaping @Sendable () async throws -> Void
) async throws -> FuzzReport {
  try await fuzz(
    PlainProgram(body), FuzzConfiguration(sequence: [first] + others), named: name,
    function: function,
    at: FuzzFailure.SourceLocation(fileID: fileID, filePath: filePath, line: line, column: column))
}

extension FuzzConfiguration {
  /// One run of the baseline, in which points come in an order.
  init(sequence: [Checkpoint]) {
    self.init()
    self.sequence = sequence
    schedules = 1
    seed = 0
    strategy = .baseline
    corpus = .none
    shrinking.runs = 0
    checks.remove(.nothingInterleaved)
    heedsEnvironment = false
  }
}
