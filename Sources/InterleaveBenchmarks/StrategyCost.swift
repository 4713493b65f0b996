import InterleaveBugs
import InterleaveEngine

/// Measures what a strategy itself costs for each step of a run.
enum StrategyCost {
  private static let programs = [("account", 8_000), ("deep_4_4", 1_500), ("reorder_30", 800)]
  /// How often each side is timed; the shortest time counts.
  private static let repetitions = 5
  /// The part of a step that the Swift runtime's own code takes, by callgrind, in the
  /// table of four tasks with five steps.
  private static let runtimeShare = 0.64

  /// Times every strategy on programs of few and of many tasks, and prints a table.
  ///
  /// Each strategy's choices are written down first. Then the same runs are timed
  /// twice: with the strategy, and with a script that reads the choices from a list.
  /// The difference is the strategy's own cost, what it learns after a run included.
  ///
  /// - Returns: No strategy that comes with the portfolio costs more than the runtime.
  static func measure() throws -> Bool {
    let hunter = try Hunter()
    var tooDear: [String] = []
    var table = SlowTable(
      ("program", false), ("strategy", false), ("ns per step, scripted", true),
      ("runtime's share", true), ("strategy's own", true))
    for (name, runs) in programs {
      guard let program = BugProgram.named(name) else { continue }
      for (strategy, make) in FindingBenchmark.strategies {
        let script = Script()
        _ = hunter.time(program.body, Scribe(make(), for: script), runs: runs)
        var scripted = Double.infinity
        var own = Double.infinity
        for _ in 0..<repetitions {
          script.rewind()
          scripted = min(scripted, perStep(hunter.time(program.body, script, runs: runs)))
          own = min(own, perStep(hunter.time(program.body, make(), runs: runs)))
        }
        own = max(0, own - scripted)
        let share = scripted * runtimeShare
        if own > share { tooDear.append("\(strategy) on \(name)") }
        table.add(name, strategy, scripted.fixed(0), share.fixed(0), own.fixed(0))
      }
    }
    table.end([
      tooDear.isEmpty
        ? "no strategy costs more than the runtime's share of a step"
        : "above the runtime's share of a step: \(tooDear.joined(separator: ", "))"
    ])
    return tooDear.isEmpty
  }

  private static func perStep(_ time: (steps: Int, nanoseconds: UInt64)) -> Double {
    Double(time.nanoseconds) / Double(max(1, time.steps))
  }
}

/// Makes choices that were written down before, run after run.
private final class Script: Strategy {
  var choices: [UInt16] = []
  private var next = 0

  func rewind() { next = 0 }
  func begin(_ run: RunStart) {}

  func choose(among steps: EnabledSteps) -> Int {
    next += 1
    return Int(choices[next - 1])
  }
}

/// Lets a strategy choose, and writes down what it chose.
private final class Scribe: Strategy {
  private let strategy: any Strategy
  private let script: Script

  init(_ strategy: any Strategy, for script: Script) {
    self.strategy = strategy
    self.script = script
  }

  var isExhausted: Bool { strategy.isExhausted }
  var interruptsSteps: Bool { strategy.interruptsSteps }
  var poolWidth: Int? { strategy.poolWidth }
  func begin(_ run: RunStart) { strategy.begin(run) }
  func end(_ run: RunRecord) { strategy.end(run) }

  func choose(among steps: EnabledSteps) -> Int {
    let choice = strategy.choose(among: steps)
    script.choices.append(UInt16(choice))
    return choice
  }
}
