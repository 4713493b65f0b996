import Interleave

/// Measures schedules of programs that are two and four times as large as others: what a step
/// costs must not depend on how much lives beside it.
///
/// The caches of a processor hold less and less of what is larger, so that a step may cost twice as
/// much where there is four times as much; to look at all that lives would cost four times as much.
/// The native runtime, which is slowed down as well, is measured beside it.
///
/// What takes too long is measured again, twice at most: other work of the machine may have been in
/// its way.
///
/// - Parameter name: Only programs whose names begin so are measured.
/// - Returns: Four times the size takes at most eight times the time, and 10,000 tasks that are made
///   beside each other at most 0.2 s.
func measureGrowth(only name: String = "") async -> Bool {
  var table = MarkdownTable(
    "program", "size", "steps", "processor, s/schedule", "µs/step", "growth", "native, s",
    "growth")
  var excesses: [String] = []
  for program in Growing.all where program.name.hasPrefix(name) {
    var least: Double?
    var leastNative: Double?
    for size in program.sizes {
      let limit = program.limit(size, after: least)
      let (times, steps) = await program.times(size, within: limit)
      let seconds = times.min() ?? 0
      if seconds > limit {
        let measured = times.map { $0.fixed(4) }.joined(separator: ", ")
        excesses.append(
          "\(program.name), \(size.grouped): \(measured) s, of \(limit.fixed(4)) s at most")
      }
      let native = program.fails ? nil : await program.nativeTime(size)
      least = least ?? seconds
      leastNative = leastNative ?? native
      table.add(
        program.name, size.grouped, steps.grouped, seconds.fixed(4),
        (seconds * 1e6 / Double(max(1, steps))).fixed(2), growth(from: least, to: seconds),
        native.map { $0.fixed(4) } ?? "", growth(from: leastNative, to: native))
    }
  }
  print(table)
  if !excesses.isEmpty {
    print("\nTakes too long each time that it is measured:\n")
    for excess in excesses { print("* \(excess)") }
  }
  return excesses.isEmpty
}

private func growth(from least: Double?, to seconds: Double?) -> String {
  guard let least, let seconds, least != seconds else { return "" }
  return (seconds / least).fixed(1) + "×"
}

/// A program that can be of any size.
struct Growing {
  var name: String
  var sizes: [Int]
  /// It fails, and what is measured is the whole campaign, its report included.
  var fails = false
  /// As many tasks live at the same time.
  var isWide = false
  var body: @Sendable (_ size: Int) async throws -> Void

  static let all: [Growing] = [
    Growing(name: "tasks in one group", sizes: [2_500, 5_000, 10_000], isWide: true) { size in
      await withTaskGroup(of: Void.self) { group in
        let counter = Counter()
        for _ in 0..<size { group.addTask { await counter.add() } }
      }
    },
    Growing(name: "tasks, unstructured", sizes: [2_500, 5_000, 10_000], isWide: true) { size in
      let counter = Counter()
      let tasks = (0..<size).map { _ in Task { await counter.add() } }
      for task in tasks { await task.value }
    },
    Growing(name: "actors", sizes: [250, 500, 1_000]) { size in
      let counters = (0..<size).map { _ in Counter() }
      await withTaskGroup(of: Void.self) { group in
        for counter in counters {
          group.addTask { for _ in 0..<4 { await counter.add() } }
        }
      }
    },
    Growing(name: "steps", sizes: [25_000, 50_000, 100_000]) { size in
      let counter = Counter()
      await withTaskGroup(of: Void.self) { group in
        for _ in 0..<4 {
          group.addTask { for _ in 0..<size / 8 { await counter.add() } }
        }
      }
    },
    Growing(name: "timers", sizes: [2_500, 5_000, 10_000], isWide: true) { size in
      await withTaskGroup(of: Void.self) { group in
        for number in 0..<size {
          group.addTask { try? await Task.sleep(for: .milliseconds(number % 1_000)) }
        }
      }
    },
    Growing(name: "nested async calls", sizes: [2_500, 5_000, 10_000]) { size in
      let counter = Counter()
      async let other: Void = counter.add()
      await nest(size, counter)
      await other
    },
    Growing(name: "waiting continuations", sizes: [2_500, 5_000, 10_000], isWide: true) { size in
      let gate = OpenLate()
      await withTaskGroup(of: Void.self) { group in
        for _ in 0..<size { group.addTask { await gate.wait() } }
        await gate.open(after: size)
      }
    },
    Growing(name: "failing: an error", sizes: [2_500, 5_000, 10_000], fails: true) { size in
      let counter = Counter()
      await withTaskGroup(of: Void.self) { group in
        for _ in 0..<size { group.addTask { await counter.add() } }
      }
      throw TooMany()
    },
    Growing(name: "failing: a deadlock", sizes: [2_500, 5_000, 10_000], fails: true) { size in
      let gate = OpenLate()
      await withTaskGroup(of: Void.self) { group in
        for _ in 0..<size { group.addTask { await gate.wait() } }
      }
    },
    Growing(name: "failing: a leak", sizes: [2_500, 5_000, 10_000], fails: true) { size in
      let gate = OpenLate()
      for _ in 0..<size { Task { await gate.wait() } }
    },
  ]

  /// The most seconds that a schedule may take.
  ///
  /// - Parameter least: How many it takes at the first of the sizes; nil for that one.
  func limit(_ size: Int, after least: Double?) -> Double {
    let ofItself = isWide && size == 10_000 ? 0.2 : .infinity
    guard let least else { return ofItself }
    // Short times are not sharp enough for a verdict.
    return min(ofItself, max(0.02, 2 * Double(size) / Double(sizes[0]) * least))
  }

  /// The processor times of a schedule until one is within the limit, three at most; and its steps.
  func times(_ size: Int, within limit: Double) async -> (seconds: [Double], steps: Int) {
    var (seconds, steps) = ([Double](), 0)
    repeat {
      let measured = await time(size)
      seconds.append(measured.seconds)
      steps = measured.steps
    } while seconds.count < 3 && seconds.last! > limit
    return (seconds, steps)
  }

  /// The processor time of a run by the native runtime, of a program that does not fail.
  func nativeTime(_ size: Int) async -> Double {
    let runs = 4
    let start = processorTime()
    for _ in 0..<runs {
      do {
        try await body(size)
      } catch {
        preconditionFailure("\(name): \(error)")
      }
    }
    return (processorTime() - start) / Double(runs)
  }

  /// The processor time of a schedule, and its steps.
  func time(_ size: Int) async -> (seconds: Double, steps: Int) {
    var configuration = FuzzConfiguration()
    configuration.seed = 1
    configuration.corpus = .none
    configuration.stepLimit = 10_000_000
    configuration.strategy = .randomWalk
    configuration.interruptions = .never
    let start = processorTime()
    if fails {
      configuration.schedules = 1
      configuration.shrinking.runs = 0
      let outcome = await Fuzzer(configuration).run(named: name) { try await body(size) }
      let length = outcome.failure?.description.utf8.count ?? 0
      let spent = processorTime() - start
      precondition(length > 0, "\(name) passed")
      return (spent, outcome.failure?.interleaving.wholeSteps ?? 0)
    }
    configuration.schedules = 4
    let outcome = await Fuzzer(configuration).run(named: name) { try await body(size) }
    let spent = processorTime() - start
    guard case .passed(let report) = outcome else { preconditionFailure("\(name): \(outcome)") }
    return (spent / Double(report.schedules), report.steps / report.schedules)
  }
}

private struct TooMany: Error {}

private actor Counter {
  private var count = 0

  private func increment() { count += 1 }

  /// Counts, and comes back.
  nonisolated func add() async {
    await increment()
    // A call that the compiler must not leave out needs the task to be back.
    _ = withUnsafeCurrentTask { $0?.isCancelled }
  }
}

private actor OpenLate {
  private var waiting: [CheckedContinuation<Void, Never>] = []
  private var isOpen = false

  func wait() async {
    if !isOpen { await withCheckedContinuation { waiting.append($0) } }
  }

  func open(after count: Int) async {
    while waiting.count < count { await Task.yield() }
    isOpen = true
    for continuation in waiting { continuation.resume() }
    waiting = []
  }
}

private func nest(_ depth: Int, _ counter: Counter) async {
  if depth == 0 { return await counter.add() }
  await nest(depth - 1, counter)
  if depth.isMultiple(of: 4) { await counter.add() }
}
