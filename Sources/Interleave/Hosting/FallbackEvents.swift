import Foundation
import InterleaveEngine

#if canImport(Darwin)
  import Darwin
#elseif canImport(Glibc)
  import Glibc
#endif

/// Hears of expectations that fail where no test of Swift Testing runs.
///
/// In an XCTest case or a plain program, Swift Testing hands what it records to a
/// process-wide handler, as JSON. It asks for that handler once, by a C function
/// of a library of its own; so this function takes the other's place, in the
/// images that link Interleave. The handler tells the run whose step is going on,
/// and passes everything else to the handler that was installed.
enum FallbackEvents {
  typealias Handler =
    @convention(c) (
      _ version: UnsafePointer<CChar>, _ record: UnsafeRawPointer, _ count: Int,
      _ reserved: UnsafeRawPointer?
    ) -> Void

  /// The handler that Swift Testing would have found.
  fileprivate static var installed: Handler? {
    typealias Getter = @convention(c) () -> UnsafeRawPointer?
    let next = UnsafeMutableRawPointer(bitPattern: -1)
    guard let symbol = dlsym(next, "_swift_testing_getFallbackEventHandler"),
      let handler = unsafeBitCast(symbol, to: Getter.self)()
    else { return nil }
    return unsafeBitCast(handler, to: Handler.self)
  }

  fileprivate static let handler: Handler = { version, record, count, reserved in
    guard let run = LiveRun.current else {
      FallbackEvents.installed?(version, record, count, reserved)
      return
    }
    let json = UnsafeRawBufferPointer(start: record, count: count)
    if let failure = RunFailure(event: Data(json)) { run.fail(failure) }
  }
}

@_cdecl("_swift_testing_getFallbackEventHandler")
public func _interleaveFallbackEventHandler() -> UnsafeRawPointer? {
  unsafeBitCast(FallbackEvents.handler, to: UnsafeRawPointer.self)
}

extension RunFailure {
  /// Reads what Swift Testing says of an issue.
  ///
  /// - Parameter json: One record of its event stream.
  /// - Returns: Nil where it is not an issue that fails a test.
  init?(event json: Data) {
    guard let record = try? JSONDecoder().decode(EventRecord.self, from: json),
      record.payload.kind == "issueRecorded", let issue = record.payload.issue,
      !issue.isKnown, issue.isFailure ?? true
    else { return nil }
    let location = issue.sourceLocation?.location
    self.init(
      kind: .expectation,
      message: (record.payload.messages ?? []).map(\.text.withASCIIArrows)
        .joined(separator: "\n"),
      location: location,
      place: location.map { "\($0.fileID):\($0.line):\($0.column)" } ?? "")
  }
}

/// The part of a record of Swift Testing's event stream that tells of an issue.
private struct EventRecord: Decodable {
  var payload: Payload

  struct Payload: Decodable {
    var kind: String
    var issue: Issue?
    var messages: [Message]?
  }

  struct Issue: Decodable {
    var isKnown: Bool
    var isFailure: Bool?
    var sourceLocation: Location?
  }

  struct Message: Decodable {
    var text: String
  }

  struct Location: Decodable {
    var fileID: String
    var filePath: String?
    var _filePath: String?
    var line: Int
    var column: Int

    var location: FuzzFailure.SourceLocation {
      FuzzFailure.SourceLocation(
        fileID: fileID, filePath: filePath ?? _filePath ?? fileID, line: line, column: column)
    }
  }
}
