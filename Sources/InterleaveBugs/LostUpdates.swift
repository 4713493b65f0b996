extension BugProgram {
  /// Tasks act on what they read before others changed it.
  static let lostUpdates = [
    account, bank(2), bank(5), wrongLock(3), rateLimiter(4), poolOvershoot(3), doubleCharge, audit,
    staleCache,
  ]

  /// Two deposits read the same balance, and one of them is lost.
  private static let account = BugProgram("account", depth: 2) { isMended in
    let balance = Cell(0)
    await withTaskGroup(of: Void.self) { group in
      for _ in 0..<2 {
        group.addTask {
          if isMended {
            await balance.update { $0 += 10 }
          } else {
            let before = await balance.get()
            await balance.set(before + 10)
          }
        }
      }
    }
    let end = await balance.get()
    try check(end == 20, "a deposit was lost: the balance is \(end)")
  }

  private actor Bank {
    private(set) var balance = 100
    private let log = Work()

    func withdraw(_ amount: Int, isMended: Bool) async {
      guard balance >= amount else { return }
      if isMended { balance -= amount }
      await log.step()
      if !isMended { balance -= amount }
    }
  }

  /// Clients check the balance, write to the log, and only then take the money.
  private static func bank(_ clients: Int) -> BugProgram {
    BugProgram("bank_\(clients)", depth: 2) { isMended in
      let bank = Bank()
      await withTaskGroup(of: Void.self) { group in
        for _ in 0..<clients {
          group.addTask { await bank.withdraw(80, isMended: isMended) }
        }
      }
      let balance = await bank.balance
      try check(balance >= 0, "overdrawn: \(balance)")
    }
  }

  /// One of the tasks guards the shared value by another lock than the others.
  private static func wrongLock(_ tasks: Int) -> BugProgram {
    BugProgram("wronglock_\(tasks)", depth: 2) { isMended in
      let value = Cell(0)
      let right = AsyncLock()
      let wrong = isMended ? right : AsyncLock()
      await withTaskGroup(of: Void.self) { group in
        for number in 0..<tasks {
          let lock = number == 0 ? wrong : right
          group.addTask {
            await lock.lock()
            let before = await value.get()
            await value.set(before + 1)
            await lock.unlock()
          }
        }
      }
      let end = await value.get()
      try check(end == tasks, "\(tasks) tasks counted to \(end)")
    }
  }

  /// Requests ask whether there is room, and enter afterwards.
  private static func rateLimiter(_ requests: Int) -> BugProgram {
    BugProgram("ratelimiter_\(requests)", depth: 2) { isMended in
      let limit = requests - 1
      let entered = Cell(0)
      await withTaskGroup(of: Void.self) { group in
        for _ in 0..<requests {
          group.addTask {
            if isMended {
              await entered.update { if $0 < limit { $0 += 1 } }
            } else if await entered.get() < limit {
              await entered.update { $0 += 1 }
            }
          }
        }
      }
      let end = await entered.get()
      try check(end <= limit, "\(end) requests entered where \(limit) may")
    }
  }

  private actor Pool {
    private(set) var open = 0
    private let network = Work()
    private let limit: Int

    init(limit: Int) { self.limit = limit }

    func connect(isMended: Bool) async {
      guard open < limit else { return }
      if isMended { open += 1 }
      await network.step()
      if !isMended { open += 1 }
    }
  }

  /// An actor is reentered while it opens a connection that it has not counted.
  private static func poolOvershoot(_ tasks: Int) -> BugProgram {
    BugProgram("poolovershoot_\(tasks)", depth: 2) { isMended in
      let pool = Pool(limit: tasks - 1)
      await withTaskGroup(of: Void.self) { group in
        for _ in 0..<tasks { group.addTask { await pool.connect(isMended: isMended) } }
      }
      let open = await pool.open
      try check(open < tasks, "\(open) connections where \(tasks - 1) may be open")
    }
  }

  /// An order that is sent twice is looked up, charged, and noted too late.
  private static let doubleCharge = BugProgram("doublecharge", depth: 2) { isMended in
    let ledger = Cell<Set<Int>>([])
    let charges = Cell(0)
    let attempt: @Sendable () async -> Void = {
      if isMended {
        guard await ledger.update({ $0.insert(7).inserted }) else { return }
        await charges.update { $0 += 1 }
      } else {
        guard await !ledger.get().contains(7) else { return }
        await charges.update { $0 += 1 }
        await ledger.update { _ = $0.insert(7) }
      }
    }
    async let first: Void = attempt()
    async let second: Void = attempt()
    _ = await (first, second)
    let count = await charges.get()
    try check(count == 1, "charged \(count) times")
  }

  /// An auditor adds up two accounts while money is on its way between them.
  private static let audit = BugProgram("audit", depth: 2) { isMended in
    let accounts = Cell([60, 40])
    let (first, second) = (Cell(60), Cell(40))
    async let transfer: Void = {
      if isMended {
        await accounts.update {
          $0[0] -= 25
          $0[1] += 25
        }
      } else {
        await first.update { $0 -= 25 }
        await second.update { $0 += 25 }
      }
    }()
    async let total: Int = {
      if isMended { return await accounts.get().reduce(0, +) }
      let one = await first.get()
      let other = await second.get()
      return one + other
    }()
    await transfer
    let sum = await total
    try check(sum == 100, "the accounts add up to \(sum)")
  }

  /// A reader puts an old value into the cache after the writer has cleared it.
  private static let staleCache = BugProgram("stalecache", depth: 3) { isMended in
    let database = Cell(1)
    let cache = Cell<(version: Int, value: Int?)>((0, nil))
    async let reading: Void = {
      let version = await cache.get().version
      let value = await database.get()
      await cache.update { if !isMended || $0.version == version { $0.value = value } }
    }()
    async let writing: Void = {
      await database.set(2)
      await cache.update { $0 = ($0.version + 1, nil) }
    }()
    _ = await (reading, writing)
    let cached = await cache.get().value
    try check(cached != 1, "the cache holds what was replaced long ago")
  }
}
