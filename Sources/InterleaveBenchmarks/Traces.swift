import Examples
import Interleave
import InterleaveBugs
import InterleaveEngine

/// Prints, for many programs and rules, a hash of all that could be chosen and of what was.
///
/// Two builds of Interleave that print the same make the same choices of the same steps: that is
/// how to check that a change to the scheduler changed nothing but its speed.
///
/// - Parameter shown: The program whose reports are printed, too.
func printTraces(showing shown: String? = nil) async {
  var traces = TraceTable(shown: shown)
  for program in BugProgram.all + BugProgram.compared {
    await traces.add(program.name, program.body)
    await traces.add(program.name + ", mended", program.mended)
  }
  for program in environmentPrograms { await traces.add(program.name, program.body) }
  for race in SystemRace.all {
    await traces.add(race.name + ", mended", schedules: 100) { await race.inMendedSystem($0) }
  }
  await traces.add("chat load", schedules: 12) {
    await $0.run(named: "chat load") { try await ChatLoad.run(users: 30, messages: 200) }
  }
  print(traces.table)
}

/// A row for each program under each of some rules.
private struct TraceTable {
  private(set) var table = MarkdownTable(
    "program", "rules", "schedules", "steps", "choices", "trace", "outcome")
  /// The program whose reports are printed, too.
  let shown: String?

  private typealias Change = @Sendable (inout FuzzConfiguration) -> Void

  private static let rules: [(name: String, change: Change)] = [
    ("as the runtime", { _ in }),
    ("timers at any time", { $0.time = .adversarial }),
    ("mailboxes in any order", { $0.mailboxes = .unordered }),
    ("tasks are cancelled", { $0.cancellation = .anyTask }),
  ]

  init(shown: String?) {
    self.shown = shown
  }

  mutating func add(
    _ name: String, _ body: @escaping @Sendable () async throws -> Void
  ) async {
    await add(name, schedules: 200) { await $0.run(named: name, body) }
  }

  mutating func add(
    _ name: String, schedules: Int, _ run: (Fuzzer) async -> FuzzOutcome
  ) async {
    for (rules, change) in Self.rules {
      let ledger = TraceLedger()
      var configuration = FuzzConfiguration()
      configuration.schedules = schedules
      configuration.seed = 7
      configuration.corpus = .none
      configuration.shrinking.runs = 100
      configuration.stepLimit = 20_000
      configuration.strategy = .custom("portfolio") { ledger.watching(Portfolio()) }
      change(&configuration)
      let outcome = await run(Fuzzer(configuration))
      var report = outcome.report
      report.elapsed = .zero
      let text = "\(report)" + (outcome.failure.map { $0.text(width: 100) } ?? "")
      if name == shown { print(text) }
      table.add(
        name, rules, "\(report.schedules)", "\(report.steps)", "\(report.choices)",
        String(ledger.hash, radix: 16),
        String(text.utf8.reduce(0) { mix($0, UInt64($1)) }, radix: 16))
    }
  }
}

/// The hash of all choices of a campaign, which one thread at a time adds to.
private final class TraceLedger: @unchecked Sendable {
  private(set) var hash: UInt64 = 0

  func add(_ word: UInt64) { hash = mix(hash, word) }

  func watching(_ strategy: any Strategy) -> any Strategy {
    WatchedStrategy(strategy, ledger: self)
  }
}

/// Lets a strategy choose, and writes down what it was shown and what it chose.
private final class WatchedStrategy: Strategy {
  private let strategy: any Strategy
  private let ledger: TraceLedger

  init(_ strategy: any Strategy, ledger: TraceLedger) {
    self.strategy = strategy
    self.ledger = ledger
  }

  var isExhausted: Bool { strategy.isExhausted }
  var interruptsSteps: Bool { strategy.interruptsSteps }
  var poolWidth: Int? { strategy.poolWidth }
  func begin(_ run: RunStart) { strategy.begin(run) }

  func choose(among steps: EnabledSteps) -> Int {
    for index in 0..<steps.count {
      let step = steps[index]
      ledger.add(step.task)
      ledger.add(UInt64(step.ordinal))
      ledger.add(step.executor)
      ledger.add(UInt64(step.taskNumber) << 32 | UInt64(step.executorNumber))
      ledger.add(
        UInt64(step.priority) << 16 | UInt64(step.reason.rawValue) << 8
          | (step.continuesLastTask ? 1 : 0))
    }
    let choice = strategy.choose(among: steps)
    ledger.add(UInt64(choice))
    return choice
  }

  func end(_ run: RunRecord) {
    for index in 0..<run.stepCount {
      let step = run.step(at: index)
      ledger.add(run.task(step.taskNumber).name)
      ledger.add(step.executor)
    }
    ledger.add(run.signature)
    strategy.end(run)
  }
}
