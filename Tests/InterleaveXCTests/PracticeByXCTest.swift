import Interleave
import Testing
import XCTest

/// Controlled runs and left-over checks in test cases of XCTest.
final class PracticeByXCTest: XCTestCase {
  func testABodyRunsInVirtualTime() async throws {
    let passed = try await controlled {
      let start = ContinuousClock.now
      try await Task.sleep(for: .seconds(86_400))
      return ContinuousClock.now - start
    }
    XCTAssertEqual(passed, .seconds(86_400))
  }

  func testAFailedExpectationIsThrown() async throws {
    do {
      try await controlled { #expect(Bool(false), "seen from inside") }
      XCTFail("the body passed")
    } catch let failure as FuzzFailure {
      XCTAssertEqual(failure.kind, .expectation)
      XCTAssertTrue(failure.message.contains("seen from inside"), failure.message)
    }
  }

  func testWhatIsLeftOverIsThrown() async throws {
    do {
      try await expectNoLeftovers { Task { try await Task.sleep(for: .seconds(1)) } }
      XCTFail("nothing was left over")
    } catch let failure as FuzzFailure {
      XCTAssertTrue(failure.message.hasPrefix("the body has ended, but left something over:"))
      XCTAssertEqual(failure.sourceLocation?.filePath, #filePath)
    }
  }

  func testWhereNothingIsLeftOverItPasses() async throws {
    try await expectNoLeftovers { await Task { await Task.yield() }.value }
  }
}
