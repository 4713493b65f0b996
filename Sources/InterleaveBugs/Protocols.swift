extension BugProgram {
  /// Tasks that coordinate by flags and tokens.
  static let protocols = [bluetooth, tokenRing(4), peterson]

  private actor Driver {
    private var pending = 1
    private(set) var isStopping = false
    private(set) var isStopped = false

    func enter() { pending += 1 }
    func enterUnlessStopping() -> Bool {
      guard !isStopping else { return false }
      pending += 1
      return true
    }
    func leave() {
      pending -= 1
      if pending == 0 { isStopped = true }
    }
    func stop() { isStopping = true }
  }

  /// A request enters the driver after it has looked and the driver has stopped.
  private static let bluetooth = BugProgram("bluetooth", depth: 2) { isMended in
    let driver = Driver()
    async let stopping: Void = {
      await driver.stop()
      think()
      await driver.leave()
    }()
    async let ranStopped: Bool = {
      if isMended {
        guard await driver.enterUnlessStopping() else { return false }
      } else {
        guard await !driver.isStopping else { return false }
        think()
        await driver.enter()
      }
      think()
      let isStopped = await driver.isStopped
      think()
      await driver.leave()
      return isStopped
    }()
    await stopping
    try check(await !ranStopped, "a request ran in a driver that had stopped")
  }

  /// A monitor looks at one node after another while the token passes behind it.
  private static func tokenRing(_ count: Int) -> BugProgram {
    BugProgram("tokenring_\(count)", depth: 2) { isMended in
      let nodes = (0..<count).map { Cell($0 == count - 1) }
      let ring = Cell(count - 1)
      async let passing: Void = {
        if isMended {
          await ring.set(0)
        } else {
          await nodes[0].set(true)
          await nodes[count - 1].set(false)
        }
      }()
      async let seen: Bool = {
        if isMended { return await ring.get() >= 0 }
        for node in nodes where await node.get() { return true }
        return false
      }()
      await passing
      try check(await seen, "the monitor would make a second token")
    }
  }

  /// Both sides look at the other's flag before they raise their own.
  private static let peterson = BugProgram("peterson", depth: 2) { isMended in
    let flags = [Cell(false), Cell(false)]
    let inside = Cell(0)
    let met = Cell(false)
    await withTaskGroup(of: Void.self) { group in
      for me in 0..<2 {
        group.addTask {
          if isMended { await flags[me].set(true) }
          guard await !flags[1 - me].get() else {
            if isMended { await flags[me].set(false) }
            return
          }
          if !isMended { await flags[me].set(true) }
          let others = await inside.update { (count: inout Int) -> Int in
            count += 1
            return count - 1
          }
          if others > 0 { await met.set(true) }
          await inside.update { $0 -= 1 }
          await flags[me].set(false)
        }
      }
    }
    try check(await !met.get(), "both sides were inside at once")
  }
}
