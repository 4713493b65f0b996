import Foundation

@globalActor private actor Hall {
  static let shared = Hall()
}

@globalActor private actor Cellar {
  static let shared = Cellar()
}

@globalActor private actor Attic {
  static let shared = Attic()
}

/// What the tasks of one run of an ``ActorProgram`` share, and how they act.
final class World: Sendable {
  let actors: [Room]
  let notes: Notes
  let lock = NSLock()
  let queue = DispatchQueue(label: "world")
  let locks = [NSLock(), NSLock()]
  let latch = Latch()
  let shared = Notes()
  let letters = AsyncStream.makeStream(of: String.self)

  init(actors: Int, notes: Notes) {
    self.actors = (0..<actors).map { Room("room \($0)", notes) }
    self.notes = notes
  }

  private func underLockIfFree(_ who: String) {
    guard lock.try() else { return }
    defer { lock.unlock() }
    notes.add(who, to: "lock")
  }

  private func underLock(_ number: Int, _ who: String) {
    locks[number].withLock { notes.add(who, to: "lock \(number)") }
  }

  private func nest(_ who: String) {
    locks[0].withLock {
      notes.add(who, to: "lock 0")
      locks[1].withLock { notes.add(who, to: "lock 1") }
    }
  }

  private func increment(_ who: String) {
    let seen = locks[0].withLock { shared.lines["sum"]?.count ?? 0 }
    locks[0].withLock {
      shared.replace(Array(repeating: "", count: seen + 1), at: "sum")
      notes.add("\(who) to \(seen + 1)", to: "sum")
    }
  }

  func underLock(_ who: String) {
    lock.withLock { notes.add(who, to: "lock") }
  }

  /// What a task does on a global actor, where it ends, too.
  private func work<Value: Sendable>(
    _ child: ActorProgram.Child, as who: String, knowing handles: [Task<Void, Never>] = [],
    returning value: Value
  ) -> @isolated(any) @Sendable () async -> Value {
    switch child.place {
    case 0:
      { @Hall in
        await self.perform(child.actions, as: who, knowing: handles, isolation: Hall.shared)
        return value
      }
    case 1:
      { @Cellar in
        await self.perform(child.actions, as: who, knowing: handles, isolation: Cellar.shared)
        return value
      }
    default:
      { @Attic in
        await self.perform(child.actions, as: who, knowing: handles, isolation: Attic.shared)
        return value
      }
    }
  }

  func perform(
    _ actions: [ActorProgram.Action], as who: String, knowing known: [Task<Void, Never>] = [],
    isolation: isolated (any Actor)?
  ) async {
    var handles = known
    for (index, action) in actions.enumerated() {
      let me = "\(who).\(index)"
      switch action {
      case .visit(let room): await actors[room].visit(me)
      case .linger(let room): await actors[room].linger(me)
      case .pass(let room, let other): await actors[room].pass(me, to: actors[other])
      case .spawn(let inner):
        handles.append(Task { await self.perform(inner, as: me, isolation: nil) })
      case .spawnOn(let room, let inner):
        handles.append(await actors[room].spawn(inner, self, as: me))
      case .join: await handles.popLast()?.value
      case .cancel: handles.last?.cancel()
      case .check: notes.add(Task.isCancelled ? "cancelled" : "not", to: me)
      case .pair(let left, let right):
        async let one: Void = perform(left, as: me + "l", isolation: nil)
        async let other: Void = perform(right, as: me + "r", isolation: nil)
        _ = await (one, other)
      case .group(let children):
        await withTaskGroup(of: Int.self) { group in
          for (number, child) in children.enumerated() {
            group.addTask {
              await self.perform(child, as: "\(me)g\(number)", isolation: nil)
              return number
            }
          }
          for await number in group { notes.add("\(number)", to: me) }
        }
      case .wait(let room): await actors[room].wait(me)
      case .open(let room): await actors[room].open(me)
      case .lock: underLock(me)
      case .tryLock:
        underLockIfFree(me)
      case .sync: queue.sync { notes.add(me, to: "queue") }
      case .send: letters.continuation.yield(me)
      case .spawnAt(let place, let inner):
        let child = ActorProgram.Child(place: place, actions: inner)
        handles.append(Task(operation: work(child, as: me, knowing: handles, returning: ())))
      case .crew(let children, let meeting, let cancels):
        await withTaskGroup(of: Int.self) { group in
          for (number, child) in children.enumerated() {
            group.addTask(operation: work(child, as: "\(me)c\(number)", returning: number))
          }
          await actors[meeting].visit(me)
          if cancels { group.cancelAll() }
          while let number = await group.next() { notes.add("\(number)", to: me) }
        }
      case .handled(let inner):
        await withTaskCancellationHandler {
          await perform(inner, as: me, knowing: handles, isolation: isolation)
        } onCancel: {
          underLock(me + "h")
        }
      case .section(let number): underLock(number, me)
      case .nested: nest(me)
      case .increment: increment(me)
      case .pause:
        await latch.wait()
        notes.add("on", to: me)
      case .pauseOn(let room): await actors[room].pause(me, at: latch)
      case .fire: latch.open()
      case .yield: await Task.yield()
      }
    }
  }
}

/// Lets tasks wait until it is open: continuations behind a lock.
final class Latch: @unchecked Sendable {
  private let lock = NSLock()
  private let other = NSLock()
  private var isOpen = false
  private var waiting: [CheckedContinuation<Void, Never>] = []

  /// What a task does that is known to wait, but does not yet: who opens it may come in between.
  enum Pause: Sendable, CaseIterable { case lock, look }

  func wait() async { await withCheckedContinuation { keep($0) } }

  func keep(_ continuation: CheckedContinuation<Void, Never>, _ pause: Pause = .lock) {
    let isOpen = lock.withLock {
      if !self.isOpen { waiting.append(continuation) }
      return self.isOpen
    }
    switch pause {
    case .lock: other.withLock {}
    case .look: _ = Task.isCancelled
    }
    if isOpen { continuation.resume() }
  }

  /// Lets those go on who wait, and tells how many these are.
  @discardableResult func open() -> Int {
    let waiting = lock.withLock {
      isOpen = true
      defer { self.waiting = [] }
      return self.waiting
    }
    for continuation in waiting { continuation.resume() }
    return waiting.count
  }
}
