import Foundation
import InterleaveEngine
import Synchronization

extension Fuzzer {
  /// Runs a body once, with the choices that a string of bytes stands for.
  ///
  /// A failure is made small and kept in the corpus as that of a campaign would be. So this imports
  /// what an engine has found, whatever it is: see <doc:OtherEngines>.
  ///
  /// - Parameters:
  ///   - input: Any bytes.
  ///   - name: What reports and the corpus call it: the function of a test with its parentheses, so
  ///     that the entry is replayed there.
  ///   - fileID: The file of that test.
  ///   - filePath: The file by which the package, and so the corpus, is found.
  ///   - body: What to run.
  /// - Returns: Whether it failed.
  public func run(
    input: [UInt8], named name: String, fileID: String = #fileID, filePath: String = #filePath,
    _ body: @escaping @Sendable () async throws -> Void
  ) async -> FuzzOutcome {
    await run(
      PlainProgram(body), named: name, fileID: fileID, filePath: filePath,
      Self.conducting(input))
  }

  /// Runs a body once, with a generated value and the choices that a string of bytes stands for.
  ///
  /// - Parameters:
  ///   - input: Any bytes.
  ///   - a: What makes the value.
  ///   - name: What reports and the corpus call it.
  ///   - fileID: The file of that test.
  ///   - filePath: The file by which the package, and so the corpus, is found.
  ///   - body: What to run.
  /// - Returns: Whether it failed.
  public func run<A>(
    input: [UInt8], over a: Generator<A>, named name: String, fileID: String = #fileID,
    filePath: String = #filePath, _ body: @escaping @Sendable (A) async throws -> Void
  ) async -> FuzzOutcome {
    await run(
      inputs(a, body: body), named: name, fileID: fileID, filePath: filePath,
      Self.conducting(input))
  }

  /// Runs a program of a spec's operations once, with the operations and the choices that a string
  /// of bytes stands for.
  ///
  /// - Parameters:
  ///   - input: Any bytes.
  ///   - name: What reports and the corpus call it.
  ///   - spec: What is done with what.
  ///   - lanes: How many lanes run concurrently; at least 1.
  ///   - operationsPerLane: How many operations each lane does; at least 1.
  ///   - operationsBefore: How many operations are done before the lanes begin; at least 0.
  ///   - fileID: The file of that test.
  ///   - filePath: The file by which the package, and so the corpus, is found.
  /// - Returns: Whether it failed.
  public func run<Spec: ConcurrencySpec>(
    input: [UInt8], named name: String, _ spec: Spec, lanes: ClosedRange<Int> = 2...3,
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
      program, named: name, fileID: fileID, filePath: filePath,
      Self.conducting(input))
  }

  /// The bytes that stand for a failing run, as a seed for an engine.
  ///
  /// - Parameters:
  ///   - replayString: The failure, by its ``FuzzFailure/replayString``.
  ///   - name: What reports and the corpus call it.
  ///   - fileID: The file of that test.
  ///   - filePath: The file by which the package, and so the corpus, is found.
  ///   - body: What to run.
  /// - Returns: Nil where the failure does not come up, or is too long for bytes to tell.
  /// - Throws: ``ConfigurationError`` for a string that is none.
  public func input(
    replaying replayString: String, named name: String, fileID: String = #fileID,
    filePath: String = #filePath, _ body: @escaping @Sendable () async throws -> Void
  ) async throws -> [UInt8]? {
    try await input(
      replayString, PlainProgram(body), named: name, fileID: fileID, filePath: filePath)
  }

  /// The bytes that stand for a failing run with a generated value.
  ///
  /// - Parameters:
  ///   - replayString: The failure, by its ``FuzzFailure/replayString``.
  ///   - a: What makes the value.
  ///   - name: What reports and the corpus call it.
  ///   - fileID: The file of that test.
  ///   - filePath: The file by which the package, and so the corpus, is found.
  ///   - body: What to run.
  /// - Returns: Nil where the failure does not come up, or is too long for bytes to tell.
  /// - Throws: ``ConfigurationError`` for a string that is none.
  public func input<A>(
    replaying replayString: String, over a: Generator<A>, named name: String,
    fileID: String = #fileID, filePath: String = #filePath,
    _ body: @escaping @Sendable (A) async throws -> Void
  ) async throws -> [UInt8]? {
    try await input(
      replayString, inputs(a, body: body), named: name, fileID: fileID, filePath: filePath)
  }

  /// The bytes that stand for a failing run of a spec's operations.
  ///
  /// - Parameters:
  ///   - replayString: The failure, by its ``FuzzFailure/replayString``.
  ///   - name: What reports and the corpus call it.
  ///   - spec: What is done with what.
  ///   - lanes: How many lanes run concurrently; as where the bytes will be run.
  ///   - operationsPerLane: How many operations each lane does; likewise.
  ///   - operationsBefore: How many operations are done before the lanes begin; likewise.
  ///   - fileID: The file of that test.
  ///   - filePath: The file by which the package, and so the corpus, is found.
  /// - Returns: Nil where the failure does not come up, or is too long for bytes to tell.
  /// - Throws: ``ConfigurationError`` for a string that is none, and for a size that no program has.
  public func input<Spec: ConcurrencySpec>(
    replaying replayString: String, named name: String, _ spec: Spec,
    lanes: ClosedRange<Int> = 2...3, operationsPerLane: ClosedRange<Int> = 1...4,
    operationsBefore: ClosedRange<Int> = 0...3, fileID: String = #fileID,
    filePath: String = #filePath
  ) async throws -> [UInt8]? {
    let program = try SpecProgram(
      spec, lanes: lanes, operationsPerLane: operationsPerLane, operationsBefore: operationsBefore)
    return try await input(
      replayString, program, named: name, fileID: fileID, filePath: filePath)
  }

  private func input(
    _ replayString: String, _ program: any FuzzProgram, named name: String, fileID: String,
    filePath: String
  ) async throws -> [UInt8]? {
    let entry = try ReplayString.decode(replayString)
    let bytes = Mutex<[UInt8]?>(nil)
    _ = await run(program, named: name, fileID: fileID, filePath: filePath) { campaign in
      let found = campaign.tape(of: entry)
      bytes.withLock { $0 = found }
      return FuzzResult(outcome: .passed(FuzzReport()))
    }
    return bytes.withLock { $0 }
  }

  private static func conducting(
    _ input: [UInt8]
  ) -> @Sendable (Campaign) throws -> FuzzResult {
    { try $0.conduct(.tape(input, cancels: $0.resolved.cancels)) }
  }
}

extension Campaign {
  /// The bytes that stand for what a corpus entry keeps; nil where it does not fail as it did.
  fileprivate func tape(of entry: CorpusEntry) -> [UInt8]? {
    var reproduction = Reproduction(entry, path: "", resolved, replayed: 1)
    while var request = reproduction.next() {
      // Without need, no step is asked for choices inside.
      request.terms.runsWholeSteps = request.terms.interruptions == .never
      let recorder = TapeRecorder(request)
      let outcome = runContained(recorder.recording)
      reproduction.learn(outcome, isChild: false)
      if reproduction.found != nil {
        return outcome.draws.flatMap { recorder.bytes($0, of: runner.program) }
      }
    }
    return nil
  }
}
