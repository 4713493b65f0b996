import InterleaveEngine

/// Runs a ``TaskMix`` step by step as papers describe their strategies.
///
/// It shares no code with what it judges: neither the strategies nor the simulated program,
/// and knows of every step, of those as well at which nothing is to be chosen.
struct ReferenceWalk {
  private let mix: TaskMix
  var random: SplitMix64
  /// The tasks that have a step to take, in the order in which they were made.
  private(set) var ready: [Int] = []
  /// How many steps each task has taken.
  private var taken: [Int: Int] = [:]
  private var order: [Int] = []

  init(_ mix: TaskMix, seed: UInt64) {
    self.mix = mix
    random = SplitMix64(seed: seed)
    let children = Set(mix.births.map(\.child))
    ready = mix.tasks.indices.filter { !children.contains($0) }
  }

  var isOver: Bool { ready.isEmpty }

  /// The executor of a task's next step.
  func executor(of task: Int) -> UInt64 { mix.tasks[task][taken[task] ?? 0] }

  /// The place of a task's next step: the same for tasks that do the same.
  func place(of task: Int) -> [Int] {
    [mix.roles.isEmpty ? task : mix.roles[task], taken[task] ?? 0]
  }

  /// Takes a task's next step.
  mutating func run(_ task: Int) {
    let step = taken[task] ?? 0
    taken[task] = step + 1
    order.append(task)
    if step + 1 == mix.tasks[task].count { ready.removeAll { $0 == task } }
    ready += mix.births.filter { $0.parent == task && $0.step == step }.map(\.child)
  }

  // MARK: Strategies

  private mutating func fraction() -> Double { Double(random.next() >> 11) * 0x1p-53 }

  /// "A randomized scheduler with probabilistic guarantees of finding bugs", figure 3.
  ///
  /// - Parameter depth: nil for 1, 2, …, each half as likely as the one before, at most 6.
  mutating func pct(depth: Int?) -> [Int] {
    // The root takes the first step.
    let steps = mix.tasks.reduce(1) { $0 + $1.count }
    var changes: Set<Int> = []
    for _ in 1..<min(depth ?? drawnDepth(), steps) {
      var change = 1 + random.below(steps)
      while changes.contains(change) { change = 1 + random.below(steps) }
      changes.insert(change)
    }
    var priorities: [Int: Double] = [:]
    var lowered = 0.0
    var number = 1
    while !isOver {
      number += 1
      for task in ready where priorities[task] == nil { priorities[task] = 1 + fraction() }
      var next = highest(priorities)
      if changes.contains(number) {
        lowered += 1
        priorities[next] = -lowered
        next = highest(priorities)
      }
      run(next)
    }
    return order
  }

  private mutating func drawnDepth() -> Int {
    var depth = 1
    while depth < 6, random.below(2) == 0 { depth += 1 }
    return depth
  }

  private func highest(_ priorities: [Int: Double]) -> Int {
    ready.max { priorities[$0, default: 0] < priorities[$1, default: 0] }!
  }

  /// "Partial order aware concurrency sampling", algorithm 2: two steps race if they run on
  /// the same executor.
  mutating func pos() -> [Int] {
    var priorities: [Int: Double] = [:]
    while !isOver {
      for task in ready where priorities[task] == nil { priorities[task] = fraction() }
      let next = highest(priorities)
      for rival in ready where executor(of: rival) == executor(of: next) {
        priorities[rival] = nil
      }
      run(next)
    }
    return order
  }

  /// Each of those that are ready is as likely.
  mutating func randomWalk() -> [Int] {
    while !isOver { run(ready[random.below(ready.count)]) }
    return order
  }

  /// Each place is as likely, and then each task there.
  mutating func stratified() -> [Int] {
    while !isOver {
      let places = Set(ready.map(place)).sorted { $0.lexicographicallyPrecedes($1) }
      let chosen = places[random.below(places.count)]
      let tasks = ready.filter { place(of: $0) == chosen }
      run(tasks[random.below(tasks.count)])
    }
    return order
  }
}

extension TaskMix {
  /// How often each order comes in so many runs of a reference.
  func orders(
    runs: UInt64, _ walk: (inout ReferenceWalk) -> [Int]
  ) -> [[Int]: Int] {
    (0..<runs).reduce(into: [:]) { counts, seed in
      var reference = ReferenceWalk(self, seed: SplitMix64.seed(seed, stream: 77))
      counts[walk(&reference), default: 0] += 1
    }
  }

  /// All orders in which the steps may be taken, on one executor or on all.
  func allOrders(on executor: UInt64? = nil) -> Set<[Int]> {
    var orders: Set<[Int]> = []
    func extend(_ walk: ReferenceWalk, _ order: [Int]) {
      if walk.isOver { orders.insert(order) }
      for task in walk.ready {
        let counts = executor == nil || walk.executor(of: task) == executor
        var next = walk
        next.run(task)
        extend(next, counts ? order + [task] : order)
      }
    }
    extend(ReferenceWalk(self, seed: 0), [])
    return orders
  }
}
