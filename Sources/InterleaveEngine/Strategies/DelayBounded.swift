/// Tries every schedule that the baseline becomes with a few delays, fewest first.
///
/// Delay-bounded scheduling (Emmi, Qadeer, Rakamarić: "Delay-bounded scheduling",
/// POPL 2011). The baseline is deterministic; at any choice the step that it would
/// take may be passed over for the one after it, which costs one delay. Each
/// schedule is tried once, and all with `d` delays before any with more. A bug
/// that `d` delays bring about is found within about `k^d` runs of `k` choices,
/// however many tasks there are.
public final class DelayBounded: Strategy, PureStrategy {
  private var tree: DelayTree
  private var isRunning = false

  /// Makes a search.
  ///
  /// - Parameter maxDelays: The most delays that a schedule may have, at least 0;
  ///   nil for no limit.
  public init(maxDelays: Int? = nil) {
    precondition((maxDelays ?? 0) >= 0, "`maxDelays` must be at least 0 (was \(maxDelays ?? 0))")
    tree = DelayTree(maxDelays: maxDelays ?? .max)
  }

  public var isExhausted: Bool { tree.isExhausted }
  /// The program under test did something else after the same choices.
  package var hasDiverged: Bool { tree.hasDiverged }

  public func begin(_ run: RunStart) {
    isRunning = true
    tree.begin()
  }

  public func choose(among steps: EnabledSteps) -> Int { tree.choose(count: steps.count) }

  package func decide(at point: some ChoicePoint) -> Int { tree.choose(count: point.count) }

  public func end(_ run: RunRecord) {
    guard isRunning else { return }
    isRunning = false
    tree.end()
  }
}

/// The schedules that a search by delays has tried and those that are left.
///
/// A schedule is the list of its choices; it leads to others with one delay more,
/// at its last delayed choice or any later one. So each comes up exactly once.
struct DelayTree {
  /// A schedule from which others branch off.
  private struct Node {
    /// Each choice's number of steps, and which was taken.
    var counts: [Int32]
    var taken: [Int32]
    /// The first choice that may be delayed once more.
    var first: Int
    var delays: Int
  }

  private let maxDelays: Int
  /// Schedules in the order in which they were tried.
  private var queue: [Node] = []
  private var head = 0
  private var cursor = 0
  private var prefix: [Int32] = []
  private var prefixCounts: [Int32] = []
  private var delays = 0
  private var running = Node(counts: [], taken: [], first: 0, delays: 0)
  /// How many choices the last run had.
  private var length = 0
  /// How many more choices may be kept in memory.
  private var storage: Int
  private var isComplete = true
  private(set) var isExhausted = false
  private(set) var hasDiverged = false

  init(maxDelays: Int, storage: Int = 8_000_000) {
    self.maxDelays = maxDelays
    self.storage = storage
  }

  mutating func begin() {
    running = Node(counts: [], taken: [], first: max(0, prefix.count - 1), delays: delays)
    // Runs are about as long as each other: what is kept of one is asked for at once.
    running.counts.reserveCapacity(length)
    running.taken.reserveCapacity(length)
  }

  mutating func choose(count: Int) -> Int {
    let position = running.taken.count
    var taken: Int32 = 0
    if position < prefix.count {
      if prefixCounts[position] == Int32(count) {
        taken = prefix[position]
      } else {
        hasDiverged = true
        taken = min(prefix[position], Int32(count) - 1)
      }
    }
    running.counts.append(Int32(count))
    running.taken.append(taken)
    return Int(taken)
  }

  /// Ends the run and goes on to the next schedule.
  mutating func end() {
    if running.taken.count < prefix.count { hasDiverged = true }
    length = running.taken.count
    if running.delays < maxDelays {
      storage -= running.taken.count
      if storage >= 0 { queue.append(running) } else { isComplete = false }
    }
    while head < queue.count {
      let node = queue[head]
      cursor = max(cursor, node.first)
      while cursor < node.taken.count {
        let place = cursor
        cursor += 1
        guard node.taken[place] + 1 < node.counts[place] else { continue }
        prefix = Array(node.taken[...place])
        prefix[place] += 1
        prefixCounts = Array(node.counts[...place])
        delays = node.delays + 1
        return
      }
      storage += node.taken.count
      queue[head].taken = []
      queue[head].counts = []
      head += 1
      cursor = 0
    }
    isExhausted = isComplete && !hasDiverged
    prefix = []
    prefixCounts = []
    delays = 0
  }
}
