// Hosting: what users call to have a body fuzzed, and how a test framework is told of it.

import Foundation
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

  /// Shows what a test should say of a campaign besides whether it failed: what
  /// its author should know, and the corpus entry that could not be kept.
  ///
  /// - Parameter location: The test, or the call that fuzzes.
  func show(_ outcome: FuzzOutcome, at location: FuzzFailure.SourceLocation) {
    let report = outcome.report
    let lines = report.escapeLines + report.warnings
    if !lines.isEmpty { warn(lines.joined(separator: "\n"), at: location) }
    guard let failure = outcome.failure else { return }
    if let line = Annotation.line(of: failure, ProcessInfo.processInfo.environment) { print(line) }
    guard self == .swiftTesting else { return }
    let place = SourceLocation(location)
    if let entry = failure.unsavedEntry {
      let name = entry.path.split(separator: "/").last.map(String.init)
      Attachment.record(entry.content, named: name, sourceLocation: place)
    }
    guard !failure.interleaving.steps.isEmpty else { return }
    Attachment.record(failure.html, named: "report.html", sourceLocation: place)
    Attachment.record(failure.json, named: "interleaving.json", sourceLocation: place)
  }

  private func warn(_ message: String, at location: FuzzFailure.SourceLocation) {
    switch self {
    case .swiftTesting:
      Issue.record(
        Comment(ascii: message), severity: .warning, sourceLocation: SourceLocation(location))
    case .other:
      FileHandle.standardError.write(Data("\(location): warning: \(message)\n".ascii.utf8))
    }
  }

  /// Reports a mistake in the use of Interleave that cannot be thrown.
  func report(_ message: String, at location: FuzzFailure.SourceLocation) {
    switch self {
    case .swiftTesting:
      Issue.record(Comment(ascii: message), sourceLocation: SourceLocation(location))
    case .other:
      preconditionFailure("\(location): \(message)".ascii)
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
