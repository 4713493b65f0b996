/// A small program over shared things, as data, that runs as real Swift code.
struct HuntProgram: Sendable, Hashable, CustomStringConvertible {
  /// What is shared, as places in ``SharedThings/all``.
  var things: [Int]
  /// How many actors there are.
  var rooms: Int
  /// What the root task does.
  var root: [HuntAction]

  /// Its outcomes under control and those of the real runtime can be the same.
  var isComparable: Bool { things.allSatisfy { SharedThings.all[$0].isComparable } }

  /// By how much fewer runs are made of it.
  var slowness: Int { things.map { SharedThings.all[$0].slowness }.max() ?? 1 }

  /// How many actions there are, all in all.
  var size: Int { root.reduce(0) { $0 + $1.size } }

  var description: String {
    let names = things.map { SharedThings.all[$0].name }
    let shared = names.isEmpty ? "nothing" : names.joined(separator: ", ")
    let lines = root.flatMap { $0.lines(things) }
    return (["shared: \(shared); \(rooms) actors"] + lines).joined(separator: "\n  ")
  }
}

/// Where a task begins.
enum HuntPlace: Sendable, Hashable {
  /// On no actor.
  case nowhere
  /// On a global actor.
  case first
  /// On another global actor.
  case second
  case main
  /// On an actor of the run.
  case room(Int)
}

/// How several tasks are made.
enum HuntLaunch: Sendable, Hashable, CaseIterable {
  case tasks
  case detachedTasks
  case immediateTasks
  case asyncLets
  case group
  case throwingGroup
  case discardingGroup
  case throwingDiscardingGroup
}

/// A task of a program.
struct HuntChild: Sendable, Hashable {
  var place: HuntPlace
  var actions: [HuntAction]
}

/// What a task does.
indirect enum HuntAction: Sendable, Hashable {
  /// Does something with a shared thing.
  case use(thing: Int, operation: Int)
  /// Does something with a shared thing that may suspend the task.
  case wait(thing: Int, operation: Int)
  /// Calls an actor, and notes who called it before.
  case visit(Int)
  /// The same, yields there, and notes it again.
  case linger(Int)
  case yield
  /// Notes whether it was cancelled itself.
  case check
  /// Cancels a task that was made before, if there is one.
  case cancel(Int)
  /// Notes whether a task that was made before was cancelled.
  case look(Int)
  /// Awaits a task that was made before.
  case join(Int)
  /// In the body of a group: cancels its children.
  case cancelAll
  /// Throws.
  case fail
  /// Acts under a cancellation handler that does something with a shared thing.
  case handled(thing: Int, operation: Int, [HuntAction])
  /// Makes tasks, acts beside them, and waits for them.
  case together(HuntLaunch, [HuntChild], then: [HuntAction])
}

extension HuntAction {
  var size: Int {
    switch self {
    case .handled(_, _, let inner): 1 + inner.reduce(0) { $0 + $1.size }
    case .together(_, let children, let then):
      1 + then.reduce(0) { $0 + $1.size }
        + children.reduce(0) { $1.actions.reduce($0) { $0 + $1.size } + 1 }
    default: 1
    }
  }

  /// The action in words.
  ///
  /// - Parameter things: What the program shares.
  func lines(_ things: [Int]) -> [String] {
    switch self {
    case .use(let thing, let operation):
      let type = SharedThings.all[things[thing]]
      return ["\(type.name).\(type.operations[operation])"]
    case .wait(let thing, let operation):
      let type = SharedThings.all[things[thing]]
      return ["await \(type.name).\(type.waits[operation])"]
    case .handled(let thing, let operation, let inner):
      let type = SharedThings.all[things[thing]]
      return ["when cancelled: \(type.name).\(type.operations[operation])"]
        + inner.flatMap { $0.lines(things) }.map { "  " + $0 }
    case .together(let launch, let children, let then):
      var lines = ["\(launch)"]
      for (number, child) in children.enumerated() {
        lines.append("  \(number), on \(child.place):")
        for action in child.actions { lines += action.lines(things).map { "    " + $0 } }
      }
      if !then.isEmpty { lines.append("  beside them:") }
      for action in then { lines += action.lines(things).map { "    " + $0 } }
      return lines
    default: return ["\(self)"]
    }
  }
}
