import InterleaveEngine

@globalActor private actor FirstActor {
  static let shared = FirstActor()
}

@globalActor private actor SecondActor {
  static let shared = SecondActor()
}

/// An actor of a run.
private actor HuntRoom {
  private var last = "nobody"

  func visit(_ who: String) -> String {
    defer { last = who }
    return "after \(last)"
  }

  func linger(_ who: String) async -> String {
    let before = visit(who)
    await Task.yield()
    return before + ", then \(visit(who))"
  }

  func work(_ work: @Sendable (isolated (any Actor)?) async throws -> Void) async throws {
    try await work(self)
  }
}

/// Thrown by ``HuntAction/fail``.
private struct Failed: Error {}

/// One run of a program.
struct HuntWorld: Sendable {
  private let things: [any SharedThing]
  private let rooms: [HuntRoom]

  /// Runs a program once.
  ///
  /// - Parameter jitter: Outside of control, the seed of what takes time; nil under control.
  /// - Returns: What was seen in it.
  static func run(_ program: HuntProgram, jitter: UInt64? = nil) async -> String {
    let world = HuntWorld(program)
    let root = Participant(
      "0", holds: Array(repeating: 0, count: world.things.count),
      heirlooms: world.things.map(\.heirloom), jitter: jitter.map { SplitMix64(seed: $0) })
    do {
      try await world.perform(program.root, by: root, isRoot: true, isolation: nil)
    } catch {
      root.note("threw")
    }
    return root.outcome + "\n" + world.things.map { $0.end() }.joined(separator: " ")
  }

  private init(_ program: HuntProgram) {
    things = program.things.enumerated().map { SharedThings.all[$1].init(place: $0) }
    rooms = (0..<program.rooms).map { _ in HuntRoom() }
  }

  private typealias Work = @isolated(any) @Sendable () async throws -> Void

  /// What a task does, from its beginning to its end.
  private func work(
    _ child: HuntChild, as me: Participant, _ older: [Task<Void, any Error>]
  ) -> Work {
    switch child.place {
    case .nowhere:
      { try await live(child.actions, as: me, older, isolation: nil) }
    case .first:
      { @FirstActor in
        try await live(child.actions, as: me, older, isolation: FirstActor.shared)
      }
    case .second:
      { @SecondActor in
        try await live(child.actions, as: me, older, isolation: SecondActor.shared)
      }
    case .main:
      { @MainActor in
        try await live(child.actions, as: me, older, isolation: MainActor.shared)
      }
    case .room(let room):
      {
        try await rooms[room].work { room in
          try await live(child.actions, as: me, older, isolation: room)
        }
      }
    }
  }

  private func live(
    _ actions: [HuntAction], as me: Participant, _ older: [Task<Void, any Error>],
    isolation: isolated (any Actor)?
  ) async throws {
    defer {
      for thing in things { thing.leave(me) }
      me.heirlooms = []
    }
    try await perform(actions, by: me, older, isolation: isolation)
  }

  private func perform(
    _ actions: [HuntAction], by me: Participant, _ older: [Task<Void, any Error>] = [],
    isRoot: Bool = false, isolation: isolated (any Actor)?
  ) async throws {
    for action in actions {
      me.pause()
      switch action {
      case .use(let thing, let operation):
        me.note(things[thing].use(operation, by: me))
      case .wait(let thing, let operation):
        me.note(await things[thing].wait(operation, by: me, isolation: isolation))
      case .visit(let room): me.note(await rooms[room].visit(me.name))
      case .linger(let room): me.note(await rooms[room].linger(me.name))
      case .yield: await Task.yield()
      case .check: me.note(Task.isCancelled ? "cancelled" : "not")
      case .cancel(let task): if task < older.count { older[task].cancel() }
      case .look(let task):
        if task < older.count { me.note(older[task].isCancelled ? "\(task) is" : "\(task) isn't") }
      case .join(let task):
        if task < older.count { me.note(await older[task].result.word) }
      case .cancelAll: break
      case .fail: throw Failed()
      case .handled(let thing, let operation, let inner):
        let handler = me.child("h", inherits: false)
        try await withTaskCancellationHandler {
          try await perform(inner, by: me, older, isolation: isolation)
        } onCancel: {
          handler.note(things[thing].use(operation, by: handler))
        }
      case .together(let launch, let children, let then):
        try await together(
          launch, children, then: then, by: me, isRoot: isRoot, isolation: isolation)
      }
    }
  }

  /// Makes tasks and waits for them.
  private func together(
    _ launch: HuntLaunch, _ children: [HuntChild], then: [HuntAction],
    by me: Participant, isRoot: Bool, isolation: isolated (any Actor)?
  ) async throws {
    let participants = children.indices.map { me.child(".\($0)") }
    let works = zip(children, participants).map { work($0, as: $1, []) }
    switch launch {
    case .tasks, .detachedTasks, .immediateTasks:
      var tasks: [Task<Void, any Error>] = []
      for (child, participant) in zip(children, participants) {
        let work = work(child, as: participant, tasks)
        switch launch {
        case .detachedTasks: tasks.append(Task.detached(operation: work))
        case .immediateTasks: tasks.append(Task.immediate(operation: work))
        default: tasks.append(Task(operation: work))
        }
        me.pause()
      }
      try await perform(then, by: me, tasks, isolation: isolation)
      if isRoot { release() }
      for task in tasks { me.note(await task.result.word) }
    case .asyncLets:
      try await asyncLets(works[...], then, by: me, isRoot: isRoot, isolation: isolation)
    case .group:
      await withTaskGroup(of: String.self) { group in
        for (number, work) in works.enumerated() {
          group.addTask { await ending(number, work) }
          me.pause()
        }
        await perform(then, by: me, isRoot: isRoot, isolation: isolation) { group.cancelAll() }
        while let ended = await group.next() { me.note(ended) }
      }
    case .throwingGroup:
      try await withThrowingTaskGroup(of: Void.self) { group in
        for work in works {
          group.addTask(operation: work)
          me.pause()
        }
        await perform(then, by: me, isRoot: isRoot, isolation: isolation) { group.cancelAll() }
        try await group.waitForAll()
      }
    case .discardingGroup:
      await withDiscardingTaskGroup { group in
        for (number, work) in works.enumerated() {
          group.addTask { _ = await ending(number, work) }
          me.pause()
        }
        await perform(then, by: me, isRoot: isRoot, isolation: isolation) { group.cancelAll() }
      }
    case .throwingDiscardingGroup:
      try await withThrowingDiscardingTaskGroup { group in
        for work in works {
          group.addTask(operation: work)
          me.pause()
        }
        await perform(then, by: me, isRoot: isRoot, isolation: isolation) { group.cancelAll() }
      }
    }
  }

  /// Does what is to be done in the body of a group, whatever is thrown.
  private func perform(
    _ actions: [HuntAction], by me: Participant, isRoot: Bool, isolation: isolated (any Actor)?,
    cancelAll: () -> Void
  ) async {
    for action in actions {
      if action == .cancelAll { cancelAll() }
      try? await perform([action], by: me, isolation: isolation)
    }
    if isRoot { release() }
  }

  private func asyncLets(
    _ works: ArraySlice<Work>, _ then: [HuntAction], by me: Participant, isRoot: Bool,
    isolation: isolated (any Actor)?
  ) async throws {
    guard let work = works.first else {
      try await perform(then, by: me, isolation: isolation)
      if isRoot { release() }
      return
    }
    async let child: Void = work()
    try await asyncLets(works.dropFirst(), then, by: me, isRoot: isRoot, isolation: isolation)
    try await child
  }

  private func ending(_ number: Int, _ work: Work) async -> String {
    do {
      try await work()
      return "\(number) ended"
    } catch {
      return "\(number) failed"
    }
  }

  private func release() {
    for thing in things { thing.release() }
  }
}

extension Result {
  /// The result in a word.
  fileprivate var word: String {
    switch self {
    case .success: "ended"
    case .failure: "failed"
    }
  }
}
