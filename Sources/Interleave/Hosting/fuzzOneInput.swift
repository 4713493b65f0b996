import Foundation
import InterleaveEngine
import Synchronization

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
  OneInputFuzzing.run(Array(bytes), configuration, name, fileID, filePath, PlainProgram(body))
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
  OneInputFuzzing.run(
    Array(bytes), configuration, name, fileID, filePath, inputs(a, body: body))
}

/// What runs the inputs of one place in the code, one after the other.
private final class OneInputFuzzing: @unchecked Sendable {
  private static let known = Mutex<[String: OneInputFuzzing]>([:])

  private let program = ExchangedProgram()
  private let runner: Runner
  private let resolved: ResolvedConfiguration

  private init(_ configuration: FuzzConfiguration, named name: String) throws {
    resolved = try ResolvedConfiguration(
      configuration, test: name, environment: ProcessInfo.processInfo.environment,
      freshSeed: { 0 })
    runner = try Runner(DoublesProgram(program), resolved, IssueCapture())
  }

  static func run(
    _ bytes: [UInt8], _ configuration: FuzzConfiguration, _ name: String, _ fileID: String,
    _ filePath: String, _ program: any FuzzProgram
  ) {
    let fuzzing: OneInputFuzzing
    do {
      fuzzing = try known.withLock { known in
        let key = "\(fileID)/\(name)"
        if let fuzzing = known[key] { return fuzzing }
        let fuzzing = try OneInputFuzzing(configuration, named: key)
        known[key] = fuzzing
        return fuzzing
      }
    } catch {
      end(saying: "\(error)")
    }
    guard fuzzing.fails(bytes, program) else { return }
    let done = DispatchSemaphore(value: 0)
    let outcome = Mutex<FuzzOutcome?>(nil)
    Task.detached {
      let result = await Fuzzer(configuration).run(
        program, named: name, fileID: fileID, filePath: filePath
      ) { try $0.conduct(.tape(bytes, cancels: $0.resolved.cancels)) }
      outcome.withLock { $0 = result }
      done.signal()
    }
    done.wait()
    // What does not fail again was brought about by somebody who was late.
    if case .failed(let failure, _)? = outcome.withLock({ $0 }) { end(saying: failure.description) }
  }

  private static func end(saying text: String) -> Never {
    FileHandle.standardError.write(Data((text + "\n").utf8))
    abort()
  }

  /// Makes the run of an input.
  private func fails(_ bytes: [UInt8], _ program: any FuzzProgram) -> Bool {
    self.program.current = program
    let request = RunRequest.tape(bytes, cancels: resolved.cancels)
    switch Containment.run(hangLimit: resolved.hangLimit, { [runner] in runner.run(request) }) {
    case .finished(let outcome): return outcome.failure.map { !$0.isMistake } ?? false
    case .stopped: return true
    }
  }
}

/// A program in whose place another one is put from run to run.
private final class ExchangedProgram: FuzzProgram, @unchecked Sendable {
  var current: any FuzzProgram = PlainProgram {}

  var isGenerated: Bool { current.isGenerated }
  func makeRun(_ plan: DrawingPlan) -> any ProgramRun { current.makeRun(plan) }
  func texts(of run: any ProgramRun) -> GeneratedTexts { current.texts(of: run) }
}
