import InterleaveEngine
public import Testing

/// Fails each test that leaves something behind, without fuzzing it.
///
/// Each test runs once, under Interleave's control as with `.controlled`. What is left when it has
/// ended is one issue of the test: tasks that are alive, continuations that were dropped, resources
/// that are open. See ``expectNoLeftovers(within:fileID:filePath:function:line:column:_:)``. A test
/// that has the trait `.fuzzed` is fuzzed, which checks the same.
public struct LeftoversTrait: TestTrait, SuiteTrait, TestScoping {
  /// How long what is left may still go on, in virtual time.
  let grace: Duration

  public var isRecursive: Bool { true }

  public func provideScope(
    for test: Test, testCase: Test.Case?, performing function: @Sendable () async throws -> Void
  ) async throws {
    guard testCase != nil, Machine.current == nil, !test.traits.contains(where: { $0 is FuzzTrait })
    else { return try await function() }
    let grace = test.traits.lazy.compactMap { $0 as? LeftoversTrait }.last?.grace ?? grace
    let identity = TestIdentity(test, filePath: test.sourceLocation.filePath)
    let outcome = try await withEscaping(function) { body in
      try await ControlledRun.run(identity, grace: grace, withFixtures(of: test, around: body))
    }
    if let message = leftoverMessage(outcome.leftovers, grace: grace) {
      Issue.record(Comment(ascii: message), sourceLocation: test.sourceLocation)
    }
    guard let failure = outcome.failure else { return try outcome.get() }
    Issue.record(
      failure,
      sourceLocation: failure.sourceLocation.map { SourceLocation($0) } ?? test.sourceLocation)
  }
}

extension Trait where Self == LeftoversTrait {
  /// Fails the test, or each test of a suite, where something goes on, waits or is open at its end.
  ///
  /// ```swift
  /// @Suite(.noLeftovers) struct PollerTests { … }
  /// ```
  public static var noLeftovers: LeftoversTrait { LeftoversTrait(grace: .zero) }

  /// The same for what goes on after a time.
  ///
  /// - Parameter grace: How long what is left may still go on, in virtual time; not negative.
  public static func noLeftovers(within grace: Duration) -> LeftoversTrait {
    precondition(grace >= .zero, "`grace` must not be negative (was \(grace))")
    return LeftoversTrait(grace: grace)
  }
}
