import Foundation
import Synchronization
import Testing

/// What a program that was run to its end has printed.
struct ProgramResult: Sendable, CustomStringConvertible {
  var exitCode: Int32
  /// Standard output and standard error, as they came.
  var output: String

  var description: String { "exit code \(exitCode)\n\(output)" }

  /// The lines that contain a text.
  func lines(with text: String) -> [String] {
    output.split(separator: "\n").filter { $0.contains(text) }.map(String.init)
  }
}

/// Runs a program on its own, without blocking a thread that others need.
///
/// - Parameters:
///   - environment: Added to this process's own, of which nothing that configures
///     Interleave or says that it runs on CI is passed on.
///   - limit: The seconds after which it is killed.
///   - meanwhile: Is called on a thread of its own while it runs.
func runProgram(
  _ path: String, _ arguments: [String], environment: [String: String] = [:], limit: Double = 1_200,
  meanwhile: (@Sendable (RunningProgram) -> Void)? = nil
) async throws -> ProgramResult {
  let inherited = ProcessInfo.processInfo.environment.filter { name, _ in
    !name.hasPrefix("INTERLEAVE_") && !name.hasPrefix("TESTS_") && name != "CI"
      && name != "NO_COLOR"
  }
  let process = Process()
  process.executableURL = URL(fileURLWithPath: path)
  process.arguments = arguments
  process.environment = inherited.merging(environment) { $1 }
  let file = FileManager.default.temporaryDirectory.appending(path: "output-\(UUID().uuidString)")
  try Data().write(to: file)
  defer { try? FileManager.default.removeItem(at: file) }
  let handle = try FileHandle(forWritingTo: file)
  process.standardOutput = handle
  process.standardError = handle
  process.standardInput = FileHandle.nullDevice
  let watchdog = DispatchWorkItem { kill(process.processIdentifier, SIGKILL) }
  try await withCheckedThrowingContinuation { (ended: CheckedContinuation<Void, any Error>) in
    process.terminationHandler = { _ in ended.resume() }
    do {
      try process.run()
      DispatchQueue.global().asyncAfter(deadline: .now() + limit, execute: watchdog)
      if let meanwhile {
        let program = RunningProgram(id: process.processIdentifier, outputPath: file.path)
        Thread.detachNewThread { meanwhile(program) }
      }
    } catch {
      process.terminationHandler = nil
      ended.resume(throwing: error)
    }
  }
  watchdog.cancel()
  return ProgramResult(
    exitCode: process.terminationStatus,
    output: String(decoding: try Data(contentsOf: file), as: UTF8.self))
}

/// A program while it runs.
struct RunningProgram: Sendable {
  let id: Int32
  let outputPath: String

  /// What it has printed so far.
  var output: String { (try? String(contentsOfFile: outputPath, encoding: .utf8)) ?? "" }

  /// Waits until something is so, or the program has ended.
  func wait(until condition: () -> Bool) {
    while !condition(), kill(id, 0) == 0 { usleep(5_000) }
  }
}

/// Runs fixtures of this test bundle in a process of their own.
///
/// - Parameter filter: A regular expression for their names.
func runFixtures(
  _ filter: String, environment: [String: String] = [:], arguments: [String] = [],
  meanwhile: (@Sendable (RunningProgram) -> Void)? = nil
) async throws -> ProgramResult {
  try await runProgram(
    CommandLine.arguments[0],
    ["--testing-library", "swift-testing", "--filter", filter] + arguments,
    environment: ["TESTS_FIXTURES": "1", "INTERLEAVE_CORPUS": "none", "COLUMNS": "100"]
      .merging(environment) { $1 }, meanwhile: meanwhile)
}

/// Fixtures fail on purpose; only tests that run them in a process of their own
/// enable them.
let fixturesAreEnabled = ProcessInfo.processInfo.environment["TESTS_FIXTURES"] == "1"

extension Trait where Self == ConditionTrait {
  /// Runs only in the process of a test that looks at what it prints.
  static var fixture: Self { .enabled(if: fixturesAreEnabled, "a fixture of other tests") }
}
