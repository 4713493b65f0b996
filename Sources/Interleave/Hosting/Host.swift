import Testing

#if canImport(Darwin)
  import Darwin
#elseif canImport(Glibc)
  import Glibc
#endif

/// Where a fuzzed body runs: in a test of Swift Testing, or anywhere else.
enum Host {
  case swiftTesting
  case other

  static var current: Host { Test.current == nil ? .other : .swiftTesting }

  /// Reports a mistake in the use of Interleave that cannot be thrown.
  func report(_ message: String, at location: FuzzFailure.SourceLocation) {
    switch self {
    case .swiftTesting:
      Issue.record(Comment(rawValue: message), sourceLocation: SourceLocation(location))
    case .other:
      preconditionFailure("\(location): \(message)")
    }
  }
}

extension SourceLocation {
  init(_ location: FuzzFailure.SourceLocation) {
    self.init(
      fileID: location.fileID, filePath: location.filePath, line: max(location.line, 1),
      column: max(location.column, 1))
  }
}

extension FuzzFailure.SourceLocation {
  init(_ location: SourceLocation) {
    self.init(
      fileID: location.fileID, filePath: location.filePath, line: location.line,
      column: location.column)
  }
}
