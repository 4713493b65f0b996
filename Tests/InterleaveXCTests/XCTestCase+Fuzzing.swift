import Interleave
import XCTest

/// A body passed that must have a failure.
private struct NothingFailed: Error {}

extension XCTestCase {
  /// A few schedules, of which nothing is kept.
  var configuration: FuzzConfiguration {
    var configuration = FuzzConfiguration()
    configuration.corpus = .none
    configuration.seed = 1
    configuration.schedules = 200
    return configuration
  }

  /// The failure of a body that must have one.
  func failure(
    of body: @escaping @Sendable () async throws -> Void, line: UInt = #line
  ) async throws -> FuzzFailure {
    do {
      let report = try await fuzz(configuration, body)
      XCTFail("the body passed: \(report)", line: line)
    } catch let failure as FuzzFailure {
      return failure
    }
    throw NothingFailed()
  }
}
