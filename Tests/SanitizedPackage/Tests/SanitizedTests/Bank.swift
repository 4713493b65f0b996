/// Checks, waits, and acts, unless it is mended.
actor Bank {
  private(set) var balance: Int
  private let isMended: Bool
  private let log = Log()

  init(balance: Int, isMended: Bool = false) {
    self.balance = balance
    self.isMended = isMended
  }

  func deposit(_ amount: Int) { balance += amount }

  func withdraw(_ amount: Int) async {
    guard balance >= amount else { return }
    if isMended { balance -= amount }
    await log.append()
    if !isMended { balance -= amount }
  }
}

actor Log {
  private(set) var entries = 0

  func append() { entries += 1 }
}

struct Overdrawn: Error {}

/// Two customers take what is there for one.
func withdrawTwice(isMended: Bool) async throws {
  let bank = Bank(balance: 100, isMended: isMended)
  async let first: Void = bank.withdraw(80)
  async let second: Void = bank.withdraw(80)
  _ = await (first, second)
  guard await bank.balance >= 0 else { throw Overdrawn() }
}
