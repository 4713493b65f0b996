/// An account that can be overdrawn.
///
/// Every line of it runs on the actor, so no two withdrawals are ever at work at
/// the same time, and it looks safe. But `await` lets other calls in: between the
/// check and the withdrawal the log is written, and whoever gets in then checks
/// the same balance. Two withdrawals of 80 from 100 both succeed.
public actor Bank {
  public private(set) var balance: Int
  private let log = AuditLog()

  public init(balance: Int) {
    self.balance = balance
  }

  /// Takes money out, if there is enough.
  ///
  /// - Returns: Whether the money was paid out.
  public func withdraw(_ amount: Int) async -> Bool {
    guard balance >= amount else { return false }
    await log.append("withdraw \(amount)")
    balance -= amount
    return true
  }
}

/// An account that cannot be overdrawn: it takes the money before it lets anybody
/// else in.
public actor MendedBank {
  public private(set) var balance: Int
  private let log = AuditLog()

  public init(balance: Int) {
    self.balance = balance
  }

  /// Takes money out, if there is enough.
  ///
  /// - Returns: Whether the money was paid out.
  public func withdraw(_ amount: Int) async -> Bool {
    guard balance >= amount else { return false }
    balance -= amount
    await log.append("withdraw \(amount)")
    return true
  }
}

/// What the bank did, in order.
public actor AuditLog {
  public private(set) var entries: [String] = []

  public init() {}

  public func append(_ entry: String) {
    entries.append(entry)
  }
}

/// Two customers share an account of 100, and each withdraws 80.
public enum BankExample {
  /// - Parameter prepare: Is given the account before anything happens.
  public static func racy(_ prepare: (Bank) -> Void = { _ in }) async throws {
    let bank = Bank(balance: 100)
    prepare(bank)
    async let one = bank.withdraw(80)
    async let other = bank.withdraw(80)
    _ = await (one, other)
    let balance = await bank.balance
    try expect(balance >= 0, "the account must not be overdrawn (balance is \(balance))")
  }

  /// - Parameter prepare: Is given the account before anything happens.
  public static func mended(_ prepare: (MendedBank) -> Void = { _ in }) async throws {
    let bank = MendedBank(balance: 100)
    prepare(bank)
    async let one = bank.withdraw(80)
    async let other = bank.withdraw(80)
    _ = await (one, other)
    let balance = await bank.balance
    try expect(balance >= 0, "the account must not be overdrawn (balance is \(balance))")
  }
}
