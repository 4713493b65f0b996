actor Log {
  private(set) var entries = 0
  func append() { entries += 1 }
}

actor Bank {
  private(set) var balance: Int
  private let log = Log()

  init(balance: Int) { self.balance = balance }

  func withdraw(_ amount: Int) async -> Bool {
    guard balance >= amount else { return false }
    await log.append()
    balance -= amount
    return true
  }
}

extension Bank {
  func deposit(_ amount: Int) -> Bool {
    balance += amount
    return true
  }
}
