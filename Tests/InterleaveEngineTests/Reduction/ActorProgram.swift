import Foundation
import InterleaveEngine

/// A small program of tasks and actors, as data, that runs as real Swift code.
struct ActorProgram: Sendable, CustomStringConvertible {
  /// What a task does, one after the other.
  indirect enum Action: Sendable {
    /// Calls an actor, which notes it.
    case visit(Int)
    /// Calls an actor, which is noted, yields and is noted again.
    case linger(Int)
    /// Calls an actor, which calls another one in between two notes.
    case pass(Int, Int)
    /// Makes a task outside of actors, and keeps its handle.
    case spawn([Action])
    /// Has an actor make a task that belongs to it.
    case spawnOn(Int, [Action])
    /// Awaits the task whose handle was kept last.
    case join
    /// Cancels the task whose handle was kept last.
    case cancel
    /// Notes whether it was cancelled.
    case check
    /// Runs two children at the same time.
    case pair([Action], [Action])
    /// Runs children in a group, and notes in what order they end.
    case group([[Action]])
    /// Waits on a continuation until the gate of an actor is open.
    case wait(Int)
    /// Opens the gate of an actor.
    case open(Int)
    /// Works under a lock that all share.
    case lock
    case yield
  }

  var actors: Int
  var root: [Action]

  var description: String { "\(actors) actors: \(root)" }

  /// Runs the program once, and tells what was seen in it.
  func run(_ notes: Notes) async {
    let world = World(actors: actors, notes: notes)
    await world.perform(root, as: "0")
    for actor in world.actors { await actor.open("end") }
  }
}

/// What was seen in a run, by who saw it.
final class Notes: @unchecked Sendable {
  private(set) var lines: [String: [String]] = [:]

  func add(_ line: String, to place: String) { lines[place, default: []].append(line) }
}

private actor Room {
  let name: String
  let notes: Notes
  private var isOpen = false
  private var waiting: [CheckedContinuation<Void, Never>] = []

  init(_ name: String, _ notes: Notes) {
    self.name = name
    self.notes = notes
  }

  func visit(_ who: String) { notes.add(who, to: name) }

  func linger(_ who: String) async {
    notes.add(who, to: name)
    await Task.yield()
    notes.add(who + "'", to: name)
  }

  func pass(_ who: String, to other: Room) async {
    notes.add(who, to: name)
    await other.visit(who)
    notes.add(who + "'", to: name)
  }

  func spawn(_ actions: [ActorProgram.Action], _ world: World, as who: String) -> Task<Void, Never>
  {
    Task {
      self.notes.add(who, to: self.name)
      await world.perform(actions, as: who)
      self.notes.add(who + "'", to: self.name)
    }
  }

  func wait(_ who: String) async {
    if !isOpen { await withCheckedContinuation { waiting.append($0) } }
    notes.add(who + " in", to: name)
  }

  func open(_ who: String) {
    notes.add(who + " opens", to: name)
    isOpen = true
    for continuation in waiting { continuation.resume() }
    waiting = []
  }
}

private final class World: Sendable {
  let actors: [Room]
  let notes: Notes
  let lock = NSLock()

  init(actors: Int, notes: Notes) {
    self.actors = (0..<actors).map { Room("room \($0)", notes) }
    self.notes = notes
  }

  func underLock(_ who: String) {
    lock.withLock { notes.add(who, to: "lock") }
  }

  func perform(_ actions: [ActorProgram.Action], as who: String) async {
    var handles: [Task<Void, Never>] = []
    for (index, action) in actions.enumerated() {
      let me = "\(who).\(index)"
      switch action {
      case .visit(let room): await actors[room].visit(me)
      case .linger(let room): await actors[room].linger(me)
      case .pass(let room, let other): await actors[room].pass(me, to: actors[other])
      case .spawn(let inner): handles.append(Task { await self.perform(inner, as: me) })
      case .spawnOn(let room, let inner):
        handles.append(await actors[room].spawn(inner, self, as: me))
      case .join: await handles.popLast()?.value
      case .cancel: handles.last?.cancel()
      case .check: notes.add(Task.isCancelled ? "cancelled" : "not", to: me)
      case .pair(let left, let right):
        async let one: Void = perform(left, as: me + "l")
        async let other: Void = perform(right, as: me + "r")
        _ = await (one, other)
      case .group(let children):
        await withTaskGroup(of: Int.self) { group in
          for (number, child) in children.enumerated() {
            group.addTask {
              await self.perform(child, as: "\(me)g\(number)")
              return number
            }
          }
          for await number in group { notes.add("\(number)", to: me) }
        }
      case .wait(let room): await actors[room].wait(me)
      case .open(let room): await actors[room].open(me)
      case .lock: underLock(me)
      case .yield: await Task.yield()
      }
    }
  }
}

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
}
