/// A step that was run, as a strategy sees it.
public struct RanStep: Sendable {
  /// The number of its task in the run.
  public let taskNumber: Int
  /// The executor, as ``EnabledStep/executor`` names it.
  public let executor: UInt64
  /// How many steps of the task ran before.
  public let ordinal: Int

  package init(taskNumber: Int, executor: UInt64, ordinal: Int) {
    self.taskNumber = taskNumber
    self.executor = executor
    self.ordinal = ordinal
  }
}

/// A task of a run, as a strategy sees it.
public struct RunTask: Sendable {
  /// A hash of its path in the tree of task creation.
  public let name: UInt64
  /// The number of the task that made it; nil for the root.
  public let parent: Int?

  package init(name: UInt64, parent: Int?) {
    self.name = name
    self.parent = parent
  }
}

/// What a run has done: the steps that were run and the tasks that were made.
///
/// It is a view of the run's own memory: nothing is copied to make it, and it is
/// valid only during the call that it was passed to.
public struct RunRecord {
  private enum Source {
    case machine(Unmanaged<Machine>)
    case listed(ListedRun)
  }

  private let source: Source

  init(machine: Unmanaged<Machine>) {
    source = .machine(machine)
  }

  package init(_ run: ListedRun) {
    source = .listed(run)
  }

  /// The number of steps that were run.
  public var stepCount: Int {
    switch source {
    case .machine(let machine): machine._withUnsafeGuaranteedRef { $0.stepCount }
    case .listed(let run): run.steps.count
    }
  }

  /// The step at an index below ``stepCount``, in the order in which they ran.
  public func step(at index: Int) -> RanStep {
    switch source {
    case .machine(let machine): machine._withUnsafeGuaranteedRef { $0.ranStep(at: index) }
    case .listed(let run): run.steps[index]
    }
  }

  /// A step with what most ask for who learn from runs.
  struct Visit {
    /// The number of its task, and what that is called.
    var task: Int
    var taskName: UInt64
    /// The number of its executor, and what that is called.
    var executorNumber: Int
    var executor: UInt64
    /// How many steps of the task ran before.
    var ordinal: Int
  }

  /// Calls the body with each step, in the order in which they ran.
  ///
  /// It asks once where things lie, and only for what the body looks at.
  ///
  /// - Parameter isLookedAt: By number of executor, whether the body is to be called with its steps.
  @inline(__always)
  func forEachStep(
    where isLookedAt: (_ executorNumber: Int) -> Bool = { _ in true },
    _ body: (_ index: Int, _ step: Visit) -> Void
  ) {
    switch source {
    case .machine(let machine):
      machine._withUnsafeGuaranteedRef { machine in
        let (steps, tasks, executors) = (
          machine.steps.base, machine.tasks.base, machine.executors.base
        )
        for index in 0..<machine.steps.count {
          let step = steps + index
          let (task, executor) = (Int(step.pointee.task), Int(step.pointee.executor))
          guard isLookedAt(executor) else { continue }
          body(
            index,
            Visit(
              task: task, taskName: tasks[task].name, executorNumber: executor,
              executor: executors[executor].name, ordinal: Int(step.pointee.ordinal)))
        }
      }
    case .listed(let run): forEachStep(of: run, where: isLookedAt, body)
    }
  }

  @inline(never)
  private func forEachStep(
    of run: ListedRun, where isLookedAt: (_ executorNumber: Int) -> Bool,
    _ body: (_ index: Int, _ step: Visit) -> Void
  ) {
    for (index, step) in run.steps.enumerated() {
      let executor = run.number(ofExecutor: step.executor)
      guard isLookedAt(executor) else { continue }
      body(
        index,
        Visit(
          task: step.taskNumber, taskName: run.tasks[step.taskNumber].name,
          executorNumber: executor, executor: step.executor, ordinal: step.ordinal))
    }
  }

  /// No executor of the run has a number as large as this.
  var executorCount: Int {
    switch source {
    case .machine(let machine): machine._withUnsafeGuaranteedRef { $0.executors.count }
    case .listed(let run): run.steps.count
    }
  }

  /// The executor with a number below ``executorCount``, as ``EnabledStep/executor`` names it.
  func executor(_ number: Int) -> UInt64 {
    switch source {
    case .machine(let machine): machine._withUnsafeGuaranteedRef { $0.executors[number].name }
    case .listed(let run): run.steps[number].executor
    }
  }

  /// The number of a step's executor in the run.
  func executorNumber(ofStep index: Int) -> Int {
    switch source {
    case .machine(let machine): machine._withUnsafeGuaranteedRef { Int($0.steps[index].executor) }
    case .listed(let run): run.number(ofExecutor: run.steps[index].executor)
    }
  }

  /// Where in the program's code a step went on, as ``EnabledSteps/code(at:)`` has it; 0 where that
  /// is not known.
  func code(ofStep index: Int) -> UInt64 {
    switch source {
    case .machine(let machine): machine._withUnsafeGuaranteedRef { $0.codeOfStep(at: index) }
    case .listed: 0
    }
  }

  /// The number of tasks that were made, the root included.
  public var taskCount: Int {
    switch source {
    case .machine(let machine): machine._withUnsafeGuaranteedRef { $0.tasks.count }
    case .listed(let run): run.tasks.count
    }
  }

  /// The task with a number below ``taskCount``; a task's parent comes before it.
  public func task(_ number: Int) -> RunTask {
    switch source {
    case .machine(let machine): machine._withUnsafeGuaranteedRef { $0.runTask(number) }
    case .listed(let run): run.tasks[number]
    }
  }

  /// What came about that should sometimes, in the order in which it did.
  var reached: [ReachedGoal] {
    switch source {
    case .machine(let machine): machine._withUnsafeGuaranteedRef { $0.notes.reached }
    case .listed: []
    }
  }

  /// A step blocked its thread of the pool for what another had still to begin: with fewer threads,
  /// there may be none for that.
  public var couldStarve: Bool {
    switch source {
    case .machine(let machine): machine._withUnsafeGuaranteedRef { $0.inside.pool.couldStarve }
    case .listed(let run): run.couldStarve
    }
  }

  /// A step came to a point inside, at which it could have been interrupted had others been enabled.
  public var cameToPoints: Bool {
    switch source {
    case .machine(let machine): machine._withUnsafeGuaranteedRef { $0.cameToPoints }
    case .listed(let run): run.cameToPoints
    }
  }

  /// A hash of the order of steps on each executor.
  ///
  /// Runs that differ only in the order of steps on different executors have the
  /// same.
  public var signature: UInt64 {
    switch source {
    case .machine(let machine): machine._withUnsafeGuaranteedRef { $0.signature }
    case .listed(let run): run.signature
    }
  }
}

/// A run that is kept as lists, for what runs without a machine.
package final class ListedRun {
  package var steps: [RanStep] = []
  package var tasks: [RunTask] = []
  package var couldStarve = false
  package var cameToPoints = false

  package init() {}

  /// Copies a run.
  package init(_ run: RunRecord) {
    steps = (0..<run.stepCount).map { run.step(at: $0) }
    tasks = (0..<run.taskCount).map { run.task($0) }
    couldStarve = run.couldStarve
    cameToPoints = run.cameToPoints
  }

  /// The number of an executor, by its first step.
  fileprivate func number(ofExecutor executor: UInt64) -> Int {
    steps.firstIndex { $0.executor == executor } ?? 0
  }

  /// What ``Machine/signature`` is for a machine's run.
  var signature: UInt64 {
    var orders: [UInt64: UInt64] = [:]
    for step in steps {
      orders[step.executor] = mix(
        orders[step.executor] ?? 0, tasks[step.taskNumber].name &+ UInt64(step.ordinal))
    }
    return orders.reduce(0) { $0 &+ mix($1.key, $1.value) }
  }
}

extension Machine {
  @inline(__always)
  func ranStep(at index: Int) -> RanStep {
    let step = steps[index]
    return RanStep(
      taskNumber: Int(step.task), executor: executors[Int(step.executor)].name,
      ordinal: Int(step.ordinal))
  }

  @inline(__always)
  func runTask(_ number: Int) -> RunTask {
    let task = tasks[number]
    return RunTask(name: task.name, parent: task.parent < 0 ? nil : Int(task.parent))
  }
}
