import InterleaveEngine
public import Testing

/// Runs a body once under Interleave's control, without fuzzing it.
///
/// For an ordinary async test that is to be exact and quick: tasks run in the ordinary order, the
/// same in each process; all clocks are virtual, so a sleep takes no time;
/// ``VirtualClock/advance(by:fileID:filePath:line:column:)`` and
/// ``waitUntilIdle(fileID:filePath:line:column:)`` know when nothing else can run; and a body that
/// would hang fails at once, with where each task waits. Inside a fuzzed body it just calls the
/// closure.
///
/// ```swift
/// @Test func theSecondAttemptIsMadeAfterASecond() async throws {
///   try await controlled {
///     let clock = VirtualClock()
///     let uploader = Uploader(clock: clock)
///     Task { try await uploader.upload() }
///     await clock.advance(by: .milliseconds(999))
///     #expect(await uploader.attempts == 1)
///     await clock.advance(by: .milliseconds(1))
///     #expect(await uploader.attempts == 2)
///   }
/// }
/// ```
///
/// Tasks that are alive when the body has ended are abandoned, once what they can do without time
/// passing is done; ``expectNoLeftovers(within:fileID:filePath:function:line:column:_:)`` reports them.
///
/// - Parameter body: What to run.
/// - Returns: What the body returned.
/// - Throws: What the body threw; ``FuzzFailure`` where it does not come to its end, or an `always`
///   or `eventually` does not hold; `TakeoverError` where the runtime cannot be controlled.
@discardableResult
public func controlled<Value: Sendable>(
  fileID: String = #fileID, filePath: String = #filePath, function: String = #function,
  line: Int = #line, column: Int = #column,
  @_inheritActorContext _ body: @escaping @Sendable () async throws -> Value
) async throws -> Value {
  guard Machine.current == nil else { return try await body() }
  let test = TestIdentity.current(
    name: nil, fileID: fileID, filePath: filePath, function: function)
  return try await ControlledRun.run(test, body).get()
}

/// Runs a test once under Interleave's control, or each test of a suite.
///
/// See ``controlled(fileID:filePath:function:line:column:_:)``. A test that has the trait `.fuzzed`
/// too is fuzzed.
public struct ControlledTrait: TestTrait, SuiteTrait, TestScoping {
  public var isRecursive: Bool { true }

  public func provideScope(
    for test: Test, testCase: Test.Case?, performing function: @Sendable () async throws -> Void
  ) async throws {
    // What others do includes what this one does.
    let others = test.traits.contains { $0 is FuzzTrait || $0 is LeftoversTrait }
    guard testCase != nil, Machine.current == nil, !others else { return try await function() }
    let identity = TestIdentity(test, filePath: test.sourceLocation.filePath)
    let outcome = try await withEscaping(function) { body in
      try await ControlledRun.run(identity, withFixtures(of: test, around: body))
    }
    guard let failure = outcome.failure else { return try outcome.get() }
    Issue.record(
      failure,
      sourceLocation: failure.sourceLocation.map { SourceLocation($0) }
        ?? test.sourceLocation)
  }
}

extension Trait where Self == ControlledTrait {
  /// Runs the test once under Interleave's control, in virtual time and in a fixed order.
  public static var controlled: ControlledTrait { ControlledTrait() }
}
