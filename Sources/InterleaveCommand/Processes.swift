import Foundation

/// Programs that the command runs to their ends.
enum Processes {
  /// Runs a program with the environment of this one, but for what is said of Interleave there.
  ///
  /// - Returns: Its exit code, and what it printed.
  static func run(
    _ program: URL, _ arguments: [String], environment: [String: String]
  ) throws -> (code: Int32, output: String) {
    let process = Process()
    process.executableURL = program
    process.arguments = arguments
    process.environment = ProcessInfo.processInfo.environment
      .filter { !$0.key.hasPrefix("INTERLEAVE_") }
      .merging(environment) { $1 }
    let pipe = Pipe()
    process.standardOutput = pipe
    process.standardError = pipe
    process.standardInput = FileHandle.nullDevice
    try process.run()
    let output = pipe.fileHandleForReading.readDataToEndOfFile()
    process.waitUntilExit()
    return (process.terminationStatus, String(decoding: output, as: UTF8.self))
  }
}
