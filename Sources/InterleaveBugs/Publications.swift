extension BugProgram {
  /// Tasks see one part of a change and not yet the other.
  static let publications = [
    reorder(5), reorder(30), reorder(100), twoStage(5), twoStage(30), twoStage(100), stringBuffer,
    readersWriters, missedEvent,
  ]

  /// The same in the sizes that others have published figures for.
  static let comparedPublications = [reorder(10), twoStage(2)]

  /// Writers set one value and then another; a reader sees only the first.
  private static func reorder(_ tasks: Int) -> BugProgram {
    BugProgram("reorder_\(tasks)", depth: 2) { isMended in
      let (a, b) = (Cell(0), Cell(0))
      try await withThrowingTaskGroup(of: Void.self) { group in
        for _ in 1..<tasks {
          group.addTask {
            await a.set(1)
            await b.set(1)
          }
        }
        group.addTask {
          if isMended {
            let second = await b.get()
            let first = await a.get()
            try check(second == 0 || first == 1, "the second value came before the first")
          } else {
            let first = await a.get()
            let second = await b.get()
            try check(first == 0 || second == 1, "the first value came without the second")
          }
        }
        while let result = await group.nextResult() { try result.get() }
      }
    }
  }

  /// Writers derive a second value from a first; a reader finds it out of date.
  private static func twoStage(_ tasks: Int) -> BugProgram {
    BugProgram("twostage_\(tasks)", depth: 2) { isMended in
      let (source, derived) = (Cell(0), Cell(0))
      let both = Cell((source: 0, derived: 0))
      try await withThrowingTaskGroup(of: Void.self) { group in
        for _ in 1..<tasks {
          group.addTask {
            if isMended {
              await both.set((1, 2))
            } else {
              await source.set(1)
              let value = await source.get()
              await derived.set(value + 1)
            }
          }
        }
        group.addTask {
          if isMended {
            let (value, result) = await both.get()
            try check(value == 0 || result == value + 1, "\(result) is not \(value) + 1")
          } else {
            let value = await source.get()
            guard value != 0 else { return }
            let result = await derived.get()
            try check(result == value + 1, "\(result) is not \(value) + 1")
          }
        }
        while let result = await group.nextResult() { try result.get() }
      }
    }
  }

  private actor Text {
    private var characters = Array("concurrent")

    var count: Int { characters.count }
    func removeAll() { characters.removeAll() }
    func prefix(_ length: Int) -> [Character]? {
      length <= characters.count ? Array(characters[..<length]) : nil
    }
    func all() -> [Character] { characters }
  }

  /// One buffer is appended to another while it is emptied.
  private static let stringBuffer = BugProgram("stringbuffer", depth: 2) { isMended in
    let text = Text()
    async let removing: Void = text.removeAll()
    async let appended: [Character]? = {
      if isMended { return await text.all() }
      let length = await text.count
      think()
      return await text.prefix(length)
    }()
    await removing
    try check(await appended != nil, "the characters are gone that were counted")
  }

  private actor Guarded {
    private var readers = 0
    private var isWriting = false

    var isFree: Bool { readers == 0 }
    func enterReading(isMended: Bool) -> Bool {
      if isMended, isWriting { return false }
      readers += 1
      return true
    }
    func leaveReading() { readers -= 1 }
    func enterWriting() -> Bool {
      guard readers == 0 else { return false }
      isWriting = true
      return true
    }
    func leaveWriting() { isWriting = false }
  }

  /// A writer asks whether anybody reads, and a reader comes in meanwhile.
  private static let readersWriters = BugProgram("readerswriters", depth: 3) { isMended in
    let guarded = Guarded()
    let (low, high) = (Cell(0), Cell(0))
    async let writing: Void = {
      guard isMended ? await guarded.enterWriting() : await guarded.isFree else { return }
      think()
      await low.set(1)
      await high.set(1)
      if isMended { await guarded.leaveWriting() }
    }()
    async let isTorn: Bool = {
      guard await guarded.enterReading(isMended: isMended) else { return false }
      think()
      let first = await low.get()
      let second = await high.get()
      await guarded.leaveReading()
      return first != second
    }()
    await writing
    try check(await !isTorn, "the reader saw half of what was written")
  }

  private actor Source {
    private(set) var value = 1
    private var subscriber: (@Sendable (Int) async -> Void)?

    func subscribe(_ subscriber: @escaping @Sendable (Int) async -> Void) -> Int {
      self.subscriber = subscriber
      return value
    }
    func publish(_ value: Int) async {
      self.value = value
      await subscriber?(value)
    }
  }

  /// An event is published after the snapshot and before the subscription.
  private static let missedEvent = BugProgram("missedevent", depth: 3) { isMended in
    let source = Source()
    let view = Cell(0)
    async let publishing: Void = source.publish(2)
    async let subscribing: Void = {
      let snapshot = isMended ? 0 : await source.value
      think()
      if !isMended { await view.set(snapshot) }
      let current = await source.subscribe { event in await view.update { $0 = max($0, event) } }
      if isMended { await view.update { $0 = max($0, current) } }
    }()
    _ = await (publishing, subscribing)
    let seen = await view.get()
    try check(seen == 2, "the subscriber still sees \(seen)")
  }
}
