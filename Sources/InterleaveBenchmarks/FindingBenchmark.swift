import Foundation
import InterleaveAtomicBugs
import InterleaveBugs
import InterleaveEngine

/// Measures how many schedules each strategy needs until it finds each bug.
///
/// The first schedule is the baseline's, as in every campaign.
enum FindingBenchmark {
  typealias NamedStrategy = (name: String, make: @Sendable () -> any Strategy)

  /// The strategies that are compared, by the names that configurations use.
  static let strategies: [NamedStrategy] = [
    ("portfolio", { InShares(Portfolio(), later: { Portfolio(onlyRandom: true) }) }),
    ("randomWalk", { RandomWalk() }),
    ("stratifiedWalk", { StratifiedWalk() }), ("pct", { PCT() }), ("pos", { POS() }),
    ("urw", { URW() }), ("surw", { SURW() }), ("lockstep", { Lockstep() }),
    ("guided", { Guided() }), ("surwNoRepeat", { SURW(repeatsOrders: false) }),
    ("delayBounded", { DelayBounded() }),
    ("preemptionBounded", { PreemptionBounded() }), ("depthFirst", { DepthFirst() }),
  ]

  /// Runs the command; prints to standard output.
  ///
  /// - Parameter arguments: What follows the name of the program.
  /// - Returns: Nothing was wrong.
  static func run(arguments: [String]) async -> Bool {
    do {
      let options = try FindingOptions(arguments)
      // A run of the machine keeps its thread busy for long.
      return try await Task(executorPreference: MachineThread()) {
        switch options.command {
        case .find where options.mended:
          return try MendedTwins.check(options.programs, options.strategies, cap: options.cap)
        case .find: try measure(options)
        case .cost: return try StrategyCost.measure()
        case .needle: try DeepBugs.findNeedle(options)
        case .guided: try DeepBugs.compare(options)
        }
        return true
      }.value
    } catch {
      FileHandle.standardError.write(Data("error: \(error)\n".utf8))
      return false
    }
  }

  /// Counts schedules to the first failure, and prints the table.
  private static func measure(_ options: FindingOptions) throws {
    let hunter = try Hunter()
    let whole = options.programs.filter { $0.need == .nothing }
    let others = options.programs.filter { $0.need != .nothing }
    let groups: [(heading: String, programs: [BugProgram])] = [
      ("Of orders of whole steps:", whole.filter { !$0.isCompared }),
      ("Of a published comparison:", whole.filter(\.isCompared)),
      ("Where steps can be interrupted inside:", others.filter { !$0.hasThreads }),
      ("Of threads:", others.filter(\.hasThreads)),
    ]
    var isFirst = true
    var all = MarkdownTable(FindingTable.columns)
    for (heading, programs) in groups where !programs.isEmpty {
      if programs.contains(where: { $0.need != .nothing }), let obstacle = Interruptions.obstacle {
        FileHandle.standardError.write(
          Data("no step can be interrupted inside: \(obstacle)\n".utf8))
        break
      }
      guard !MarkdownTable.isJSON else {
        table(of: programs, hunter, options).cells.forEach { all.add($0) }
        continue
      }
      if !isFirst { print("\(heading)\n") }
      isFirst = false
      try measure(programs, hunter, options)
    }
    if MarkdownTable.isJSON { print(all) }
  }

  private static func measure(
    _ programs: [BugProgram], _ hunter: Hunter, _ options: FindingOptions
  ) throws {
    let table = table(of: programs, hunter, options) {
      print($0, terminator: "")
      // A row may take long: it is shown at once, in a file too.
      fflush(nil)
    }
    print(table.summary)
  }

  /// Counts schedules to the first failure.
  ///
  /// - Parameter show: Gets the rows of one program after the other.
  static func table(
    of programs: [BugProgram], _ hunter: Hunter, _ options: FindingOptions,
    show: (_ rows: String) -> Void = { _ in }
  ) -> FindingTable {
    var table = FindingTable(cap: options.cap)
    for program in programs {
      hunter.interruptions = program.interruptions
      hunter.variesPoolWidth = BugProgram.starvation.contains { $0.name == program.name }
      for (name, make) in options.strategies {
        let needed = (0..<UInt64(options.seeds)).map { seed in
          hunter.schedules(toFail: program.body, make(), seed: seed, cap: options.cap)
        }
        table.add(program, name, needed)
      }
      show(table.rows(of: program.name))
    }
    return table
  }
}

/// What the command was asked to do.
struct FindingOptions {
  enum Command: String { case find, cost, needle, guided }

  static let usage = """
      find    schedules until each strategy finds each bug of a suite
              [--seeds 50] [--cap 10000] [--only program,…] [--with strategy,…]
              --mended: explore the mended twins instead, in which nothing may be found:
              exhaustively, or where that takes too long cap schedules by each strategy;
              and by each strategy where steps are interrupted inside, everywhere
      needle  schedules until each strategy finds one order of 642; [--seeds 50] [--cap 10000]
      guided  schedules and seconds until the ten deepest bugs are found, at random, by the
              portfolio, and guided; [--seeds 50] [--cap 10000]
      cost    what each strategy costs for each step
    """

  struct Unreadable: Error, CustomStringConvertible {
    let description: String
  }

  var command = Command.find
  var mended = false
  var seeds = 50
  var cap = 10_000
  /// Those that show only at operations on atomics are found where they are named.
  var programs =
    BugProgram.all + BugProgram.compared + BugProgram.inside + BugProgram.threads
  var strategies = FindingBenchmark.strategies

  init(_ arguments: [String]) throws {
    var rest = arguments[...]
    let name = rest.popFirst() ?? ""
    guard let command = Command(rawValue: name) else {
      throw Unreadable(description: "there is no command “\(name)”")
    }
    self.command = command
    while let option = rest.popFirst() {
      switch option {
      case "--mended": mended = true
      case "--seeds": seeds = try Self.number(rest.popFirst(), option)
      case "--cap": cap = try Self.number(rest.popFirst(), option)
      case "--only":
        let names = (rest.popFirst() ?? "").split(separator: ",").map(String.init)
        let known =
          BugProgram.all + BugProgram.compared + BugProgram.inside + BugProgram.insideAtomics
          + BugProgram.starvation + BugProgram.threads + [BugProgram.needle]
        programs = try names.map { name in
          guard let program = known.first(where: { $0.name == name }) else {
            throw Unreadable(
              description: "unknown program \(name): there are \(known.map(\.name))")
          }
          return program
        }
      case "--with":
        let names = (rest.popFirst() ?? "").split(separator: ",").map(String.init)
        strategies = try names.map { name in
          guard let strategy = strategies.first(where: { $0.name == name }) else {
            throw Unreadable(
              description:
                "unknown strategy \(name): there are \(strategies.map(\.name))")
          }
          return strategy
        }
      default: throw Unreadable(description: "unknown option \(option)")
      }
    }
  }

  static func number(_ text: String?, _ option: String, atLeast least: Int = 1) throws -> Int {
    guard let text, let number = Int(text), number >= least else {
      throw Unreadable(
        description: "`\(option)` must be at least \(least) (was \(text ?? "missing"))")
    }
    return number
  }
}

/// Runs programs under strategies until they fail.
final class Hunter {
  private let machine: Machine
  private let outcome = Outcome()

  /// What the root task of a run came to; used on one thread.
  private final class Outcome: @unchecked Sendable {
    var failure: String?
  }

  init() throws {
    machine = try Machine(settings: MachineSettings())
  }

  /// Where steps can be interrupted inside.
  var interruptions: Interruptions {
    get { machine.settings.interruptions }
    set { machine.settings.interruptions = newValue }
  }

  /// A strategy may give the pool few threads in some runs.
  var variesPoolWidth: Bool {
    get { machine.settings.variesPoolWidth }
    set { machine.settings.variesPoolWidth = newValue }
  }

  /// Has it noted by what steps may share something unseen; that takes a `SharingWatch`.
  func noteUnseen(_ notes: Bool) { machine.noteUnseen(notes) }

  /// Runs a body until it fails.
  ///
  /// - Returns: How many schedules that took; nil if it did not fail within the
  ///   cap, or the strategy had no more.
  func schedules(
    toFail body: @escaping @Sendable () async throws -> Void, _ strategy: any Strategy,
    seed: UInt64, cap: Int
  ) -> Int? {
    let done = Counter()
    return contained {
      self.search(body, strategy, seed: seed, cap: cap, done)
    } stopped: { _ in
      done.count + 1
    }
  }

  /// How many schedules are over.
  private final class Counter {
    var count = 0
  }

  private func search(
    _ body: @escaping @Sendable () async throws -> Void, _ strategy: any Strategy,
    seed: UInt64, cap: Int, _ done: Counter
  ) -> Int? {
    for index in 0..<cap {
      let start = RunStart(index: index, seed: SplitMix64.seed(seed, stream: UInt64(index)))
      let chosen: any Strategy = index == 0 ? Baseline() : strategy
      var hasFailed = false
      run(body, chosen, start) { machine, reason in
        if index == 0 { strategy.end(machine.record) }
        hasFailed = reason != nil
      }
      if hasFailed { return index + 1 }
      if strategy.isExhausted { return nil }
      done.count += 1
    }
    return nil
  }

  /// Does something with runs; where steps are interrupted inside, one may come to wait for ever.
  ///
  /// - Parameter stopped: What comes of it if a step was stopped.
  func contained<Result>(
    _ work: @escaping () -> Result, stopped: (StepStop) -> Result
  ) -> Result {
    guard interruptions != .never else { return work() }
    switch Containment.run(hangLimit: 20_000_000_000, work) {
    case .finished(let result): return result
    case .stopped(let stop): return stopped(stop)
    }
  }

  /// Runs one schedule of a body.
  ///
  /// - Parameter inspect: Is called before the run is forgotten, with why it failed if it did.
  func run(
    _ body: @escaping @Sendable () async throws -> Void, _ strategy: some Strategy,
    _ start: RunStart, inspect: (Machine, String?) -> Void
  ) {
    outcome.failure = nil
    let end = machine.run(strategy, start) { [outcome] in
      Task(priority: .medium) {
        do { try await body() } catch { outcome.failure = "\(error)" }
      }
    }
    // With the thread sanitizer, races are told that nothing else shows.
    let race = machine.races.first.map { "a data race by \($0.later.frames)" }
    inspect(machine, outcome.failure ?? race ?? (end == .clean ? nil : "the run ended \(end)"))
    machine.finish()
  }

  /// The number of steps of some runs of a body, and the nanoseconds of this thread's
  /// time that they took.
  func time(
    _ body: @escaping @Sendable () async throws -> Void, _ strategy: any Strategy, runs: Int
  ) -> (steps: Int, nanoseconds: UInt64) {
    var steps = 0
    let began = threadTime()
    for index in 0..<runs {
      let start = RunStart(index: index, seed: SplitMix64.seed(7, stream: UInt64(index)))
      _ = machine.run(strategy, start) {
        Task(priority: .medium) { try await body() }
      }
      steps += machine.stepCount
      machine.finish()
    }
    return (steps, threadTime() - began)
  }

  /// The time that this thread has been running for, in nanoseconds.
  private func threadTime() -> UInt64 {
    var time = timespec()
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time)
    return UInt64(time.tv_sec) * 1_000_000_000 + UInt64(time.tv_nsec)
  }
}
