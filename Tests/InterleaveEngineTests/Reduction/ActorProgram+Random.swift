import InterleaveEngine

extension ActorProgram {
  /// A program drawn at random.
  static func random(seed: UInt64) -> ActorProgram {
    var random = SplitMix64(seed: seed)
    let actors = 1 + random.below(3)
    var budget = 4 + random.below(4)
    var program = ActorProgram(actors: actors, root: [])
    program.root = actions(&random, actors, &budget, depth: 0)
    return program
  }

  private static func actions(
    _ random: inout SplitMix64, _ actors: Int, _ budget: inout Int, depth: Int
  ) -> [Action] {
    var list: [Action] = []
    let length = depth == 0 ? 2 + random.below(3) : 1 + random.below(2)
    var handles = 0
    while list.count < length, budget > 0 {
      budget -= 1
      let room = random.below(actors)
      switch random.below(depth < 2 ? 16 : 9) {
      case 0, 1, 2: list.append(.visit(room))
      case 3: list.append(.linger(room))
      case 4: list.append(.pass(room, random.below(actors)))
      case 5: list.append(.check)
      case 6: list.append(random.below(2) == 0 ? .wait(room) : .open(room))
      case 7: list.append(.lock)
      case 8: list.append(.yield)
      case 9, 10, 11:
        list.append(.spawn(actions(&random, actors, &budget, depth: depth + 1)))
        handles += 1
      case 12, 13:
        list.append(.spawnOn(room, actions(&random, actors, &budget, depth: depth + 1)))
        handles += 1
      case 14:
        let left = actions(&random, actors, &budget, depth: depth + 1)
        list.append(.pair(left, actions(&random, actors, &budget, depth: depth + 1)))
      default:
        let left = actions(&random, actors, &budget, depth: depth + 1)
        list.append(.group([left, actions(&random, actors, &budget, depth: depth + 1)]))
      }
      if handles > 0, random.below(3) == 0 {
        list.append(random.below(2) == 0 ? .join : .cancel)
      }
    }
    return list
  }

  /// A program drawn at random whose tasks run on global actors from beginning to end, so that
  /// nothing makes their steps depend on each other but what they share besides.
  static func placed(seed: UInt64) -> ActorProgram {
    var random = SplitMix64(seed: seed)
    var root: [Action] = []
    switch random.below(3) {
    case 0:
      // What tasks share under locks.
      for place in 0..<2 + random.below(2) {
        root.append(.spawnAt(place, (0...random.below(2)).map { _ in shared(&random) }))
      }
    case 1:
      // One task cancels another one, which may have children.
      let looks = random.below(2) == 0 ? [crew(&random, around: 0)] : looking(&random)
      root.append(.spawnAt(0, looks))
      root.append(.spawnAt(1, (random.below(2) == 0 ? [shared(&random)] : []) + [.cancel]))
    default:
      // Children that end on actors of their own.
      root.append(.spawnAt(0, [crew(&random, around: 0)]))
      if random.below(2) == 0 { root.append(.spawnAt(2, [shared(&random)])) }
    }
    root.append(contentsOf: Array(repeating: .join, count: root.count))
    return ActorProgram(actors: 1, root: root)
  }

  /// A program drawn at random whose steps are no wholes: tasks that take locks several times in a
  /// step, cancel each other and resume each other's continuations.
  ///
  /// In one of four, children of a group do, and end in some order.
  static func divided(seed: UInt64) -> ActorProgram {
    var random = SplitMix64(seed: seed)
    var root: [Action] = []
    if seed.isMultiple(of: 4) {
      let parts: [Action] = [.section(0), .section(1), .check, .fire]
      let children = (0..<2).map { _ in [parts[random.below(parts.count)]] }
      return ActorProgram(actors: 1, root: [.group(children), .fire])
    }
    for _ in 0..<1 + random.below(2) {
      let actions = (0..<1 + random.below(2)).map { _ in part(&random) }
      root.append(
        random.below(3) == 0 ? .spawnAt(random.below(3), actions) : .spawn(actions))
    }
    let spawned = root.count
    for _ in 0..<random.below(2 + (spawned == 1 ? 2 : 0)) {
      root.append(random.below(5) == 0 ? .cancel : part(&random))
    }
    root.append(.fire)
    root.append(contentsOf: Array(repeating: .join, count: spawned))
    return ActorProgram(actors: 1, root: root)
  }

  private static func part(_ random: inout SplitMix64) -> Action {
    switch random.below(12) {
    case 0, 1: .section(0)
    case 2, 3: .section(1)
    case 4: .nested
    case 5: .increment
    case 6: .check
    case 7: .visit(0)
    case 8: .pause
    case 9: .pauseOn(0)
    case 10: .fire
    default: .send
    }
  }

  private static func shared(_ random: inout SplitMix64) -> Action {
    [.lock, .lock, .tryLock, .sync, .send, .visit(0)][random.below(6)]
  }

  private static func looking(_ random: inout SplitMix64) -> [Action] {
    let look: [Action] = [[.check], [.check, .visit(0), .check], [.visit(0), .check]][
      random.below(3)]
    return random.below(3) == 0 ? [.handled(look)] : look
  }

  private static func crew(_ random: inout SplitMix64, around place: Int) -> Action {
    let children = (1...1 + random.below(2)).map { step in
      let actions =
        random.below(2) == 0 ? looking(&random) : random.below(2) == 0 ? [shared(&random)] : []
      return Child(place: (place + 3 - step) % 3, actions: actions)
    }
    return .crew(children, meeting: 0, cancels: random.below(2) == 0)
  }
}
