// One overload for each number of inputs: with a parameter pack the compiler cannot tell the type of
// `.int(in: 1...6)`.

/// Runs a body with generated values, under many schedules.
///
/// ```swift
/// @Test func transfers() async throws {
///   try await fuzz(over: .int(in: 1...100), .array(of: .bool, count: 0...4)) { amount, flags in
///     …
///   }
/// }
/// ```
///
/// The first 16 schedules run with the simplest value of each generator; after that, new values are
/// drawn for every 16 schedules. A failure is shrunk as a whole: values and schedule.
///
/// - Parameters:
///   - a: What makes the value; there may be up to six.
///   - configuration: How the body is fuzzed.
///   - name: What tells this call from others in the same function.
///   - body: What to run; it is called once for each schedule.
/// - Returns: What was run.
/// - Throws: ``FuzzFailure`` for the first schedule that fails, made as small as it could be, with
///   the values in ``FuzzFailure/inputs``; ``ConfigurationError`` for a setting that cannot be used;
///   `TakeoverError` where the runtime cannot be controlled.
@discardableResult
public func fuzz<A>(
  over a: Generator<A>,
  _ configuration: FuzzConfiguration = FuzzConfiguration(), named name: String? = nil,
  fileID: String = #fileID, filePath: String = #filePath, function: String = #function,
  line: Int = #line, column: Int = #column,
  @_inheritActorContext _ body: @escaping @Sendable (A) async throws -> Void
) async throws -> FuzzReport {
  try await fuzz(
    inputs(a, body: body), configuration, named: name, function: function,
    at: FuzzFailure.SourceLocation(fileID: fileID, filePath: filePath, line: line, column: column))
}

/// Runs a body with 2 generated values, under many schedules.
@discardableResult
public func fuzz<A, B>(
  over a: Generator<A>, _ b: Generator<B>,
  _ configuration: FuzzConfiguration = FuzzConfiguration(), named name: String? = nil,
  fileID: String = #fileID, filePath: String = #filePath, function: String = #function,
  line: Int = #line, column: Int = #column,
  @_inheritActorContext _ body: @escaping @Sendable (A, B) async throws -> Void
) async throws -> FuzzReport {
  try await fuzz(
    inputs(a, b, body: body), configuration, named: name, function: function,
    at: FuzzFailure.SourceLocation(fileID: fileID, filePath: filePath, line: line, column: column))
}

/// Runs a body with 3 generated values, under many schedules.
@discardableResult
public func fuzz<A, B, C>(
  over a: Generator<A>, _ b: Generator<B>, _ c: Generator<C>,
  _ configuration: FuzzConfiguration = FuzzConfiguration(), named name: String? = nil,
  fileID: String = #fileID, filePath: String = #filePath, function: String = #function,
  line: Int = #line, column: Int = #column,
  @_inheritActorContext _ body: @escaping @Sendable (A, B, C) async throws -> Void
) async throws -> FuzzReport {
  try await fuzz(
    inputs(a, b, c, body: body), configuration, named: name, function: function,
    at: FuzzFailure.SourceLocation(fileID: fileID, filePath: filePath, line: line, column: column))
}

/// Runs a body with 4 generated values, under many schedules.
@discardableResult
public func fuzz<A, B, C, D>(
  over a: Generator<A>, _ b: Generator<B>, _ c: Generator<C>, _ d: Generator<D>,
  _ configuration: FuzzConfiguration = FuzzConfiguration(), named name: String? = nil,
  fileID: String = #fileID, filePath: String = #filePath, function: String = #function,
  line: Int = #line, column: Int = #column,
  @_inheritActorContext _ body: @escaping @Sendable (A, B, C, D) async throws -> Void
) async throws -> FuzzReport {
  try await fuzz(
    inputs(a, b, c, d, body: body), configuration, named: name, function: function,
    at: FuzzFailure.SourceLocation(fileID: fileID, filePath: filePath, line: line, column: column))
}

/// Runs a body with 5 generated values, under many schedules.
@discardableResult
public func fuzz<A, B, C, D, E>(
  over a: Generator<A>, _ b: Generator<B>, _ c: Generator<C>, _ d: Generator<D>, _ e: Generator<E>,
  _ configuration: FuzzConfiguration = FuzzConfiguration(), named name: String? = nil,
  fileID: String = #fileID, filePath: String = #filePath, function: String = #function,
  line: Int = #line, column: Int = #column,
  @_inheritActorContext _ body: @escaping @Sendable (A, B, C, D, E) async throws -> Void
) async throws -> FuzzReport {
  try await fuzz(
    inputs(a, b, c, d, e, body: body), configuration, named: name, function: function,
    at: FuzzFailure.SourceLocation(fileID: fileID, filePath: filePath, line: line, column: column))
}

/// Runs a body with 6 generated values, under many schedules.
@discardableResult
public func fuzz<A, B, C, D, E, F>(
  over a: Generator<A>, _ b: Generator<B>, _ c: Generator<C>, _ d: Generator<D>, _ e: Generator<E>,
  _ f: Generator<F>,
  _ configuration: FuzzConfiguration = FuzzConfiguration(), named name: String? = nil,
  fileID: String = #fileID, filePath: String = #filePath, function: String = #function,
  line: Int = #line, column: Int = #column,
  @_inheritActorContext _ body: @escaping @Sendable (A, B, C, D, E, F) async throws -> Void
) async throws -> FuzzReport {
  try await fuzz(
    inputs(a, b, c, d, e, f, body: body), configuration, named: name, function: function,
    at: FuzzFailure.SourceLocation(fileID: fileID, filePath: filePath, line: line, column: column))
}

extension Fuzzer {
  /// Runs a body with generated values, under many schedules.
  ///
  /// - Parameters:
  ///   - name: What reports and the corpus call it.
  ///   - a: What makes the value; there may be up to six.
  ///   - filePath: The file by which the package, and so the corpus, is found.
  ///   - body: What to run; it is called once for each schedule.
  /// - Returns: Whether a schedule failed, and what was run.
  public func run<A>(
    named name: String, over a: Generator<A>,
    fileID: String = #fileID, filePath: String = #filePath,
    @_inheritActorContext _ body: @escaping @Sendable (A) async throws -> Void
  ) async -> FuzzOutcome {
    await run(
      inputs(a, body: body), named: name, fileID: fileID, filePath: filePath)
  }

  /// Runs a body with 2 generated values, under many schedules.
  public func run<A, B>(
    named name: String, over a: Generator<A>, _ b: Generator<B>,
    fileID: String = #fileID, filePath: String = #filePath,
    @_inheritActorContext _ body: @escaping @Sendable (A, B) async throws -> Void
  ) async -> FuzzOutcome {
    await run(
      inputs(a, b, body: body), named: name, fileID: fileID, filePath: filePath)
  }

  /// Runs a body with 3 generated values, under many schedules.
  public func run<A, B, C>(
    named name: String, over a: Generator<A>, _ b: Generator<B>, _ c: Generator<C>,
    fileID: String = #fileID, filePath: String = #filePath,
    @_inheritActorContext _ body: @escaping @Sendable (A, B, C) async throws -> Void
  ) async -> FuzzOutcome {
    await run(
      inputs(a, b, c, body: body), named: name, fileID: fileID, filePath: filePath)
  }

  /// Runs a body with 4 generated values, under many schedules.
  public func run<A, B, C, D>(
    named name: String, over a: Generator<A>, _ b: Generator<B>, _ c: Generator<C>,
    _ d: Generator<D>,
    fileID: String = #fileID, filePath: String = #filePath,
    @_inheritActorContext _ body: @escaping @Sendable (A, B, C, D) async throws -> Void
  ) async -> FuzzOutcome {
    await run(
      inputs(a, b, c, d, body: body), named: name, fileID: fileID, filePath: filePath)
  }

  /// Runs a body with 5 generated values, under many schedules.
  public func run<A, B, C, D, E>(
    named name: String, over a: Generator<A>, _ b: Generator<B>, _ c: Generator<C>,
    _ d: Generator<D>, _ e: Generator<E>,
    fileID: String = #fileID, filePath: String = #filePath,
    @_inheritActorContext _ body: @escaping @Sendable (A, B, C, D, E) async throws -> Void
  ) async -> FuzzOutcome {
    await run(
      inputs(a, b, c, d, e, body: body), named: name, fileID: fileID, filePath: filePath)
  }

  /// Runs a body with 6 generated values, under many schedules.
  public func run<A, B, C, D, E, F>(
    named name: String, over a: Generator<A>, _ b: Generator<B>, _ c: Generator<C>,
    _ d: Generator<D>, _ e: Generator<E>, _ f: Generator<F>,
    fileID: String = #fileID, filePath: String = #filePath,
    @_inheritActorContext _ body: @escaping @Sendable (A, B, C, D, E, F) async throws -> Void
  ) async -> FuzzOutcome {
    await run(
      inputs(a, b, c, d, e, f, body: body), named: name, fileID: fileID, filePath: filePath)
  }

}

/// The program that calls a body with generated values.
func inputs<each Value>(
  _ generators: repeat Generator<each Value>,
  body: @escaping @Sendable (repeat each Value) async throws -> Void
) -> any FuzzProgram {
  InputProgram<(repeat each Value)>(
    generator: .tuple(repeat each generators),
    describe: { values in SwiftLiteral.describeEach(repeat each values) },
    body: { values in try await body(repeat each values) })
}
