import Interleave
import XCTest

/// What the page for XCTest suites shows.
final class BankXCTests: XCTestCase {
  func testNeverOverdrawn() async throws {
    try await fuzz {
      let bank = Bank(balance: 100)
      async let first = bank.withdrawAtOnce(80)
      async let second = bank.withdrawAtOnce(80)
      _ = await (first, second)
      let balance = await bank.balance
      XCTAssertGreaterThanOrEqual(balance, 0)
    }
  }
}

/// What the same page shows of expectations.
@MainActor final class InboxXCTests: XCTestCase {
  func testALetterArrives() async throws {
    try await fuzz {
      let inbox = Inbox()
      let arrived = self.expectation(description: "a letter has arrived")
      Task {
        await inbox.receive()
        arrived.fulfill()
      }
      await self.fulfillment(of: [arrived], timeout: 10)
      let letters = await inbox.letters
      XCTAssertEqual(letters, 1)
    }
  }
}

private actor Inbox {
  private(set) var letters = 0

  func receive() { letters += 1 }
}

private actor Bank {
  private(set) var balance: Int

  init(balance: Int) {
    self.balance = balance
  }

  func withdrawAtOnce(_ amount: Int) async -> Bool {
    guard balance >= amount else { return false }
    balance -= amount
    await Task.yield()
    return true
  }
}
