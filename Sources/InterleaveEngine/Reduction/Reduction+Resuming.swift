/// A search that ends before it has tried everything, and goes on in another process.
extension ReductionTree {
  /// What the steps touched that the first run is to follow, in the process that left the tree.
  struct Resumption: Sendable {
    var accesses: [[Access]]
    /// The names in this process of what was made outside of runs.
    var names: [UInt64: UInt64] = [:]
    /// The first run went on as those of the other process did.
    var isAccepted = false
  }

  /// Compares a step of the first run with what it touched in the other process.
  ///
  /// - Returns: Whether the run goes on.
  mutating func resume(_ new: [Access], at position: Int) -> Bool {
    guard var resumption, !resumption.isAccepted else { return true }
    if position < resumption.accesses.count {
      let old = resumption.accesses[position]
      guard old.count == new.count,
        zip(old, new).allSatisfy({ $0.isSame(as: $1, by: &resumption.names) })
      else {
        refuse()
        return false
      }
    }
    resumption.isAccepted = position + 1 >= resumption.accesses.count
    self.resumption = resumption
    if resumption.isAccepted { rename(by: resumption.names) }
    return true
  }

  /// Gives what sleeping steps touched its names in this process.
  private mutating func rename(by names: [UInt64: UInt64]) {
    for node in nodes.indices {
      for sleeper in nodes[node].sleep.indices {
        for access in nodes[node].sleep[sleeper].accesses.indices
        where nodes[node].sleep[sleeper].accesses[access].isOutside {
          if let name = names[nodes[node].sleep[sleeper].accesses[access].object] {
            nodes[node].sleep[sleeper].accesses[access].object = name
          } else {
            nodes[node].sleep[sleeper].isVague = true
          }
        }
      }
    }
  }
}

extension Access {
  /// It is the same in another process, as far as is known.
  fileprivate func isSame(as other: Access, by names: inout [UInt64: UInt64]) -> Bool {
    guard mode == other.mode, isLock == other.isLock, isOutside == other.isOutside else {
      return false
    }
    if isLock { return true }
    guard isOutside else { return object == other.object }
    let name = names[object] ?? other.object
    names[object] = name
    return name == other.object
  }
}

// MARK: - As numbers

extension Reduction {
  /// Whether the program still does what it did for another process.
  package enum Continuation: Sendable {
    /// The search began here.
    case none
    /// The first run has not shown it.
    case open
    /// It does: all that was tried counts.
    case accepted
    /// It does not: nothing that was tried counts.
    case refused
  }

  package var continuation: Continuation {
    guard let resumption = tree.resumption else { return .none }
    if resumption.isAccepted { return .accepted }
    return limits.isEmpty ? .open : .refused
  }

  /// All that it takes to go on in another process of the same program; nil where there is nothing
  /// to go on with.
  package var words: [UInt64]? {
    guard limits.isEmpty, dividedStep == nil, completed > 0,
      continuation != .open
    else { return nil }
    var words = Words()
    words.put(grain == .segments ? 1 : 0)
    words.put(tree.maxSteps)
    words.put(tree.completed)
    words.put(tree.blocked)
    words.put(checked)
    words.put(proved.sorted()) { $0.list.append($1) }
    words.put(tree.nodes) { words, node in
      words.put(node.enabled) { $0.put($1) }
      words.put(node.chosen)
      words.put(node.backtrack) { $0.list.append($1) }
      words.put(node.sleep) { words, sleeper in
        words.put(sleeper.key)
        words.put(sleeper.isVague ? 1 : 0)
        words.put(sleeper.accesses) { $0.put($1) }
      }
    }
    // The last step is one that has not been run.
    words.put(tree.accesses.prefix(max(0, tree.nodes.count - 1))) { words, accesses in
      words.put(accesses) { $0.put($1) }
    }
    return words.list
  }

  /// Goes on with a search of another process.
  ///
  /// - Returns: Nil for what is none.
  package convenience init?(words: [UInt64]) {
    var words = WordReader(words)
    do throws(WordReader.Error) {
      let grain: Grain = try words.number() == 1 ? .segments : .steps
      var tree = ReductionTree(maxSteps: try words.number(), triesAll: grain == .segments)
      tree.completed = try words.number()
      tree.blocked = try words.number()
      let checked = try words.number()
      let proved = try words.all { reader throws(WordReader.Error) in try reader.word() }
      let nodes = try words.all { reader throws(WordReader.Error) in try reader.node() }
      tree.takeOver(nodes)
      let accesses = try words.all { reader throws(WordReader.Error) in
        try reader.all { reader throws(WordReader.Error) in try reader.access() }
      }
      guard words.isOver, accesses.count == max(0, nodes.count - 1) else { return nil }
      // Where nothing is left but to look whether other runs are like those, there is none to compare.
      tree.resumption = ReductionTree.Resumption(accesses: accesses, isAccepted: nodes.isEmpty)
      self.init(tree, grain: grain, proved: Set(proved), checked: checked)
    } catch {
      return nil
    }
  }
}

private struct Words {
  var list: [UInt64] = []

  mutating func put(_ number: Int) { list.append(UInt64(bitPattern: Int64(number))) }

  mutating func put(_ key: StepKey) {
    list.append(key.task)
    put(Int(key.ordinal))
  }

  mutating func put(_ access: Access) {
    list.append(access.object)
    put(Int(access.mode.rawValue) | (access.isLock ? 256 : 0) | (access.isOutside ? 512 : 0))
  }

  mutating func put<Value>(_ values: some Collection<Value>, _ body: (inout Words, Value) -> Void) {
    put(values.count)
    for value in values { body(&self, value) }
  }
}

private struct WordReader {
  /// The list ends too early, or holds a number that means nothing.
  struct Error: Swift.Error {}

  private let list: [UInt64]
  private var position = 0

  init(_ list: [UInt64]) { self.list = list }

  var isOver: Bool { position == list.count }

  mutating func word() throws(Error) -> UInt64 {
    guard position < list.count else { throw Error() }
    defer { position += 1 }
    return list[position]
  }

  /// A number of at least 0.
  mutating func number() throws(Error) -> Int {
    guard let number = Int(exactly: try word()) else { throw Error() }
    return number
  }

  mutating func key() throws(Error) -> StepKey {
    let task = try word()
    guard let ordinal = Int32(exactly: try number()) else { throw Error() }
    return StepKey(task: task, ordinal: ordinal)
  }

  mutating func access() throws(Error) -> Access {
    let object = try word()
    let kind = try number()
    guard let mode = AccessMode(rawValue: UInt8(truncatingIfNeeded: kind)), kind < 1024 else {
      throw Error()
    }
    return Access(object: object, mode: mode, isLock: kind & 256 != 0, isOutside: kind & 512 != 0)
  }

  mutating func node() throws(Error) -> ReductionTree.Node {
    let enabled = try all { reader throws(Error) in try reader.key() }
    let chosen = try key()
    let backtrack = try all { reader throws(Error) in try reader.word() }
    let sleep = try all { reader throws(Error) in try reader.sleeper() }
    return ReductionTree.Node(
      enabled: enabled, chosen: chosen, backtrack: backtrack, sleep: sleep)
  }

  private mutating func sleeper() throws(Error) -> ReductionTree.Sleeper {
    let key = try key()
    let isVague = try number() == 1
    return ReductionTree.Sleeper(
      key: key, accesses: try all { reader throws(Error) in try reader.access() },
      isVague: isVague)
  }

  mutating func all<Value>(
    _ body: (inout WordReader) throws(Error) -> Value
  ) throws(Error) -> [Value] {
    let count = try number()
    // Each takes a word at least.
    guard count <= list.count - position else { throw Error() }
    var values: [Value] = []
    for _ in 0..<count { values.append(try body(&self)) }
    return values
  }
}
