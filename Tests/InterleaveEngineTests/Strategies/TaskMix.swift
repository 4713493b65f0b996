import InterleaveEngine

/// Runs programs whose steps always are the same, and tells the orders that came.
struct TaskMix {
  /// The executors of each task's steps.
  var tasks: [[UInt64]]
  /// What each task does; empty where each does something of its own.
  var roles: [Int] = []
  /// Which task makes which one, in which of its steps; the root makes all others.
  var births: [(parent: Int, step: Int, child: Int)] = []

  var program: SimulatedProgram {
    SimulatedProgram(
      tasks: tasks.enumerated().map { task, executors in
        executors.enumerated().map { step, executor in
          let children = births.filter { $0.parent == task && $0.step == step }.map(\.child)
          return SimulatedProgram.Step(executor: executor, makes: children) { _, _ in true }
        }
      }, roles: roles, variables: []
    ) { _, _ in false }
  }

  /// The numbers of the tasks, 0 for the first, in the order in which they took
  /// their steps on some executor, or on all.
  func order(
    under strategy: any PureStrategy, seed: UInt64, on executor: UInt64? = nil
  ) -> [Int] {
    program.run(strategy, seed: SplitMix64.seed(seed, stream: 3)).schedule.steps.dropFirst()
      .filter { executor == nil || $0.executor == executor }.map { Int($0.key.task) - 1 }
  }

  /// How often each order came in so many runs.
  func orders(
    under strategy: any PureStrategy, runs: UInt64, on executor: UInt64? = nil
  ) -> [[Int]: Int] {
    (0..<runs).reduce(into: [:]) { counts, seed in
      counts[order(under: strategy, seed: seed, on: executor), default: 0] += 1
    }
  }
}
