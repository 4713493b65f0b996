/// Runs a body once, with the choices that an engine's input stands for; ends the process if it fails.
///
/// ```swift
/// @_cdecl("LLVMFuzzerTestOneInput")
/// public func testOneInput(_ start: UnsafeRawPointer, _ count: Int) -> CInt {
///   fuzzOneInput(UnsafeRawBufferPointer(start: start, count: count), named: "withdrawals()") {
///     …
///   }
///   return 0
/// }
/// ```
///
/// Every string of bytes is a run. One that fails is made small and kept in the corpus, as that of a
/// campaign would be, its report is printed, and `abort` is called, so that the engine keeps its
/// input, too. A run that crashes or hangs fails as any other. See <doc:OtherEngines>.
///
/// - Parameters:
///   - bytes: The input.
///   - configuration: How the body is fuzzed; what it says of how many schedules there are, and what
///     chooses them, counts for nothing.
///   - name: What reports and the corpus call it: the function of a test with its parentheses, so
///     that the entry is replayed there.
///   - fileID: The file of that test.
///   - filePath: The file by which the package, and so the corpus, is found.
///   - body: What to run.
public func fuzzOneInput(
  _ bytes: UnsafeRawBufferPointer, _ configuration: FuzzConfiguration = FuzzConfiguration(),
  named name: String, fileID: String = #fileID, filePath: String = #filePath,
  _ body: @escaping @Sendable () async throws -> Void
) {
  OneInputFuzzing.run(bytes, configuration, name, fileID, filePath, PlainProgram(body))
}

/// Runs a body once, with a generated value and the choices that an engine's input stands for; ends
/// the process if it fails.
///
/// - Parameters:
///   - bytes: The input.
///   - a: What makes the value.
///   - configuration: How the body is fuzzed.
///   - name: What reports and the corpus call it.
///   - fileID: The file of that test.
///   - filePath: The file by which the package, and so the corpus, is found.
///   - body: What to run.
public func fuzzOneInput<A>(
  _ bytes: UnsafeRawBufferPointer, over a: Generator<A>,
  _ configuration: FuzzConfiguration = FuzzConfiguration(), named name: String,
  fileID: String = #fileID, filePath: String = #filePath,
  _ body: @escaping @Sendable (A) async throws -> Void
) {
  OneInputFuzzing.run(bytes, configuration, name, fileID, filePath, inputs(a, body: body))
}

/// Runs a body once, with 2 generated values and the choices that an engine's input stands for.
public func fuzzOneInput<A, B>(
  _ bytes: UnsafeRawBufferPointer, over a: Generator<A>, _ b: Generator<B>,
  _ configuration: FuzzConfiguration = FuzzConfiguration(), named name: String,
  fileID: String = #fileID, filePath: String = #filePath,
  _ body: @escaping @Sendable (A, B) async throws -> Void
) {
  OneInputFuzzing.run(bytes, configuration, name, fileID, filePath, inputs(a, b, body: body))
}

/// Runs a body once, with 3 generated values and the choices that an engine's input stands for.
public func fuzzOneInput<A, B, C>(
  _ bytes: UnsafeRawBufferPointer, over a: Generator<A>, _ b: Generator<B>, _ c: Generator<C>,
  _ configuration: FuzzConfiguration = FuzzConfiguration(), named name: String,
  fileID: String = #fileID, filePath: String = #filePath,
  _ body: @escaping @Sendable (A, B, C) async throws -> Void
) {
  OneInputFuzzing.run(bytes, configuration, name, fileID, filePath, inputs(a, b, c, body: body))
}

/// Runs a program of a spec's operations once, with the operations and the choices that an engine's
/// input stands for; ends the process if it fails.
///
/// - Parameters:
///   - bytes: The input.
///   - spec: What is done with what.
///   - lanes: How many lanes run concurrently; at least 1.
///   - operationsPerLane: How many operations each lane does; at least 1.
///   - operationsBefore: How many operations are done before the lanes begin; at least 0.
///   - configuration: How the program is fuzzed.
///   - name: What reports and the corpus call it.
///   - fileID: The file of that test.
///   - filePath: The file by which the package, and so the corpus, is found.
public func fuzzOneInput<Spec: ConcurrencySpec>(
  _ bytes: UnsafeRawBufferPointer, _ spec: Spec, lanes: ClosedRange<Int> = 2...3,
  operationsPerLane: ClosedRange<Int> = 1...4, operationsBefore: ClosedRange<Int> = 0...3,
  _ configuration: FuzzConfiguration = FuzzConfiguration(), named name: String,
  fileID: String = #fileID, filePath: String = #filePath
) {
  let program: SpecProgram<Spec>
  do {
    program = try SpecProgram(
      spec, lanes: lanes, operationsPerLane: operationsPerLane, operationsBefore: operationsBefore)
  } catch {
    OneInputFuzzing.end(saying: "\(error)")
  }
  OneInputFuzzing.run(bytes, configuration, name, fileID, filePath, program)
}
