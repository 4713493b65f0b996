import InterleaveEngine

extension HuntProgram {
  /// A program drawn at random.
  ///
  /// - Parameter things: What it may share, as places in ``SharedThings/all``.
  static func random(seed: UInt64, of things: [Int]) -> HuntProgram {
    var random = SplitMix64(seed: seed)
    let count = random.below(4) == 0 ? 2 : 1
    let shared = (0..<count).map { _ in things[random.below(things.count)] }
    var drawer = ActionDrawer(
      random: random, things: shared.map { SharedThings.all[$0] }, rooms: 1 + random.below(2))
    let root = drawer.root()
    return HuntProgram(things: shared, rooms: drawer.rooms, root: root)
  }
}

/// Draws what tasks do.
private struct ActionDrawer {
  var random: SplitMix64
  let things: [any SharedThing.Type]
  let rooms: Int
  /// How many actions are left to draw.
  private var budget = 0

  init(random: SplitMix64, things: [any SharedThing.Type], rooms: Int) {
    self.random = random
    self.things = things
    self.rooms = rooms
  }

  /// What waits would wait for ever if the root waited, too.
  private var hasWaits: Bool { things.contains { !$0.waits.isEmpty } }

  mutating func root() -> [HuntAction] {
    budget = 4 + random.below(6)
    var actions: [HuntAction] = []
    while random.below(4) == 0 { actions.append(use()) }
    actions.append(together(depth: 0))
    actions.append(contentsOf: random.below(3) == 0 ? [use()] : [])
    return actions
  }

  private mutating func together(depth: Int) -> HuntAction {
    let launch = HuntLaunch.allCases[random.below(HuntLaunch.allCases.count)]
    let count = depth == 0 ? 2 + random.below(random.below(3) == 0 ? 3 : 1) : 1 + random.below(2)
    var children: [HuntChild] = []
    for number in 0..<count {
      let length = 1 + random.below(3)
      children.append(
        HuntChild(
          place: place(),
          actions: actions(length, older: launch.keepsHandles ? number : 0, depth: depth + 1)))
    }
    var then: [HuntAction] = []
    for type in things where type.operations.contains("drop") && random.below(3) > 0 {
      let thing = things.firstIndex { $0 == type } ?? 0
      then.append(.use(thing: thing, operation: 0))
    }
    while random.below(5) < 2 {
      switch random.below(5) {
      case 0, 1: then.append(launch.keepsHandles ? .cancel(random.below(count)) : .cancelAll)
      case 2: then.append(.yield)
      case 3: then.append(.visit(random.below(rooms)))
      default: then.append(use())
      }
      if launch.keepsHandles, !hasWaits, random.below(6) == 0 {
        then.append(.join(random.below(count)))
      }
    }
    return .together(launch, children, then: then)
  }

  private mutating func place() -> HuntPlace {
    switch random.below(9) {
    case 0, 1: .nowhere
    case 2, 3: .first
    case 4, 5: .second
    case 6: .main
    default: .room(random.below(rooms))
    }
  }

  private mutating func use() -> HuntAction {
    let thing = random.below(things.count)
    return .use(thing: thing, operation: random.below(things[thing].operations.count))
  }

  private mutating func actions(_ length: Int, older: Int, depth: Int) -> [HuntAction] {
    var list: [HuntAction] = []
    while list.count < length, budget > 0 {
      budget -= 1
      switch random.below(20) {
      case 0...7: list.append(use())
      case 8...10: list.append(.visit(random.below(rooms)))
      case 11: list.append(.linger(random.below(rooms)))
      case 12: list.append(.yield)
      case 13: list.append(.check)
      case 14 where older > 0:
        let task = random.below(older)
        list.append([.cancel(task), .look(task), .join(task)][random.below(3)])
      case 15 where random.below(3) == 0: list.append(.fail)
      case 16:
        let thing = random.below(things.count)
        let operation = random.below(things[thing].operations.count)
        list.append(
          .handled(
            thing: thing, operation: operation,
            actions(1 + random.below(2), older: older, depth: depth)))
      case 17 where depth < 2 && budget > 1: list.append(together(depth: depth))
      default:
        let thing = random.below(things.count)
        let waits = things[thing].waits
        list.append(
          waits.isEmpty ? use() : .wait(thing: thing, operation: random.below(waits.count)))
      }
    }
    return list
  }
}

extension HuntLaunch {
  /// Those that are made are told of the tasks that were made before.
  fileprivate var keepsHandles: Bool {
    switch self {
    case .tasks, .detachedTasks, .immediateTasks: true
    default: false
    }
  }
}
