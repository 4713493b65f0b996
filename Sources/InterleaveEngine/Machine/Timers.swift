/// The timers of a run that have not fired, by their deadlines.
///
/// Timers with one deadline keep the order in which they were set. They are a list, and above it
/// are lists of ever fewer of them, so that a place is found without a look at all that come before
/// (Pugh: "Skip lists: a probabilistic alternative to balanced trees", 1990).
struct Timers {
  /// A timer, by the slot in which its job waits.
  struct Timer {
    var slot: Int32
    /// The virtual time at which it is due.
    var deadline: Int64
  }

  private struct Node {
    var deadline: Int64
    /// How many timers were set before.
    var serial: Int
    var slot: Int32
    /// How many lists it is in, from the lowest one up.
    var height: Int32 = 1

    @inline(__always)
    func comes(before other: Node) -> Bool {
      deadline < other.deadline || (deadline == other.deadline && serial < other.serial)
    }
  }

  private struct State {
    var count = 0
    var serial = 0
    /// How many lists are not empty, but for the lowest.
    var height = 1
    /// Draws in how many lists a timer is.
    var random = SplitMix64(seed: 0)
  }

  /// With a fourth of each list in the one above it, enough for some hundred thousand.
  private static let mostLists = 10
  /// It comes before all timers.
  private static let head: Int32 = 0

  private let nodes = Column<Node>()
  /// For each node, which comes next in each of the lists; -1 for none.
  private let links = Column<Int32>()
  private let freeNodes = Column<Int32>()
  /// The node of the timer in each slot.
  private let nodeOfSlot = Column<Int32>()
  /// In each list, the last node before the one that was looked for.
  private let path = Column<Int32>()
  private let state: UnsafeMutablePointer<State>

  init() {
    state = .allocate(capacity: 1)
    state.initialize(to: State())
    path.append(repeating: Self.head, count: Self.mostLists)
    addNode()
  }

  func deallocate() {
    nodes.deallocate()
    links.deallocate()
    freeNodes.deallocate()
    nodeOfSlot.deallocate()
    path.deallocate()
    state.deallocate()
  }

  func removeAll() {
    nodes.removeAll(after: 1)
    links.removeAll()
    links.append(repeating: -1, count: Self.mostLists)
    freeNodes.removeAll()
    nodeOfSlot.removeAll()
    state.pointee = State()
  }

  @inline(__always) var count: Int { state.pointee.count }
  @inline(__always) var isEmpty: Bool { state.pointee.count == 0 }

  /// The one that is due first.
  var first: Timer? {
    let node = next(Self.head, 0)
    return node < 0 ? nil : timer(node)
  }

  func insert(_ slot: Int32, at deadline: Int64) {
    let new = freeNodes.popLast() ?? addNode()
    let node = Node(
      deadline: deadline, serial: state.pointee.serial, slot: slot, height: drawHeight())
    nodes[Int(new)] = node
    findPath(to: node)
    for list in 0..<Int(node.height) {
      setNext(new, list, next(path[list], list))
      setNext(path[list], list, new)
    }
    if nodeOfSlot.count <= Int(slot) {
      nodeOfSlot.append(repeating: -1, count: Int(slot) + 1 - nodeOfSlot.count)
    }
    nodeOfSlot[Int(slot)] = new
    state.pointee.count += 1
    state.pointee.serial += 1
  }

  func remove(_ slot: Int32) {
    precondition(
      Int(slot) < nodeOfSlot.count && nodeOfSlot[Int(slot)] >= 0,
      "a timer that was chosen is not set")
    let old = nodeOfSlot[Int(slot)]
    findPath(to: nodes[Int(old)])
    for list in 0..<Int(nodes[Int(old)].height) {
      setNext(path[list], list, next(old, list))
    }
    nodeOfSlot[Int(slot)] = -1
    freeNodes.append(old)
    state.pointee.count -= 1
  }

  /// How many may fire now: these are the first ones.
  ///
  /// A step may be held up by as much as the stall, and so may the thread that
  /// serves a timer: so a timer may fire if its deadline lies no later than the
  /// stall after the moment since which the oldest waiting job or due timer has
  /// waited.
  ///
  /// - Parameters:
  ///   - time: Which may fire while other work is waiting.
  ///   - lastMoment: The moment after which none fires.
  ///   - oldest: Since when other work has waited; `.max` for none.
  ///   - isIdle: Nothing else could go on.
  func countDue(
    _ time: MachineSettings.Time, upTo lastMoment: Int64, waitingSince oldest: Int64, isIdle: Bool
  ) -> Int {
    guard let first, first.deadline <= lastMoment else { return 0 }
    switch time {
    case .whenIdle: return isIdle ? 1 : 0
    case .adversarial: return 1
    case .asRuntime(let stall):
      // Virtual time never runs back: who began to wait first has waited longest.
      let (limit, overflow) = Swift.min(oldest, first.deadline).addingReportingOverflow(stall)
      var count = 0
      for timer in self {
        guard overflow || timer.deadline <= limit, timer.deadline <= lastMoment else { break }
        count += 1
      }
      return Swift.max(count, isIdle ? 1 : 0)
    }
  }

  // MARK: The lists

  @inline(__always)
  private func next(_ node: Int32, _ list: Int) -> Int32 {
    links[Int(node) * Self.mostLists + list]
  }

  @inline(__always)
  private func setNext(_ node: Int32, _ list: Int, _ next: Int32) {
    links[Int(node) * Self.mostLists + list] = next
  }

  @inline(__always)
  private func timer(_ node: Int32) -> Timer {
    Timer(slot: nodes[Int(node)].slot, deadline: nodes[Int(node)].deadline)
  }

  @discardableResult
  private func addNode() -> Int32 {
    nodes.append(Node(deadline: 0, serial: 0, slot: -1))
    links.append(repeating: -1, count: Self.mostLists)
    return Int32(nodes.count - 1)
  }

  private func drawHeight() -> Int32 {
    let height = Swift.min(
      Self.mostLists, 1 + state.pointee.random.next().trailingZeroBitCount / 2)
    state.pointee.height = Swift.max(state.pointee.height, height)
    return Int32(height)
  }

  private func findPath(to node: Node) {
    var last = Self.head
    for list in stride(from: state.pointee.height - 1, through: 0, by: -1) {
      var after = next(last, list)
      while after >= 0, nodes[Int(after)].comes(before: node) {
        last = after
        after = next(last, list)
      }
      path[list] = last
    }
  }
}

/// In the order of their deadlines.
extension Timers: Sequence {
  struct Iterator: IteratorProtocol {
    fileprivate let timers: Timers
    fileprivate var node: Int32

    @inline(__always)
    mutating func next() -> Timer? {
      node = timers.next(node, 0)
      return node < 0 ? nil : timers.timer(node)
    }
  }

  func makeIterator() -> Iterator { Iterator(timers: self, node: Self.head) }
}
