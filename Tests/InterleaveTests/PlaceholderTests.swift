import Interleave
import Testing

actor Log { var n = 0; func append() { n += 1 } }
actor Bank {
  var balance: Int
  let log = Log()
  init(balance: Int) { self.balance = balance }
  func withdraw(_ amount: Int) async -> Bool {
    guard balance >= amount else { return false }
    await log.append()
    balance -= amount
    return true
  }
}

@Test(.fuzzed) func overdrawn() async throws {
  let bank = Bank(balance: 100)
  async let a = bank.withdraw(80)
  async let b = bank.withdraw(80)
  _ = await (a, b)
  #expect(await bank.balance >= 0, "the bank must not be overdrawn")
}

@Test func overdrawn2() async throws {
  try await fuzz {
    let bank = Bank(balance: 100)
    always(bank) { $0.balance >= 0 }
    async let a = bank.withdraw(80)
    async let b = bank.withdraw(80)
    _ = await (a, b)
  }
}

@Test(.fuzzed) func stuck() async throws {
  await withUnsafeContinuation { (c: UnsafeContinuation<Void, Never>) in }
}

@Test(.fuzzed, arguments: [1, 2]) func detached(n: Int) async throws {
  let bank = Bank(balance: 100)
  let t = Task.detached { #expect(await bank.balance == n) }
  _ = await bank.withdraw(3)
  await t.value
}
