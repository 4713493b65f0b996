extension CorrectProgram {
  /// Steps of actors are interrupted inside: the actor is taken until they are over.
  static let actors = [
    oneOnAnActor, oneOnTheMainActor, oneOnAGlobalActor, setAfterMaking, madeInOrder,
    isolationHolds, accessGoesOn, twoActors, resumedOnActor, leftAndBack, sentInOrder,
  ]

  private static let oneOnAnActor = CorrectProgram("one inside: an actor") {
    let keeper = Keeper()
    try await withThrowingTaskGroup(of: Void.self) { group in
      for _ in 0..<3 { group.addTask { try await keeper.visit() } }
      try await group.waitForAll()
    }
    try await keeper.close(after: 3)
  }

  private static let oneOnTheMainActor = CorrectProgram("one inside: the main actor") {
    let room = Room()
    try await withThrowingTaskGroup(of: Void.self) { group in
      for _ in 0..<3 { group.addTask { @MainActor in try room.visit() } }
      try await group.waitForAll()
    }
    try room.close(after: 3)
  }

  @globalActor private actor Hub {
    static let shared = Hub()
  }

  private static let oneOnAGlobalActor = CorrectProgram("one inside: a global actor") {
    let room = Room()
    try await withThrowingTaskGroup(of: Void.self) { group in
      for _ in 0..<3 { group.addTask { @Hub in try room.visit() } }
      try await group.waitForAll()
    }
    try room.close(after: 3)
  }

  private static let setAfterMaking = CorrectProgram("an actor goes on before what it makes on it")
  {
    let maker = Maker()
    await maker.make()
    try check(await maker.found == 1, "the task came amid its maker's step")
  }

  private static let madeInOrder = CorrectProgram("what an actor makes on itself runs in order") {
    let maker = Maker()
    await maker.makeMany()
    let order = await maker.order
    try check(order == [1, 2, 3], "the order was \(order)")
  }

  private static let isolationHolds = CorrectProgram("isolation is asked for amid steps") {
    let (keeper, other) = (Keeper(), Locked(0))
    await withTaskGroup(of: Void.self) { group in
      group.addTask { await keeper.ask(other) }
      group.addTask { await askMain(other) }
      group.addTask { other { $0 += 1 } }
    }
    try check(other.get() == 5, "\(other.get()) of 5 were counted")
  }

  private struct Counter {
    var value = 0

    mutating func change(_ other: Locked<Int>) {
      value += 1
      other { $0 += 1 }
      other { $0 += 1 }
      value += 1
    }
  }

  private final class Holder: @unchecked Sendable {
    var counter = Counter()
    func change(_ other: Locked<Int>) { counter.change(other) }
  }

  private static let accessGoesOn = CorrectProgram("an access goes on while a step waits") {
    let (one, two, other) = (Holder(), Holder(), Locked(0))
    await both({ one.change(other) }, { two.change(other) })
    try check(one.counter.value == 2 && two.counter.value == 2, "a change was lost")
  }

  private static let twoActors = CorrectProgram("actors call each other, with locks") {
    let (first, second, log) = (Keeper(), Keeper(), Locked(0))
    async let one: Void = first.call(second, log)
    async let other: Void = second.call(first, log)
    _ = await (one, other)
    try check(log.get() == 6, "\(log.get()) of 6 were counted")
  }

  private static let resumedOnActor = CorrectProgram("who is resumed waits for its actor") {
    let keeper = Keeper()
    let waiter = Task { await keeper.wait() }
    while await !keeper.wakes() { await Task.yield() }
    try check(await waiter.value, "who was resumed came amid the resumer's step")
  }

  private static let leftAndBack = CorrectProgram("state is looked at again after an await") {
    let keeper = Keeper()
    await withTaskGroup(of: Void.self) { group in
      for _ in 0..<3 { group.addTask { await keeper.load() } }
    }
    let loads = await keeper.loads
    try check(loads == 1, "it was loaded \(loads) times")
  }

  private static let sentInOrder = CorrectProgram("one task's messages come in order") {
    let maker = Maker()
    let other = Locked(0)
    let sending = Task {
      for number in 1...3 {
        other { $0 += 1 }
        await maker.note(number)
      }
    }
    other { $0 += 1 }
    await sending.value
    let order = await maker.order
    try check(order == [1, 2, 3], "the order was \(order)")
  }
}

@MainActor private func askMain(_ other: Locked<Int>) {
  MainActor.preconditionIsolated()
  other { $0 += 1 }
  MainActor.assumeIsolated { other { $0 += 1 } }
  MainActor.preconditionIsolated()
}

private actor Keeper {
  private let room = Room()
  private var waiter: CheckedContinuation<Void, Never>?
  private var isAmidStep = false
  private var loading: Task<Void, Never>?
  private(set) var loads = 0

  func visit() throws { try room.visit() }
  func close(after visits: Int) throws { try room.close(after: visits) }

  func ask(_ other: Locked<Int>) {
    preconditionIsolated()
    other { $0 += 1 }
    assumeIsolated { _ in other { $0 += 1 } }
    preconditionIsolated()
  }

  func call(_ keeper: Keeper, _ log: Locked<Int>) async {
    log { $0 += 1 }
    await keeper.note(log)
    log { $0 += 1 }
  }

  private func note(_ log: Locked<Int>) { log { $0 += 1 } }

  func wait() async -> Bool {
    await withCheckedContinuation { waiter = $0 }
    return !isAmidStep
  }

  func wakes() -> Bool {
    guard let waiting = waiter else { return false }
    waiter = nil
    isAmidStep = true
    waiting.resume()
    Locked(0).set(1)
    isAmidStep = false
    return true
  }

  func load() async {
    if loading == nil {
      loading = Task {
        loads += 1
        Locked(0).set(1)
      }
    }
    await loading?.value
  }
}

private actor Maker {
  private var value = 0
  private(set) var found = 0
  private(set) var order: [Int] = []

  func make() async {
    let task = Task { found = value }
    Locked(0).set(1)
    Locked(0).set(1)
    value = 1
    await task.value
  }

  func makeMany() async {
    let other = Locked(0)
    let tasks = (1...3).map { number in
      let task = Task {
        order.append(number)
        other { $0 += 1 }
      }
      other { $0 += 1 }
      return task
    }
    for task in tasks { await task.value }
  }

  func note(_ number: Int) { order.append(number) }
}
