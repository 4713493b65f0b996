import Interleave

/// A program without any concurrency: tasks that are lists of steps, all enabled from the start.
struct MadeUpProgram {
  struct Task {
    var path: String
    /// The function and the executor of each step.
    var steps: [(function: String, executor: String)]
  }

  struct Run {
    var names: [Interleaving.StepName] = []
    var deviations: [Interleaving.Deviation] = []
  }

  var tasks: [Task]
  /// Whether a run fails.
  var fails: ([Interleaving.StepName]) -> Bool

  /// Runs to the end; the baseline goes on with the last task, else takes the first.
  func run(
    choose: (_ count: Int, _ name: (Int) -> Interleaving.StepName) -> Int
  ) -> Run {
    var run = Run()
    var done = tasks.map { _ in 0 }
    var last: Int?
    while true {
      var enabled = tasks.indices.filter { done[$0] < tasks[$0].steps.count }
      guard !enabled.isEmpty else { return run }
      if let last, let index = enabled.firstIndex(of: last) {
        enabled.insert(enabled.remove(at: index), at: 0)
      }
      func name(_ index: Int) -> Interleaving.StepName {
        let task = tasks[enabled[index]]
        let ordinal = done[enabled[index]]
        let (function, executor) = task.steps[ordinal]
        let occurrence = task.steps[..<ordinal].count { $0.function == function }
        return step(task.path, ordinal, function, occurrence, on: executor)
      }
      let pick = enabled.count > 1 ? choose(enabled.count, name) : 0
      if pick != 0 {
        run.deviations.append(
          .init(index: run.names.count, picked: name(pick), passedOver: name(0)))
      }
      run.names.append(name(pick))
      last = enabled[pick]
      done[enabled[pick]] += 1
    }
  }

  /// The entry of a run that takes the picks in turn, then the baseline's.
  func entry(picks: [Int]) -> CorpusEntry {
    var rest = picks[...]
    let run = run { _, _ in rest.popFirst() ?? 0 }
    var entry = bankEntry
    entry.deviations = run.deviations
    return entry
  }

  /// What an entry has come to in this program, and with which strictness it ended.
  func replay(_ entry: CorpusEntry) -> (CorpusVerdict, EntryMatcher.Strictness?) {
    var replay = EntryReplay(entry)
    var last: EntryMatcher.Strictness?
    while var matcher = replay.nextMatcher() {
      last = matcher.strictness
      let run = run { matcher.choose(among: $0, name: $1) }
      let failure = fails(run.names) ? entry.signature : nil
      replay.record(matcher.outcome(ran: run.names), failure: failure)
    }
    return (replay.verdict, last)
  }
}

extension MadeUpProgram {
  static let withdraw = "Bank.withdraw(_:)"

  /// Two tasks that withdraw in two steps each, after steps of another kind.
  static func bank(
    paths: [String] = ["0.0", "0.1"], before: [String] = [], between: [String] = [],
    withdraw: String = withdraw, executor: String = "Bank", others: [Task] = []
  ) -> MadeUpProgram {
    let steps =
      before.map { ($0, "") } + [(withdraw, executor)] + between.map { ($0, "") }
      + [(withdraw, executor)]
    return MadeUpProgram(tasks: others + paths.map { Task(path: $0, steps: steps) }) { names in
      overdraws(names.filter { $0.function == withdraw })
    }
  }

  /// Both have looked at the balance before either has taken from it.
  static func overdraws(_ names: [Interleaving.StepName]) -> Bool {
    names.count == 4 && names[0].task != names[1].task
  }

  /// The entry that the bank's failure leaves.
  static let bankFailure: CorpusEntry = bank(before: ["Teller.greet()"]).entry(picks: [0, 0, 1])
}
