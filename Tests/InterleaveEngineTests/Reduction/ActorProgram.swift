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
    /// Works under that lock if it is free.
    case tryLock
    /// Works on a queue that serves as a lock.
    case sync
    /// Puts an element into a stream that all share.
    case send
    /// Makes a task on a global actor, and keeps its handle; it knows those kept before.
    case spawnAt(Int, [Action])
    /// Runs children on global actors in a group, calls an actor, and notes in what order the
    /// children end; where it says so, cancels them first.
    case crew([Child], meeting: Int, cancels: Bool)
    /// Works under one of two locks that all share.
    case section(Int)
    /// Works under the first of these, and in that under the second.
    case nested
    /// Takes what all share out under one lock section, and puts one more back under another.
    case increment
    /// Waits, on no actor, until a latch of locks and continuations is open.
    case pause
    /// Calls an actor, which waits for that between two notes.
    case pauseOn(Int)
    /// Opens that latch for those who wait.
    case fire
    /// Has a cancellation handler note something under the lock while it acts.
    case handled([Action])
    case yield
  }

  /// A child that runs on a global actor.
  struct Child: Sendable {
    var place: Int
    var actions: [Action]
  }

  var actors: Int
  var root: [Action]

  var description: String { "\(actors) actors: \(root)" }

  /// Runs the program once, and tells what was seen in it.
  func run(_ notes: Notes) async {
    let world = World(actors: actors, notes: notes)
    await world.perform(root, as: "0", isolation: nil)
    world.letters.continuation.finish()
    for await letter in world.letters.stream { notes.add(letter, to: "stream") }
    world.latch.open()
    for actor in world.actors { await actor.open("end") }
  }
}

/// What was seen in a run, by who saw it.
final class Notes: @unchecked Sendable {
  private(set) var lines: [String: [String]] = [:]

  func add(_ line: String, to place: String) { lines[place, default: []].append(line) }
  func replace(_ list: [String], at place: String) { lines[place] = list }
}

actor Room {
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

  func pause(_ who: String, at latch: Latch) async {
    notes.add(who, to: name)
    await latch.wait()
    notes.add(who + "'", to: name)
  }

  /// Waits on the actor, for which another one is waiting by then.
  func hold(_ who: String, against other: String, at latch: Latch, _ pause: Latch.Pause) async {
    notes.add(who, to: name)
    let visitor = Task { visit(other) }
    await withCheckedContinuation { latch.keep($0, pause) }
    notes.add(who + "'", to: name)
    await visitor.value
  }

  func spawn(_ actions: [ActorProgram.Action], _ world: World, as who: String) -> Task<Void, Never>
  {
    Task {
      self.notes.add(who, to: self.name)
      await world.perform(actions, as: who, isolation: nil)
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
