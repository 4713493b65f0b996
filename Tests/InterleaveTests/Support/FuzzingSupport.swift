import Interleave

/// Fuzzes a body under a fixed seed, without a corpus.
func fuzzed(
  schedules: Int = 200, seed: UInt64 = 1,
  _ configure: (inout FuzzConfiguration) -> Void = { _ in }, named name: String = #function,
  body: @escaping @Sendable () async throws -> Void
) async -> FuzzOutcome {
  var configuration = FuzzConfiguration()
  configuration.schedules = schedules
  configuration.seed = seed
  configuration.corpus = .none
  configure(&configuration)
  return await Fuzzer(configuration).run(named: name, body)
}

/// Counts withdrawals in a log between the check and the act, and so can be
/// overdrawn.
actor Bank {
  var balance: Int
  private let log = Log()

  init(balance: Int) { self.balance = balance }

  func withdraw(_ amount: Int) async -> Bool {
    guard balance >= amount else { return false }
    await log.append()
    balance -= amount
    return true
  }

  /// Acts before anything else can come between.
  func withdrawAtOnce(_ amount: Int) async -> Bool {
    guard balance >= amount else { return false }
    balance -= amount
    await log.append()
    return true
  }
}

actor Log {
  private(set) var count = 0

  func append() { count += 1 }
}

/// Withdraws twice at the same time; only one withdrawal is covered.
func withdrawTwice(from bank: Bank, atOnce: Bool = false) async {
  async let a = atOnce ? bank.withdrawAtOnce(80) : bank.withdraw(80)
  async let b = atOnce ? bank.withdrawAtOnce(80) : bank.withdraw(80)
  _ = await (a, b)
}

/// A place for what a test has to hand from one task to another.
actor Box<Value: Sendable> {
  private(set) var value: Value?

  init(_ value: Value? = nil) { self.value = value }

  func set(_ value: Value?) { self.value = value }
}
