import Interleave
import Testing
import XCTest

final class HostedByXCTest: XCTestCase {
  func testAFailedExpectationCounts() async throws {
    do {
      try await fuzz {
        let t = Task { 1 }
        #expect(await t.value == 2, "wrong number")
      }
      XCTFail("passed")
    } catch let failure as FuzzFailure {
      print(failure)
    }
  }
  func testAFailedRequirementCounts() async throws {
    do {
      try await fuzz {
        let t = Task.detached { try #require(await Task { 1 }.value == 2) }
        try await t.value
      }
      XCTFail("passed")
    } catch let failure as FuzzFailure {
      print(failure)
    }
  }
}
