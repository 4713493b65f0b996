/// Which orders of named points are asked for.
struct OrderPlan: Sendable, Hashable {
  /// Pairs of which the first comes before the second.
  var pairs: [CheckpointOrder] = []
  /// All points, one after the other; a name may stand there several times.
  var sequence: [Checkpoint] = []

  var isEmpty: Bool { pairs.isEmpty && sequence.isEmpty }

  /// The points that are named, each once, in the order in which they are.
  var points: [Checkpoint] {
    var seen: Set<Checkpoint> = []
    return (pairs.flatMap { [$0.earlier, $0.later] } + sequence).filter { seen.insert($0).inserted }
  }

  /// Points of which each must come before the next, and the last before the first.
  ///
  /// - Returns: The first circle, by depth-first search in the order of the pairs; nil where
  ///   nothing contradicts.
  var contradiction: [Checkpoint]? {
    var finished: Set<Checkpoint> = []
    var path: [Checkpoint] = []

    func visit(_ point: Checkpoint) -> [Checkpoint]? {
      if let start = path.firstIndex(of: point) { return Array(path[start...]) }
      guard finished.insert(point).inserted else { return nil }
      path.append(point)
      defer { path.removeLast() }
      for pair in pairs where pair.earlier == point {
        if let found = visit(pair.later) { return found }
      }
      return nil
    }

    for point in points {
      if let found = visit(point) { return found }
    }
    return nil
  }

  /// Checks that the order can be had.
  ///
  /// - Throws: ``ConfigurationError`` with the circle.
  func validate() throws(ConfigurationError) {
    guard let contradiction, let first = contradiction.first else { return }
    let circle = (contradiction + [first]).map(\.description).joined(separator: " < ")
    throw ConfigurationError("the order of checkpoints must not contradict itself (was \(circle))")
  }

  /// The order as it is written.
  var words: String {
    (pairs.isEmpty ? sequence.map(\.description) : pairs.map(\.description))
      .joined(separator: ", ")
  }
}

/// How far an order of named points has come about.
struct OrderState: Sendable {
  private let plan: OrderPlan
  private var passed: Set<Checkpoint> = []
  private var position = 0
  /// A task is on its way through the point of the sequence whose turn it is.
  private var isTaken = false
  /// How many tasks wait at each point.
  private var waiting: [Checkpoint: Int] = [:]
  /// All points at which a task has arrived.
  private(set) var reached: Set<Checkpoint> = []
  /// The order was given up: everything may pass.
  private(set) var isGivenUp = false

  init(_ plan: OrderPlan) {
    self.plan = plan
  }

  mutating func arrive(at point: Checkpoint) {
    reached.insert(point)
    waiting[point, default: 0] += 1
  }

  /// Lets a task that has arrived at a point go on, if the order allows it.
  mutating func admit(_ point: Checkpoint) -> Bool {
    guard isGivenUp || mayPass(point) else { return false }
    waiting[point, default: 1] -= 1
    if turn == point { isTaken = true }
    return true
  }

  private func mayPass(_ point: Checkpoint) -> Bool {
    guard plan.sequence.isEmpty else {
      guard plan.sequence[position...].contains(point) else { return true }
      return turn == point && !isTaken
    }
    return missing(for: point).isEmpty
  }

  /// A task that was let on has passed a point.
  mutating func pass(_ point: Checkpoint) {
    passed.insert(point)
    guard turn == point, isTaken else { return }
    isTaken = false
    position += 1
  }

  mutating func giveUp() { isGivenUp = true }

  /// The point of the sequence that comes next.
  private var turn: Checkpoint? {
    position < plan.sequence.count ? plan.sequence[position] : nil
  }

  /// The points that must be passed before this one may be.
  private func missing(for point: Checkpoint) -> [Checkpoint] {
    guard plan.sequence.isEmpty else { return turn.map { [$0] } ?? [] }
    return plan.pairs.filter { $0.later == point && !passed.contains($0.earlier) }.map(\.earlier)
  }

  /// A task waits for its turn.
  var isHeldUp: Bool { waiting.contains { $0.value > 0 } }

  /// Every point that is named was passed, and so in the order.
  var isMet: Bool {
    !isGivenUp && position == plan.sequence.count
      && plan.pairs.allSatisfy { passed.contains($0.earlier) && passed.contains($0.later) }
  }

  /// What keeps the order from coming about, for people, by point.
  var obstacles: [String] {
    let open =
      plan.sequence.isEmpty ? plan.points.filter { !passed.contains($0) } : turn.map { [$0] } ?? []
    let held = plan.points.filter { waiting[$0, default: 0] > 0 && !missing(for: $0).isEmpty }
    return held.map { point in
      let others = missing(for: point).map(\.description).joined(separator: " and ")
      return "\(point) was reached, and waited for \(others)"
    }
      + open.filter { !reached.contains($0) || waiting[$0, default: 0] == 0 }.map { point in
        reached.contains(point) && !plan.sequence.isEmpty
          ? "\(point) was not reached again" : "\(point) was never reached\(others(than: point))"
      }
  }

  /// Which points were reached in the place of one, which may be misspelt.
  private func others(than point: Checkpoint) -> String {
    guard !reached.contains(point) else { return "" }
    guard !reached.isEmpty else { return ", nor was any other" }
    let names = reached.map(\.description).sorted()
    let told = names.prefix(Self.mostTold).joined(separator: ", ")
    let rest = names.count > Self.mostTold ? " and \(names.count - Self.mostTold) more" : ""
    let unasked = reached.subtracting(plan.points).map(\.name).sorted()
    let meant = Misspelling.suggestion(for: point.name, among: unasked)
    let question = meant.map { "; did you mean \(Checkpoint($0))?" } ?? ""
    return " (reached: \(told)\(rest)\(question))"
  }

  private static let mostTold = 12
}
