import Foundation
import InterleaveEngine
import Synchronization

/// What runs the inputs of one place in the code, one after the other.
final class OneInputFuzzing: @unchecked Sendable {
  private static let known = Mutex<[String: OneInputFuzzing]>([:])

  private let program = ExchangedProgram()
  private let runner: Runner
  private let resolved: ResolvedConfiguration
  private let counters = OrderCounters()

  private init(_ configuration: FuzzConfiguration, named name: String) throws {
    resolved = try ResolvedConfiguration(
      configuration, test: name, environment: ProcessInfo.processInfo.environment,
      freshSeed: { 0 })
    runner = try Runner(DoublesProgram(program), resolved, IssueCapture())
  }

  /// Runs a program once as a string of bytes says, and ends the process if it fails.
  static func run(
    _ bytes: UnsafeRawBufferPointer, _ configuration: FuzzConfiguration, _ name: String,
    _ fileID: String, _ filePath: String, _ program: any FuzzProgram
  ) {
    let bytes = Array(bytes)
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

  static func end(saying text: String) -> Never {
    FileHandle.standardError.write(Data((text + "\n").utf8))
    abort()
  }

  /// Makes the run of an input.
  private func fails(_ bytes: [UInt8], _ program: any FuzzProgram) -> Bool {
    self.program.current = program
    let tape = Tape(bytes)
    let request = RunRequest.tape(tape, cancels: resolved.cancels, counters: counters)
    switch Containment.run(hangLimit: resolved.hangLimit, { [runner] in runner.run(request) }) {
    case .finished(let outcome):
      KnownBorders.note(tape.borders, of: bytes)
      return outcome.failure.map { !$0.isMistake } ?? false
    case .stopped: return true
    }
  }
}

/// How much of each input its run has asked for.
enum KnownBorders {
  private static let all = Mutex<[[UInt8]: TapeBorders]>([:])
  /// Of more, those are forgotten that are known.
  private static let most = 20_000

  static func note(_ borders: TapeBorders, of bytes: [UInt8]) {
    all.withLock {
      if $0.count >= most { $0.removeAll(keepingCapacity: true) }
      $0[bytes] = borders
    }
  }

  static subscript(bytes: [UInt8]) -> TapeBorders? { all.withLock { $0[bytes] } }
}

/// A program in whose place another one is put from run to run.
private final class ExchangedProgram: FuzzProgram, @unchecked Sendable {
  var current: any FuzzProgram = PlainProgram {}

  var isGenerated: Bool { current.isGenerated }
  func makeRun(_ plan: DrawingPlan) -> any ProgramRun { current.makeRun(plan) }
  func write(_ draws: Draws, to writer: inout TapeWriter) { current.write(draws, to: &writer) }
  func texts(of run: any ProgramRun) -> GeneratedTexts { current.texts(of: run) }
}
