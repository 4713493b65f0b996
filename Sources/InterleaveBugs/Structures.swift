extension BugProgram {
  /// Containers whose operations take more than one step.
  static let structures = [circularBuffer, queue, stack, aba, safeStack]

  /// Two producers read the same end of the buffer, and one overwrites the other.
  private static let circularBuffer = BugProgram("circularbuffer", depth: 2) { isMended in
    let slots = Cell<[Int?]>([nil, nil, nil, nil])
    let end = Cell(0)
    await withTaskGroup(of: Void.self) { group in
      for value in 1...2 {
        group.addTask {
          let place: Int
          if isMended {
            place = await end.update { (end: inout Int) -> Int in
              end += 1
              return end - 1
            }
          } else {
            place = await end.get()
          }
          await slots.update { $0[place % 4] = value }
          if !isMended { await end.set(place + 1) }
        }
      }
    }
    let values = await slots.get().compactMap(\.self)
    try check(Set(values) == [1, 2], "of 2 values the buffer holds \(values.count)")
  }

  /// Two consumers see that there is something, and the second finds it gone.
  private static let queue = BugProgram("queue", depth: 2) { isMended in
    let items = Cell([1])
    let underflows = Cell(0)
    await withTaskGroup(of: Void.self) { group in
      for _ in 0..<2 {
        group.addTask {
          if isMended {
            await items.update { if !$0.isEmpty { $0.removeFirst() } }
          } else if await !items.get().isEmpty {
            let hasTaken = await items.update { (items: inout [Int]) -> Bool in
              guard !items.isEmpty else { return false }
              items.removeFirst()
              return true
            }
            if !hasTaken { await underflows.update { $0 += 1 } }
          }
        }
      }
    }
    try check(await underflows.get() == 0, "an item was taken from an empty queue")
  }

  /// The top moves up before the element is there, and a pop comes between.
  private static let stack = BugProgram("stack", depth: 2) { isMended in
    let top = Cell(0)
    let elements = Cell<[Int?]>([nil, nil])
    let whole = Cell<[Int]>([])
    async let pushing: Void = {
      if isMended {
        await whole.update { $0.append(1) }
      } else {
        let place = await top.update { (top: inout Int) -> Int in
          top += 1
          return top - 1
        }
        await elements.update { $0[place] = 1 }
      }
    }()
    async let sawHole: Bool = {
      if isMended {
        _ = await whole.update { $0.popLast() }
        return false
      }
      let place = await top.update { (top: inout Int) -> Int in
        guard top > 0 else { return -1 }
        top -= 1
        return top
      }
      guard place >= 0 else { return false }
      return await elements.get()[place] == nil
    }()
    await pushing
    try check(await !sawHole, "an element was popped that had not been pushed")
  }

  /// The top of a stack of nodes, with the number of times that it has changed.
  private struct Top: Equatable {
    var node: Int?
    var version = 0
  }

  /// A pop is held up while its node is taken off and put back on another one.
  private static let aba = BugProgram("aba", depth: 3) { isMended in
    let top = Cell(Top(node: 0))
    let next = Cell<[Int?]>([1, 2, nil])
    let replace: @Sendable (Top, Int?) async -> Bool = { old, node in
      await top.update { (top: inout Top) -> Bool in
        guard top.node == old.node, !isMended || top.version == old.version else { return false }
        top = Top(node: node, version: top.version + 1)
        return true
      }
    }
    let pop: @Sendable () async -> Int? = {
      let old = await top.get()
      guard let node = old.node else { return nil }
      let below = await next.get()[node]
      return await replace(old, below) ? node : nil
    }
    async let first: Int? = pop()
    async let owned: [Int] = {
      let (a, b) = (await pop(), await pop())
      guard let a else { return [b].compactMap(\.self) }
      let old = await top.get()
      await next.update { $0[a] = old.node }
      guard await replace(old, a) else { return [a, b].compactMap(\.self) }
      return [b].compactMap(\.self)
    }()
    let taken = await [first].compactMap(\.self) + owned
    var left: [Int] = []
    var node = await top.get().node
    while let current = node, left.count < 4 {
      left.append(current)
      node = await next.get()[current]
    }
    let nodes = taken + left
    try check(Set(nodes).count == nodes.count, "a node is taken and on the stack: \(nodes)")
  }

  /// A free list of indices without locks, whose pops trust a top that came back.
  ///
  /// Three tasks pop and push twice each. A pop that is held up sees the node that
  /// it knows on top again, and puts on top one that another task has meanwhile.
  private static let safeStack = BugProgram("safestack", depth: 5) { isMended in
    let head = Cell(Top(node: 0))
    let next = Cell<[Int?]>([1, nil])
    let owners = Cell([0, 0])
    let isShared = Cell(false)
    let pop: @Sendable () async -> Int? = {
      for _ in 0..<2 {
        let old = await head.get()
        guard let node = old.node else { return nil }
        let below = await next.get()[node]
        let isTaken = await head.update { (head: inout Top) -> Bool in
          guard head.node == node, !isMended || head == old else { return false }
          head = Top(node: below, version: head.version + 1)
          return true
        }
        if isTaken { return node }
      }
      return nil
    }
    let push: @Sendable (Int) async -> Void = { node in
      while true {
        let old = await head.get()
        await next.update { $0[node] = old.node }
        let isDone = await head.update { (head: inout Top) -> Bool in
          guard head.node == old.node, !isMended || head == old else { return false }
          head = Top(node: node, version: head.version + 1)
          return true
        }
        if isDone { return }
      }
    }
    await withTaskGroup(of: Void.self) { group in
      for _ in 0..<3 {
        group.addTask {
          for _ in 0..<2 {
            guard let node = await pop() else { return }
            let others = await owners.update { (owners: inout [Int]) -> Int in
              owners[node] += 1
              return owners[node] - 1
            }
            if others > 0 { await isShared.set(true) }
            await owners.update { $0[node] -= 1 }
            await push(node)
          }
        }
      }
    }
    try check(await !isShared.get(), "one element was popped by two tasks")
  }
}
