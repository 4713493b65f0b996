/// Runs programs natively, whose order the rule of enabled steps speaks of, and
/// counts the orders that occur.
///
/// - Returns: Nothing was seen that a controlled run would rule out.
func runStress() async -> Bool {
  var table = MarkdownTable("natively", "runs", "in order", "out of order", "a run allows")
  var isSound = true
  for program in StressProgram.all {
    let (runs, outOfOrder) = await program.stress()
    table.add(
      program.name, runs.grouped, (runs - outOfOrder).grouped, outOfOrder.grouped,
      program.allowsAnyOrder ? "any order" : "in order")
    if outOfOrder > 0, !program.allowsAnyOrder { isSound = false }
  }
  print(table)
  if !isSound { print("\nthe native runtime shows an order that a controlled run rules out") }
  return isSound
}

/// A program that may show its events in order or not.
struct StressProgram: Sendable {
  var name: String
  /// A controlled run of it shows either order.
  var allowsAnyOrder: Bool
  /// How many times it goes on for each call of `run`.
  var batch = 1
  /// Runs it.
  ///
  /// - Returns: How many times something came out of order.
  var run: @Sendable () async -> Int

  private static let duration = Duration.seconds(3)

  /// Runs it for some seconds, beside tasks that keep all threads busy.
  ///
  /// - Returns: How many times it ran, and how many of them were out of order.
  func stress() async -> (runs: Int, outOfOrder: Int) {
    let noise = (0..<3).map { _ in
      Task.detached { while !Task.isCancelled { await Task.yield() } }
    }
    defer { for task in noise { task.cancel() } }
    return await Task.detached {
      let clock = ContinuousClock()
      let end = clock.now + Self.duration
      var (runs, outOfOrder) = (0, 0)
      while clock.now < end {
        outOfOrder += await run()
        runs += batch
      }
      return (runs, outOfOrder)
    }.value
  }
}

/// Counts numbers that do not come in ascending order.
private func descents(_ numbers: [Int]) -> Int {
  zip(numbers, numbers.dropFirst()).count { $0 > $1 }
}

extension StressProgram {
  static let all = [
    StressProgram(name: "tasks made on an actor", allowsAnyOrder: false, batch: 8) {
      let dock = Dock()
      for task in await dock.makeTasks(Array(repeating: nil, count: 8)) { await task.value }
      return descents(await dock.arrivals)
    },
    StressProgram(name: "more urgent task made last", allowsAnyOrder: false) {
      let dock = Dock()
      for task in await dock.makeTasks([.low, .high]) { await task.value }
      return await dock.arrivals == [1, 0] ? 0 : 1
    },
    StressProgram(name: "the same, for an idle global actor", allowsAnyOrder: true) {
      let (corridor, log) = (Corridor(), HubLog())
      for task in await corridor.makeTasks([.low, .high], log) { await task.value }
      return descents(await log.arrivals)
    },
    StressProgram(name: "tasks made for a global actor", allowsAnyOrder: false, batch: 8) {
      let (corridor, log) = (Corridor(), HubLog())
      let tasks = await corridor.makeTasks(Array(repeating: nil, count: 8), log)
      for task in tasks { await task.value }
      return descents(await log.arrivals)
    },
    StressProgram(name: "messages, actor to actor", allowsAnyOrder: false, batch: 200) {
      await messages { corridor, dock in await corridor.pass(to: dock) }
    },
    StressProgram(name: "messages, main actor to actor", allowsAnyOrder: false, batch: 200) {
      await messages { corridor, dock in await passFromMain(corridor, dock) }
    },
    StressProgram(name: "messages, global executor to actor", allowsAnyOrder: true, batch: 200) {
      await messages { corridor, dock in
        let number = await corridor.ticket()
        leaveTheActor()
        await dock.arrive(number)
      }
    },
    StressProgram(name: "continuations of one actor", allowsAnyOrder: true) {
      let (dock, corridor) = (Dock(), Corridor())
      async let first: Void = dock.park(0)
      async let second: Void = dock.park(1)
      await corridor.resume(await dock.bothParked())
      _ = await (first, second)
      return descents(await dock.arrivals)
    },
    StressProgram(name: "urgent task after one that took a free actor", allowsAnyOrder: false) {
      let (corridor, dock) = (Corridor(), Dock())
      let low = Task.detached(priority: .low) { await corridor.pass(to: dock) }
      let high = Task.detached(priority: .high) { await corridor.pass(to: dock) }
      _ = await (low.value, high.value)
      return descents(await dock.arrivals)
    },
  ]

  /// Sends messages from many tasks by way of one actor to another.
  private static func messages(
    _ pass: @escaping @Sendable (Corridor, Dock) async -> Void
  ) async -> Int {
    let (corridor, dock) = (Corridor(), Dock())
    await withTaskGroup(of: Void.self) { group in
      for _ in 0..<8 {
        group.addTask { for _ in 0..<25 { await pass(corridor, dock) } }
      }
    }
    return descents(await dock.arrivals)
  }
}

/// Keeps the compiler from going from actor to actor without a stretch between.
@inline(never)
@_optimize(none)
private func leaveTheActor() {}

@MainActor private var mainTickets = 0

@MainActor private func passFromMain(_ corridor: Corridor, _ dock: Dock) async {
  mainTickets += 1
  await dock.arrive(mainTickets)
}

@globalActor private actor Hub {
  static let shared = Hub()
}

/// What happened on the global actor.
private final class HubLog: Sendable {
  @Hub private(set) var arrivals: [Int] = []

  @Hub func arrive(_ number: Int) { arrivals.append(number) }
}

/// An actor that tasks pass through on their way.
private actor Corridor {
  private var passed = 0

  func ticket() -> Int {
    passed += 1
    return passed
  }

  func pass(to dock: Dock) async { await dock.arrive(ticket()) }

  func makeTasks(_ priorities: [TaskPriority?], _ log: HubLog) -> [Task<Void, Never>] {
    priorities.enumerated().map { number, priority in
      Task(priority: priority) { @Hub in log.arrive(number) }
    }
  }

  func resume(_ continuations: [UnsafeContinuation<Void, Never>]) {
    for continuation in continuations { continuation.resume() }
  }
}

/// An actor at which tasks arrive.
private actor Dock {
  private(set) var arrivals: [Int] = []
  private var parked: [Int: UnsafeContinuation<Void, Never>] = [:]
  private var watcher: UnsafeContinuation<Void, Never>?

  func arrive(_ number: Int) { arrivals.append(number) }

  func makeTasks(_ priorities: [TaskPriority?]) -> [Task<Void, Never>] {
    priorities.enumerated().map { number, priority in
      Task(priority: priority) { arrive(number) }
    }
  }

  func park(_ number: Int) async {
    await withUnsafeContinuation { continuation in
      parked[number] = continuation
      if parked.count == 2 { watcher?.resume() }
    }
    arrivals.append(number)
  }

  func bothParked() async -> [UnsafeContinuation<Void, Never>] {
    if parked.count < 2 { await withUnsafeContinuation { watcher = $0 } }
    return parked.sorted { $0.key < $1.key }.map(\.value)
  }
}
