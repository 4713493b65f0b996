/// Runs random programs of a spec's operations, each under many schedules.
///
/// ```swift
/// try await fuzz(BankSpec(), lanes: 2...3, operationsPerLane: 1...4)
/// ```
///
/// The first 16 schedules run the smallest program of the simplest operations; after that, a new
/// program is generated for every 16 schedules. A failure is shrunk as a whole: lanes, operations,
/// their values, and the schedule; down to fewer lanes than asked for, where these suffice.
///
/// - Parameters:
///   - spec: What is done with what.
///   - lanes: How many lanes run concurrently; at least 1.
///   - operationsPerLane: How many operations each lane does; at least 1.
///   - operationsBefore: How many operations are done before the lanes begin; at least 0.
///   - configuration: How the programs are fuzzed.
///   - name: What tells this call from others in the same function.
/// - Returns: What was run.
/// - Throws: ``FuzzFailure`` for the first run that fails, made as small as it could be, with the
///   program in ``FuzzFailure/operations``; ``ConfigurationError`` for a setting that cannot be
///   used; `TakeoverError` where the runtime cannot be controlled.
@discardableResult
public func fuzz<Spec: ConcurrencySpec>(
  _ spec: Spec, lanes: ClosedRange<Int> = 2...3, operationsPerLane: ClosedRange<Int> = 1...4,
  operationsBefore: ClosedRange<Int> = 0...3,
  _ configuration: FuzzConfiguration = FuzzConfiguration(), named name: String? = nil,
  fileID: String = #fileID, filePath: String = #filePath, function: String = #function,
  line: Int = #line, column: Int = #column
) async throws -> FuzzReport {
  let program = try SpecProgram(
    spec, lanes: lanes, operationsPerLane: operationsPerLane, operationsBefore: operationsBefore)
  return try await fuzz(
    program, configuration, named: name, function: function,
    at: FuzzFailure.SourceLocation(fileID: fileID, filePath: filePath, line: line, column: column))
}

extension Fuzzer {
  /// Runs random programs of a spec's operations, each under many schedules.
  ///
  /// - Parameters:
  ///   - name: What reports and the corpus call it.
  ///   - spec: What is done with what.
  ///   - lanes: How many lanes run concurrently; at least 1.
  ///   - operationsPerLane: How many operations each lane does; at least 1.
  ///   - operationsBefore: How many operations are done before the lanes begin; at least 0.
  ///   - filePath: The file by which the package, and so the corpus, is found.
  /// - Returns: Whether a run failed, and what was run.
  public func run<Spec: ConcurrencySpec>(
    named name: String, _ spec: Spec, lanes: ClosedRange<Int> = 2...3,
    operationsPerLane: ClosedRange<Int> = 1...4, operationsBefore: ClosedRange<Int> = 0...3,
    fileID: String = #fileID, filePath: String = #filePath
  ) async -> FuzzOutcome {
    let program: SpecProgram<Spec>
    do {
      program = try SpecProgram(
        spec, lanes: lanes, operationsPerLane: operationsPerLane, operationsBefore: operationsBefore
      )
    } catch {
      return .failed(FuzzFailure(kind: .thrownError, message: "\(error)", test: name), FuzzReport())
    }
    return await run(
      program, named: name, fileID: fileID, filePath: filePath)
  }
}
