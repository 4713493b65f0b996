import Foundation
import Interleave
import Testing

// A test of another package, whose names change from one run of the tests to the next.
// CorpusHostingTests runs it in processes of its own.

@Suite(.fixture) struct RepairFixtures {
  private let environment = ProcessInfo.processInfo.environment

  @Test func twoCustomersPayAtOnce() async throws {
    let folder = try #require(environment["REPAIRED_PACKAGE"])
    var configuration = FuzzConfiguration()
    configuration.schedules = 300
    configuration.seed = 1
    let isRenamed = environment["REPAIRED_PACKAGE_IS_RENAMED"] != nil
    try await fuzz(configuration, filePath: folder + "/Tests/Customers.swift") {
      if isRenamed {
        let wallet = Wallet()
        async let first: Void = wallet.spend(80)
        async let second: Void = wallet.spend(80)
        _ = await (first, second)
        if await wallet.balance < 0 { throw Overdrawn() }
      } else {
        let account = Account()
        async let first: Void = account.take(80)
        async let second: Void = account.take(80)
        _ = await (first, second)
        if await account.balance < 0 { throw Overdrawn() }
      }
    }
  }
}

private struct Overdrawn: Error {}

private actor Account {
  private(set) var balance = 100
  private let log = Log()

  func take(_ amount: Int) async {
    guard balance >= amount else { return }
    await log.append()
    balance -= amount
  }
}

/// The account after renames.
private actor Wallet {
  private(set) var balance = 100
  private let log = Log()

  func spend(_ amount: Int) async {
    guard balance >= amount else { return }
    await log.append()
    balance -= amount
  }
}
