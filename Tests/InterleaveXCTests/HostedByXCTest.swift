import Foundation
import Interleave
import Testing
import XCTest

private actor Counter {
  private(set) var value = 0

  func set(_ value: Int) { self.value = value }
}

/// Adds to a counter by reading and writing it in two steps, twice at once.
private func addTwice(to counter: Counter) async {
  let add: @Sendable () async -> Void = {
    let value = await counter.value
    await counter.set(value + 1)
  }
  async let a: Void = add()
  async let b: Void = add()
  _ = await (a, b)
}

/// Fuzzing from test cases of XCTest, to which Swift Testing's expectations are
/// strangers.
final class HostedByXCTest: XCTestCase {
  private struct Lost: Error {}

  func testABodyThatHoldsPasses() async throws {
    let report = try await fuzz(configuration) {
      let counter = Counter()
      async let other: Void = counter.set(2)
      await counter.set(2)
      await other
      #expect(await counter.value == 2)
    }
    XCTAssertTrue(report.isExhaustive || report.schedules == 200, "\(report)")
    XCTAssertGreaterThan(report.distinctInterleavings, 1)
  }

  func testAThrownErrorIsAFailure() async throws {
    let failure = try await failure {
      let counter = Counter()
      await addTwice(to: counter)
      if await counter.value < 2 { throw Lost() }
    }
    XCTAssertEqual(failure.kind, .thrownError)
    XCTAssertEqual(failure.interleaving.preemptions, 1)
  }

  func testAFailedExpectationIsAFailureAtItsLine() async throws {
    let line = #line + 4
    let failure = try await failure {
      let counter = Counter()
      await addTwice(to: counter)
      #expect(await counter.value == 2, "one was lost")
    }
    XCTAssertEqual(failure.kind, .expectation)
    XCTAssertEqual(failure.sourceLocation?.line, line)
    XCTAssertEqual(failure.sourceLocation?.filePath, #filePath)
    XCTAssertTrue(failure.message.contains("one was lost"), failure.message)
    XCTAssertEqual(failure.interleaving.preemptions, 1)
  }

  func testAFailedRequirementOfADetachedTaskIsAFailureAtItsLine() async throws {
    let line = #line + 4
    let failure = try await failure {
      let counter = Counter()
      await addTwice(to: counter)
      try await Task.detached { try #require(await counter.value == 2) }.value
    }
    XCTAssertEqual(failure.kind, .expectation)
    XCTAssertEqual(failure.sourceLocation?.line, line)
  }

  func testAFailedAssertionOfXCTestIsAFailureAtItsLine() async throws {
    let line = #line + 4
    let failure = try await failure {
      let counter = Counter()
      await addTwice(to: counter)
      let value = await counter.value; XCTAssertEqual(value, 2, "one was lost")
    }
    XCTAssertEqual(failure.kind, .expectation)
    XCTAssertEqual(failure.sourceLocation?.line, line)
    XCTAssertEqual(failure.sourceLocation?.filePath, #filePath)
    XCTAssertTrue(
      failure.message.contains(
        "XCTAssertEqual failed: (\"1\") is not equal to (\"2\") - one was lost"),
      failure.message)
    XCTAssertEqual(failure.interleaving.preemptions, 1)
  }

  func testAnAssertionOfXCTestThatHoldsIsNoFailure() async throws {
    try await fuzz(configuration) {
      let counter = Counter()
      await addTwice(to: counter)
      let value = await counter.value
      XCTAssertTrue((1...2).contains(value))
      XCTAssertNoThrow(try XCTUnwrap(value))
    }
  }

  func testOutsideOfRunsAnAssertionFailsItsTestCase() {
    final class Inner: XCTestCase {}
    let inner = Inner(name: "fails") { _ in XCTFail("on purpose: it is looked at") }
    inner.run()
    XCTAssertEqual(inner.testRun?.failureCount, 1)
  }

  func testASkippedTestIsSkippedAndKeepsNothing() async throws {
    let folder = FileManager.default.temporaryDirectory.appending(path: UUID().uuidString)
    var configuration = configuration
    configuration.corpus = .at(folder.path)
    do {
      try await fuzz(configuration) {
        let counter = Counter()
        await addTwice(to: counter)
        let value = await counter.value
        try XCTSkipIf(value < 2, "not today")
      }
      XCTFail("it was not skipped")
    } catch is XCTSkip {
      XCTAssertFalse(FileManager.default.fileExists(atPath: folder.path))
    }
  }

  func testAnInvariantIsChecked() async throws {
    let failure = try await failure {
      let counter = Counter()
      eventually(counter, "none is lost") { $0.value == 2 }
      await addTwice(to: counter)
    }
    XCTAssertEqual(failure.kind, .invariant)
    XCTAssertTrue(failure.message.contains("none is lost"), failure.message)
  }

  func testKnownIssuesAndWarningsAreNoFailures() async throws {
    try await fuzz(configuration) {
      let counter = Counter()
      await addTwice(to: counter)
      Issue.record("only a warning", severity: .warning)
    }
  }
}
