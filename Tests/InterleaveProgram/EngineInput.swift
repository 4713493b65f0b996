import Foundation
import Interleave

/// An account that checks, waits, and only then pays out.
private actor Account {
  private(set) var balance = 100

  func withdraw(_ amount: Int) async {
    guard balance >= amount else { return }
    await Task.yield()
    balance -= amount
  }
}

private struct Overdrawn: Error {}

/// Runs the bytes of a file, as an engine's program does.
enum EngineInput {
  /// Returns where the arguments are no file alone.
  static func runIfAsked(_ arguments: [String]) {
    guard arguments.count == 2, let input = FileManager.default.contents(atPath: arguments[1])
    else { return }
    input.withUnsafeBytes {
      fuzzOneInput(
        $0, over: .int(in: 0...255), named: "paysOut()", fileID: "ShopTests/Account.swift"
      ) { amount in
        let account = Account()
        async let first: Void = account.withdraw(amount)
        async let second: Void = account.withdraw(amount)
        _ = await (first, second)
        if await account.balance < 0 { throw Overdrawn() }
      }
    }
    exit(0)
  }
}
