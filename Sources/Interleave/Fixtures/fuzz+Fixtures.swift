/// Runs a body under one schedule after another, each time with a fixture of its own.
///
/// Set-up and tear-down are part of each run: they take part in its schedule, and what they leave
/// behind is a leak.
///
/// ```swift
/// try await fuzz(with: ServerFixture()) { server in
///   …
/// }
/// ```
///
/// For generated values, too, call ``withFixture(_:isolation:_:)`` inside `fuzz(over:)`.
///
/// - Parameters:
///   - fixture: What the body needs.
///   - configuration: How the body is fuzzed.
///   - name: What tells this call from others in the same function.
///   - body: What to run; it is called once for each schedule.
/// - Returns: What was run.
/// - Throws: ``FuzzFailure`` for the first schedule that fails, made as small as it could be;
///   ``ConfigurationError`` for a setting that cannot be used; `TakeoverError` where the runtime
///   cannot be controlled.
@discardableResult
public func fuzz<Needed: Fixture>(
  with fixture: Needed, _ configuration: FuzzConfiguration = FuzzConfiguration(),
  named name: String? = nil, fileID: String = #fileID, filePath: String = #filePath,
  function: String = #function, line: Int = #line, column: Int = #column,
  _ body: @escaping @Sendable (Needed.Resource) async throws -> Void
) async throws -> FuzzReport {
  try await fuzz(
    PlainProgram { try await withFixture(fixture, body) }, configuration, named: name,
    function: function,
    at: FuzzFailure.SourceLocation(fileID: fileID, filePath: filePath, line: line, column: column))
}

extension Fuzzer {
  /// Runs the body under one schedule after another, each time with a fixture of its own.
  ///
  /// - Parameters:
  ///   - name: What reports and the corpus call it.
  ///   - fixture: What the body needs.
  ///   - filePath: The file by which the package, and so the corpus, is found.
  ///   - body: What to run; it is called once for each schedule.
  /// - Returns: Whether a schedule failed, and what was run.
  public func run<Needed: Fixture>(
    named name: String, with fixture: Needed, fileID: String = #fileID,
    filePath: String = #filePath,
    @_inheritActorContext _ body: @escaping @Sendable (Needed.Resource) async throws -> Void
  ) async -> FuzzOutcome {
    await run(
      PlainProgram { try await withFixture(fixture, body) }, named: name, fileID: fileID,
      filePath: filePath)
  }
}
