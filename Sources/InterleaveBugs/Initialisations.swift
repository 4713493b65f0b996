extension BugProgram {
  /// Something that must be made once is made again, or used before it is.
  static let initialisations = [
    lazyInitialisation, doubleChecked, stampede(3), stampede(5), leaderElection(3),
  ]

  /// Two tasks find nothing made, and each makes its own.
  private static let lazyInitialisation = BugProgram("lazyinit", depth: 2) { isMended in
    let shared = Cell<Int?>(nil)
    let made = Cell(0)
    let obtain: @Sendable () async -> Int = {
      if isMended {
        let new = await made.update { (count: inout Int) -> Int in
          count += 1
          return count
        }
        return await shared.update { (value: inout Int?) -> Int in
          let chosen = value ?? new
          value = chosen
          return chosen
        }
      }
      if let existing = await shared.get() { return existing }
      let new = await made.update { (count: inout Int) -> Int in
        count += 1
        return count
      }
      await shared.set(new)
      return new
    }
    async let first = obtain()
    async let second = obtain()
    let (one, other) = await (first, second)
    try check(one == other, "two tasks use different instances of what is shared")
  }

  /// The flag says that the state is ready before it is.
  private static let doubleChecked = BugProgram("doublechecked", depth: 2) { isMended in
    let lock = AsyncLock()
    let isReady = Cell(false)
    let state = Cell<Int?>(nil)
    let use: @Sendable () async -> Int? = {
      if await !isReady.get() {
        await lock.lock()
        if await !isReady.get() {
          if !isMended { await isReady.set(true) }
          await state.set(42)
          if isMended { await isReady.set(true) }
        }
        await lock.unlock()
      }
      return await state.get()
    }
    async let first = use()
    async let second = use()
    let (one, other) = await (first, second)
    try check(one == 42 && other == 42, "the state was used before it was made")
  }

  private actor Cache {
    private var value: Int?
    private var loading: Task<Int, Never>?
    private(set) var loads = 0
    private let origin = Work()

    func get(isMended: Bool) async -> Int {
      if let value { return value }
      if isMended, let loading { return await loading.value }
      loads += 1
      if isMended {
        let task = Task { [origin] in
          await origin.step()
          return 1
        }
        loading = task
        value = await task.value
        return 1
      }
      await origin.step()
      value = 1
      return 1
    }
  }

  /// All tasks miss the cache before any of them has filled it.
  private static func stampede(_ tasks: Int) -> BugProgram {
    BugProgram("stampede_\(tasks)", depth: tasks) { isMended in
      let cache = Cache()
      await withTaskGroup(of: Void.self) { group in
        for _ in 0..<tasks { group.addTask { _ = await cache.get(isMended: isMended) } }
      }
      let loads = await cache.loads
      try check(loads < tasks, "each of \(tasks) tasks loaded what all share")
    }
  }

  /// Two nodes see no leader, and both proclaim themselves.
  private static func leaderElection(_ nodes: Int) -> BugProgram {
    BugProgram("leaderelection_\(nodes)", depth: 2) { isMended in
      let registry = Cell<Int?>(nil)
      let leaders = Cell(0)
      await withTaskGroup(of: Void.self) { group in
        for node in 0..<nodes {
          group.addTask {
            if isMended {
              guard await registry.exchange(nil, for: node) else { return }
            } else {
              guard await registry.get() == nil else { return }
              await registry.set(node)
            }
            await leaders.update { $0 += 1 }
          }
        }
      }
      let count = await leaders.get()
      try check(count == 1, "\(count) nodes lead")
    }
  }
}
