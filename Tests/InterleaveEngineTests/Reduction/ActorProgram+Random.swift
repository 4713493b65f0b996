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

  /// A program drawn at random whose tasks run on global actors, so that nothing makes their
  /// steps depend on each other but what they share besides.
  static func placed(seed: UInt64) -> ActorProgram {
    var random = SplitMix64(seed: seed)
    var budget = 3 + random.below(3)
    var root: [Action] = []
    let tasks = 2 + random.below(2)
    for place in 0..<tasks {
      root.append(.spawnAt(place, placedActions(&random, &budget, place: place, depth: 1)))
    }
    root.append(contentsOf: placedActions(&random, &budget, place: 3, depth: 1).prefix(1))
    root.append(contentsOf: Array(repeating: .join, count: tasks))
    return ActorProgram(actors: 1, root: root)
  }

  private static func placedActions(
    _ random: inout SplitMix64, _ budget: inout Int, place: Int, depth: Int
  ) -> [Action] {
    var list: [Action] = []
    let length = 1 + random.below(2)
    while list.count < length, budget > 0 {
      budget -= 1
      switch random.below(depth < 2 ? 12 : 9) {
      case 0, 1: list.append(.lock)
      case 2: list.append(.tryLock)
      case 3: list.append(.sync)
      case 4: list.append(.send)
      case 5: list.append(.cancel)
      case 6, 7: list.append(.check)
      case 8: list.append(.visit(0))
      case 9: list.append(.handled(placedActions(&random, &budget, place: place, depth: depth + 1)))
      default:
        let children = (1...2).map { step in
          Child(
            place: (place + step) % 3,
            actions: placedActions(&random, &budget, place: place + step, depth: depth + 1))
        }
        list.append(.crew(children, meeting: 0, cancels: random.below(2) == 0))
      }
    }
    return list
  }
}
