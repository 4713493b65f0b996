extension BugProgram {
  /// Programs that others have published how many schedules they need for, as far as no other family
  /// has them: of SCTBench (Thomson, Donaldson, Betts: "Concurrency testing using controlled
  /// schedulers", TOPC 2016) and ConVul, as the authors of reads-from fuzzing measured them.
  package static let compared =
    comparedPublications + [workStealQueue, parallelSort, keyrings, sequencerPort]

  // MARK: Work stealing

  /// A queue whose owner works at the tail without a lock, while a thief takes from the head.
  private struct WorkQueue {
    let head = Cell(0)
    let tail = Cell(0)
    let items = Cell<[Int]>([])
    let lock = AsyncLock()

    func push(_ item: Int) async {
      let end = await tail.get()
      await items.update { $0.append(item) }
      await tail.set(end + 1)
    }

    /// What the owner takes: it claims the last item, and looks then whether a thief has done so.
    ///
    /// - Parameter looksFirst: It looks for the thief before it claims the item.
    func pop(looksFirst: Bool) async -> Int? {
      let last = await tail.get() - 1
      let headBefore = looksFirst ? await head.get() : 0
      await tail.set(last)
      if (looksFirst ? headBefore : await head.get()) <= last {
        return await items.get()[last]
      }
      // The thief may have taken the last one: under the lock it stands still.
      await lock.lock()
      let isLeft = await head.get() <= last
      if !isLeft { await tail.set(last + 1) }
      await lock.unlock()
      return isLeft ? await items.get()[last] : nil
    }

    func steal() async -> Int? {
      await lock.lock()
      let first = await head.get()
      await head.set(first + 1)
      let isLeft = await first < tail.get()
      if !isLeft { await head.set(first) }
      await lock.unlock()
      return isLeft ? await items.get()[first] : nil
    }
  }

  /// The owner looks for the thief before it claims the last item, and both take it.
  private static let workStealQueue = BugProgram("workstealqueue", depth: 2) { isMended in
    let queue = WorkQueue()
    async let owned: [Int] = {
      await queue.push(1)
      await queue.push(2)
      var items: [Int] = []
      for _ in 0..<2 {
        if let item = await queue.pop(looksFirst: !isMended) { items.append(item) }
      }
      return items
    }()
    async let stolen: [Int] = {
      var items: [Int] = []
      for _ in 0..<2 {
        if let item = await queue.steal() { items.append(item) }
      }
      return items
    }()
    let items = await owned + stolen
    try check(Set(items).count == items.count, "work was done twice: \(items)")
  }

  // MARK: Sorting

  /// Tasks that sort parts of a row for each other.
  private actor Sorters {
    private struct Sorter {
      var isIdle = true
      var part = 0..<0
    }

    private var sorters: [Sorter]
    private var isOver = false
    private var waiters: [CheckedContinuation<Void, Never>] = []

    init(_ count: Int) {
      sorters = Array(repeating: Sorter(), count: count)
    }

    /// Takes a sorter that is idle, and says that it works.
    ///
    /// - Parameter part: What it shall sort; nil where ``give(_:to:)`` says so.
    func hire(for part: Range<Int>?) -> Int? {
      guard let number = sorters.firstIndex(where: \.isIdle) else { return nil }
      sorters[number].isIdle = false
      if let part { give(part, to: number) }
      return number
    }

    func give(_ part: Range<Int>, to number: Int) {
      sorters[number].part = part
      wakeAll()
    }

    /// What a sorter shall sort, as soon as it is said that it works; nil when all is over.
    func next(_ number: Int) async -> Range<Int>? {
      while sorters[number].isIdle, !isOver {
        await withCheckedContinuation { waiters.append($0) }
      }
      return isOver ? nil : sorters[number].part
    }

    /// A sorter is done; when all are, all is over.
    func rest(_ number: Int) {
      sorters[number] = Sorter()
      isOver = sorters.allSatisfy(\.isIdle)
      if isOver { wakeAll() }
    }

    private func wakeAll() {
      for waiter in waiters { waiter.resume() }
      waiters.removeAll()
    }
  }

  /// It is said that a sorter works before it is said at what, and it looks in between.
  private static let parallelSort = BugProgram("qsort_mt", depth: 2) { isMended in
    let row = Cell([5, 2, 7, 4, 1, 8, 3, 6])
    let sorters = Sorters(2)
    let hire: @Sendable (Range<Int>) async -> Bool = { part in
      if isMended { return await sorters.hire(for: part) != nil }
      guard let number = await sorters.hire(for: nil) else { return false }
      think()
      await sorters.give(part, to: number)
      return true
    }
    _ = await hire(0..<8)
    await withTaskGroup(of: Void.self) { group in
      for number in 0..<2 {
        group.addTask {
          while var part = await sorters.next(number) {
            think()
            while part.count > 2 {
              let middle = part.lowerBound + part.count / 2
              let (low, all) = (part.lowerBound..<middle, part)
              await row.update { row in
                let smallest = row[all].sorted().prefix(low.count)
                row[all].sort { smallest.contains($0) && !smallest.contains($1) }
              }
              if await !hire(low) { await row.update { $0[low].sort() } }
              part = middle..<part.upperBound
            }
            let last = part
            await row.update { $0[last].sort() }
            await sorters.rest(number)
          }
        }
      }
    }
    let sorted = await row.get()
    try check(sorted == Array(1...8), "it was left as \(sorted)")
  }

  // MARK: In kernels

  /// The keyrings of a user, which are made when one is first asked for.
  private struct Keyrings {
    let own = Cell<Int?>(nil)
    let session = Cell<Int?>(nil)
    let lock = AsyncLock()

    /// Makes both unless they are there.
    ///
    /// - Parameter looksAtBoth: That one is there does not say that the other one is.
    func install(looksAtBoth: Bool) async {
      if await own.get() != nil {
        guard looksAtBoth else { return }
        if await session.get() != nil { return }
      }
      await lock.lock()
      if await own.get() == nil {
        await own.set(1)
        await session.set(2)
      }
      await lock.unlock()
    }
  }

  /// CVE-2013-1792: the first keyring of a user is there, so that the second is taken to be, too.
  private static let keyrings = BugProgram("cve_2013_1792", depth: 2) { isMended in
    let keyrings = Keyrings()
    let read: @Sendable () async -> Int? = {
      await keyrings.install(looksAtBoth: isMended)
      return await keyrings.session.get()
    }
    async let first = read()
    async let second = read()
    let (one, other) = await (first, second)
    try check(one != nil && other != nil, "a keyring was read that had not been made")
  }

  /// The ports of a sequencer, which clients make and delete.
  private actor Ports {
    private struct Port {
      var name = ""
      var isInUse = false
      var isFreed = false
    }

    private var ports: [Port] = []
    private var listed: [Int] = []
    private var deleting: CheckedContinuation<Void, Never>?
    private(set) var wasUsedFreed = false

    /// Makes a port, which others can find from now on.
    ///
    /// - Parameter holds: Who makes it uses it until it has a name.
    func create(holds: Bool) -> Int {
      ports.append(Port(isInUse: holds))
      listed.append(ports.count - 1)
      return ports.count - 1
    }

    func name(_ port: Int) {
      if ports[port].isFreed { wasUsedFreed = true }
      ports[port].name = "port \(port)"
    }

    func leave(_ port: Int) {
      ports[port].isInUse = false
      deleting?.resume()
      deleting = nil
    }

    var first: Int? { listed.first }
    func unlist(_ port: Int) { listed.removeAll { $0 == port } }

    /// Frees a port once nobody uses it.
    func free(_ port: Int) async {
      if ports[port].isInUse { await withCheckedContinuation { deleting = $0 } }
      ports[port].isFreed = true
    }
  }

  /// CVE-2017-15265: another client deletes a port before who made it has given it a name.
  private static let sequencerPort = BugProgram("cve_2017_15265", depth: 2) { isMended in
    let ports = Ports()
    async let making: Void = {
      let port = await ports.create(holds: isMended)
      think()
      await ports.name(port)
      think()
      if isMended { await ports.leave(port) }
    }()
    async let deleting: Void = {
      guard let port = await ports.first else { return }
      think()
      await ports.unlist(port)
      think()
      await ports.free(port)
    }()
    _ = await (making, deleting)
    try check(await !ports.wasUsedFreed, "a port was given a name after it had been freed")
  }
}
