import Foundation
import Interleave
import XCTest

/// Waits for expectations within runs: in virtual time, woken by the step that fulfills them.
final class ExpectationsByXCTest: XCTestCase {
  private actor Inbox {
    private(set) var letters = 0

    func add() { letters += 1 }
  }

  func testAFulfilledExpectationEndsTheWait() async throws {
    let report = try await fuzz(configuration) {
      let inbox = Inbox()
      let arrived = XCTestExpectation(description: "arrived")
      let late = XCTestExpectation(description: "late")
      let start = ContinuousClock.now
      Task {
        await inbox.add()
        arrived.fulfill()
      }
      Task {
        try await Task.sleep(for: .seconds(3600))
        await inbox.add()
        late.fulfill()
      }
      let first = await XCTWaiter().fulfillment(of: [arrived], timeout: 1)
      XCTAssertEqual(first, .completed)
      let letters = await inbox.letters
      XCTAssertEqual(letters, 1)
      let second = await XCTWaiter.fulfillment(of: [late], timeout: 7200)
      XCTAssertEqual(second, .completed)
      let passed = ContinuousClock.now - start
      XCTAssertTrue(passed >= .seconds(3600) && passed < .seconds(3700), "\(passed)")
    }
    XCTAssertGreaterThan(report.distinctInterleavings, 1)
    XCTAssertEqual(report.escapes, [])
  }

  /// The one who waits goes on as soon as it may, so that a race behind the wait is seen.
  func testWhatComesAfterTheWaitRacesWithWhatIsStillToDo() async throws {
    let failure = try await failure {
      let inbox = Inbox()
      let begun = XCTestExpectation(description: "begun")
      Task {
        begun.fulfill()
        await inbox.add()
      }
      await XCTWaiter().fulfillment(of: [begun], timeout: 1)
      let letters = await inbox.letters
      XCTAssertEqual(letters, 1)
    }
    XCTAssertEqual(failure.kind, .expectation)
    XCTAssertEqual(failure.escapes, [])
  }

  func testTimeThatIsOverIsAResultForAWaiter() async throws {
    let clock = ContinuousClock()
    let start = clock.now
    try await fuzz(configuration) {
      let inbox = Inbox()
      let never = XCTestExpectation(description: "never")
      async let added: Void = inbox.add()
      let result = await XCTWaiter().fulfillment(of: [never], timeout: 600)
      await added
      XCTAssertEqual(result, .timedOut)
    }
    XCTAssertLessThan(clock.now - start, .seconds(500))
  }

  func testTimeThatIsOverIsAFailureOfATestCaseAtTheLineOfTheWait() async throws {
    let line = #line + 9
    let failure = try await failure {
      let test = await ExpectationsByXCTest.other
      let inbox = Inbox()
      let arrived = XCTestExpectation(description: "two letters")
      Task {
        await inbox.add()
        if await inbox.letters == 2 { arrived.fulfill() }
      }
      await test.fulfillment(of: [arrived], timeout: 30)
    }
    XCTAssertEqual(failure.kind, .expectation)
    XCTAssertEqual(failure.sourceLocation?.line, line)
    XCTAssertEqual(
      failure.message, "not fulfilled within 30.0 seconds of virtual time: 'two letters'")
  }

  /// A test case that is not Sendable, for bodies that are.
  @MainActor private static var other: OtherCase { OtherCase(name: "other") { _ in } }

  private final class OtherCase: XCTestCase, @unchecked Sendable {}

  func testOrderCountsWhereItIsAskedFor() async throws {
    let failure = try await failure {
      let inbox = Inbox()
      let first = XCTestExpectation(description: "first")
      let second = XCTestExpectation(description: "second")
      Task {
        await inbox.add()
        first.fulfill()
      }
      Task {
        await inbox.add()
        second.fulfill()
      }
      let result = await XCTWaiter().fulfillment(
        of: [first, second], timeout: 1, enforceOrder: true)
      XCTAssertEqual(result, .completed)
    }
    XCTAssertTrue(
      failure.message.contains("incorrectOrder"), "\(failure)")
    try await fuzz(configuration) {
      let inbox = Inbox()
      let first = XCTestExpectation(description: "first")
      let second = XCTestExpectation(description: "second")
      Task {
        await inbox.add()
        first.fulfill()
        await inbox.add()
        second.fulfill()
      }
      let result = await XCTWaiter().fulfillment(
        of: [first, second], timeout: 1, enforceOrder: true)
      XCTAssertEqual(result, .completed)
    }
  }

  func testAnInvertedExpectationWaitsForTheWholeTime() async throws {
    let failure = try await failure {
      let inbox = Inbox()
      let never = XCTestExpectation(description: "no second letter")
      never.isInverted = true
      let add: @Sendable () async -> Void = {
        await inbox.add()
        if await inbox.letters == 2 { never.fulfill() }
      }
      Task { await add() }
      Task { await add() }
      let result = await XCTWaiter().fulfillment(of: [never], timeout: 1)
      XCTAssertEqual(result, .completed)
    }
    XCTAssertTrue(
      failure.message.contains("invertedFulfillment"), "\(failure)")
    try await fuzz(configuration) {
      let start = ContinuousClock.now
      let never = XCTestExpectation(description: "nothing")
      never.isInverted = true
      let inbox = Inbox()
      async let added: Void = inbox.add()
      let result = await XCTWaiter().fulfillment(of: [never], timeout: 1)
      await added
      XCTAssertEqual(result, .completed)
      XCTAssertGreaterThanOrEqual(ContinuousClock.now - start, .seconds(1))
    }
  }

  func testCountsAreKept() async throws {
    try await fuzz(configuration) {
      let inbox = Inbox()
      let both = XCTestExpectation(description: "both")
      both.expectedFulfillmentCount = 2
      for _ in 1...2 {
        Task {
          await inbox.add()
          both.fulfill()
        }
      }
      await XCTWaiter().fulfillment(of: [both], timeout: 1)
      let letters = await inbox.letters
      XCTAssertEqual(letters, 2)
    }
  }

  /// What test cases make themselves is looked at when they end.
  @MainActor func testExpectationsOfTheTestCaseItselfAreWaitedFor() async throws {
    try await fuzz(schedules: 50) {
      let inbox = Inbox()
      let arrived = self.expectation(description: "made by the test case")
      Task {
        await inbox.add()
        arrived.fulfill()
      }
      await self.fulfillment(of: [arrived], timeout: 1)
      let letters = await inbox.letters
      XCTAssertEqual(letters, 1)
    }
  }

  func testAWaitThatBlocksItsThreadIsNamed() async throws {
    let failure = try await failure {
      let inbox = Inbox()
      async let added: Void = inbox.add()
      let waits: @Sendable () -> Void = {
        _ = XCTWaiter.wait(for: [XCTestExpectation(description: "never")], timeout: 100)
      }
      waits()
      await added
    }
    XCTAssertTrue(
      failure.message.contains("use `await fulfillment(of:timeout:)` instead"),
      "\(failure)")
  }

  func testAnExpectationThatPollsIsNamed() async throws {
    let failure = try await failure {
      let inbox = Inbox()
      async let added: Void = inbox.add()
      let polls = XCTNSPredicateExpectation(
        predicate: NSPredicate { _, _ in true }, object: nil)
      await XCTWaiter().fulfillment(of: [polls], timeout: 1)
      await added
    }
    XCTAssertTrue(
      failure.message.contains("a predicate or a notification"),
      "\(failure)")
  }

  func testOutsideOfRunsAllIsAsItWas() async throws {
    let arrived = XCTestExpectation(description: "arrived")
    Task { arrived.fulfill() }
    let result = await XCTWaiter().fulfillment(of: [arrived], timeout: 60)
    XCTAssertEqual(result, .completed)
    let again = XCTestExpectation(description: "again")
    again.fulfill()
    let byClass = await XCTWaiter.fulfillment(of: [again], timeout: 60)
    XCTAssertEqual(byClass, .completed)
    let own = expectation(description: "own")
    Task { own.fulfill() }
    await fulfillment(of: [own], timeout: 60)
    let never = await XCTWaiter().fulfillment(
      of: [XCTestExpectation(description: "never")], timeout: 0.01)
    XCTAssertEqual(never, .timedOut)
  }
}
