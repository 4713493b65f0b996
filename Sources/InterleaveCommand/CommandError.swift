import Foundation

/// Why a command ended without doing what it was asked for, and the exit code that says so.
package struct CommandError: Error, CustomStringConvertible {
  package let code: ExitCode
  package let description: String

  init(_ code: ExitCode, _ description: String) {
    self.code = code
    self.description = description
  }
}

/// What the command's exit code says.
package enum ExitCode: Int32 {
  /// All is well.
  case success = 0
  /// A test failed, or an entry is not as it should be.
  case failure = 1
  /// Nothing matched, so nothing was run.
  case nothing = 2
  /// The command line makes no sense.
  case usage = 64
  /// There is no such entry, or it cannot be read.
  case data = 65
  /// The package cannot be built.
  case build = 69
  /// A file cannot be written or deleted.
  case write = 73
}
