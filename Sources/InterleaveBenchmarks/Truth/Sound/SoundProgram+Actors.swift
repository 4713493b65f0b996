import Interleave
import Observation

extension SoundProgram {
  /// Programs of actors, and of what runs on the main one.
  static let actors = [
    SoundProgram("two transfers keep the sum") {
      let accounts = [Account(50), Account(50)]
      async let one: Void = transfer(30, from: accounts[0], to: accounts[1])
      async let other: Void = transfer(20, from: accounts[1], to: accounts[0])
      _ = await (one, other)
      try expect(await accounts[0].balance + accounts[1].balance == 100)
    },
    SoundProgram("a load that is under way is joined") {
      let loader = Loader()
      async let one = loader.value()
      async let other = loader.value()
      try expect(await [one, other] == [1, 1])
    },
    SoundProgram("a view model loads once") {
      let model = await ViewModel()
      async let one: Void = model.load()
      async let other: Void = model.load()
      _ = await (one, other)
      try expect(await model.items == [1, 2])
      try expect(await model.loads == 1)
    },
    SoundProgram("what runs on the main actor is one step") {
      let model = await ViewModel()
      await withTaskGroup(of: Void.self) { group in
        for _ in 0..<3 {
          group.addTask { await MainActor.run { model.count += 1 } }
        }
      }
      try expect(await model.count == 3)
    },
    SoundProgram("the state of an actor is checked again after an await") {
      let vault = Vault()
      async let one = vault.withdraw(80)
      async let other = vault.withdraw(80)
      try expect(await [one, other].count { $0 } == 1)
      try expect(await vault.balance == 20)
    },
    SoundProgram("a queue of jobs is worked off in order") {
      let worker = Worker()
      async let noise: Void = Task.yield()
      for number in 0..<3 { await worker.submit(number) }
      await noise
      await worker.drain()
      try expect(await worker.done == [0, 1, 2])
    },
    SoundProgram("what an actor does in one isolated call is not interrupted") {
      let tally = Tally()
      let pairs = PairKeeper()
      await withTaskGroup(of: Void.self) { group in
        for _ in 0..<2 {
          group.addTask {
            await pairs.update { left, right in
              left += 1
              right -= 1
            }
          }
          group.addTask { if await !pairs.isBalanced { await tally.add() } }
        }
      }
      try expect(await tally.value == 0)
    },
    SoundProgram("a global actor keeps its own state whole") {
      async let one: Void = Catalogue.add("a")
      async let other: Void = Catalogue.add("b")
      _ = await (one, other)
      try expect(await Catalogue.removeAll() == ["a", "b"])
    },
    SoundProgram("a weak delegate is called while it lives") {
      let owner = Tally()
      let child = Child(of: owner)
      async let one: Void = child.report()
      async let other: Void = child.report()
      _ = await (one, other)
      try expect(await owner.value == 2)
    },
    SoundProgram("an object that is observed tells of its change") {
      let model = await ViewModel()
      let changes = Locked(0)
      await model.track { changes.with { $0 += 1 } }
      async let one: Void = model.increment()
      async let other: Void = model.increment()
      _ = await (one, other)
      try expect(changes.with { $0 } == 1)
    },
    SoundProgram("a fixture is set up before each test and torn down after it") {
      let database = Database()
      for name in ["one", "two"] {
        await database.open()
        async let write: Void = database.write(name)
        async let read = database.count
        _ = await (write, read)
        try expect(await database.close() == 1)
      }
    },
    SoundProgram("an invariant that holds after every step is not complained of") {
      let account = Account(10)
      always(account) { $0.balance >= 0 }
      async let one: Void = account.take(5)
      async let other: Void = account.take(5)
      _ = await (one, other)
      try expect(await account.balance == 0)
    },
  ]
}

private actor Account {
  private(set) var balance: Int

  init(_ balance: Int) { self.balance = balance }

  func take(_ amount: Int) { balance -= amount }
  func give(_ amount: Int) { balance += amount }
}

private func transfer(_ amount: Int, from one: Account, to other: Account) async {
  await one.take(amount)
  await other.give(amount)
}

private actor Loader {
  private let source = Tally()
  private var loading: Task<Int, Never>?

  func value() async -> Int {
    if let loading { return await loading.value }
    let task = Task { [source] in await source.add() }
    loading = task
    return await task.value
  }
}

@MainActor @Observable private final class ViewModel {
  var items: [Int] = []
  var count = 0
  private(set) var loads = 0
  private var loading: Task<Void, Never>?

  func load() async {
    if loading == nil {
      loading = Task {
        loads += 1
        await Task.yield()
        items = [1, 2]
      }
    }
    await loading?.value
  }

  func increment() { count += 1 }

  func track(_ onChange: @escaping @Sendable () -> Void) {
    withObservationTracking {
      _ = count
    } onChange: {
      onChange()
    }
  }
}

private actor Vault {
  private(set) var balance = 100
  private let log = Tally()

  func withdraw(_ amount: Int) async -> Bool {
    await log.note("wanted \(amount)")
    guard balance >= amount else { return false }
    balance -= amount
    return true
  }
}

private actor Worker {
  private(set) var done: [Int] = []
  private var last: Task<Void, Never>?

  func submit(_ number: Int) {
    last = Task { [last] in
      await last?.value
      await Task.yield()
      done.append(number)
    }
  }

  func drain() async { await last?.value }
}

private actor PairKeeper {
  private var left = 0
  private var right = 0

  var isBalanced: Bool { left + right == 0 }

  func update(_ change: @Sendable (inout Int, inout Int) -> Void) { change(&left, &right) }
}

@globalActor private actor Library {
  static let shared = Library()
}

@Library private enum Catalogue {
  private static var names: Set<String> = []

  static func add(_ name: String) { names.insert(name) }

  static func removeAll() -> Set<String> {
    defer { names = [] }
    return names
  }
}

private actor Child {
  private weak var owner: Tally?

  init(of owner: Tally) { self.owner = owner }

  func report() async { await owner?.add() }
}

private actor Database {
  private var rows: [String]?

  var count: Int { rows?.count ?? 0 }

  func open() { rows = [] }
  func write(_ row: String) { rows?.append(row) }

  func close() -> Int {
    defer { rows = nil }
    return count
  }
}
