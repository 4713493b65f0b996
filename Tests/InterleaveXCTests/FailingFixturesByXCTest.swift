import Foundation
import Interleave
import XCTest

/// Test cases that fail on purpose: run by a test that looks at what XCTest prints.
final class FailingFixturesByXCTest: XCTestCase {
  override func setUpWithError() throws {
    try XCTSkipUnless(
      ProcessInfo.processInfo.environment["TESTS_FIXTURES"] == "1", "a fixture of other tests")
  }

  private actor Counter {
    private(set) var value = 0

    func set(_ value: Int) { self.value = value }

    func add() async {
      let old = value
      await Task.yield()
      value = old + 1
    }
  }

  func testAnAssertionFails() async throws {
    try await fuzz(seed: 1) {
      let counter = Counter()
      async let a: Void = counter.add()
      async let b: Void = counter.add()
      _ = await (a, b)
      let value = await counter.value
      XCTAssertEqual(value, 2)
      XCTAssertGreaterThan(value, 1, "not told again")
    }
  }

  func testATaskIsLeftOver() async throws {
    try await fuzz(seed: 1) {
      let counter = Counter()
      async let a: Void = counter.add()
      Task { while true { try await Task.sleep(for: .seconds(1)) } }
      await a
    }
  }

  func testWhatIsCaughtIsNotTold() async throws {
    do {
      try await fuzz(seed: 1) {
        let counter = Counter()
        async let a: Void = counter.add()
        await a
        throw CocoaError(.fileNoSuchFile)
      }
    } catch {}
    throw CocoaError(.fileReadUnknown)
  }
}
