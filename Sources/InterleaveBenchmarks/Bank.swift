/// What every withdrawal is written to.
actor Log {
  private var entries = 0

  func append() { entries += 1 }
}

/// An account that checks, asks its log, and only then acts.
actor Bank {
  private(set) var balance: Int
  private let log: Log

  init(balance: Int, log: Log) {
    self.balance = balance
    self.log = log
  }

  func withdraw(_ amount: Int) async -> Bool {
    guard balance >= amount else { return false }
    await log.append()
    balance -= amount
    return true
  }

  /// The same, but acts before anyone else can come in between.
  func withdrawAtOnce(_ amount: Int) async -> Bool {
    guard balance >= amount else { return false }
    balance -= amount
    await log.append()
    return true
  }
}

/// Tasks that withdraw from one account at the same time.
struct Withdrawals: Sendable {
  var tasks: Int
  var each: Int
  var balance = 100
  var amount = 1

  /// Four tasks of five withdrawals, all of which go through.
  static let fourByFive = Withdrawals(tasks: 4, each: 5)
  /// Two tasks of one withdrawal, only one of which may go through.
  static let twoByOne = Withdrawals(tasks: 2, each: 1, amount: 80)

  var name: String { "\(tasks) tasks × \(each)" }

  /// Withdraws.
  ///
  /// - Returns: What is left.
  @inline(never)
  @Sendable func run() async -> Int {
    let bank = Bank(balance: balance, log: Log())
    await withTaskGroup(of: Void.self) { group in
      for _ in 0..<tasks {
        group.addTask { for _ in 0..<each { _ = await bank.withdraw(amount) } }
      }
    }
    return await bank.balance
  }

  /// Withdraws without the race.
  ///
  /// - Returns: What is left.
  @Sendable func runMended() async -> Int {
    let bank = Bank(balance: balance, log: Log())
    await withTaskGroup(of: Void.self) { group in
      for _ in 0..<tasks {
        group.addTask { for _ in 0..<each { _ = await bank.withdrawAtOnce(amount) } }
      }
    }
    return await bank.balance
  }
}
