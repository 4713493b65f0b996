import CInterleave

/// An executor of a run, told apart by what can be said of it in any process.
package struct InspectedExecutor: Sendable, Hashable {
  package enum Kind: Sendable, Hashable {
    case global
    case main
    case taskExecutor
    /// An actor, or a serial executor that a user wrote.
    case serial
    case queue
  }

  package var kind: Kind
  /// The metadata of its type, or what stands for a queue's label; 0 where it has none.
  package var type: UInt
}

/// A step of a run with all that is needed to name it.
package struct InspectedStep: Sendable {
  package var key: StepIdentity
  package var passedOver: StepIdentity
  package var reason: EnabledReason
  package var end: StepEnd
  package var time: Int64
  package var isPreemption: Bool
  package var isStall: Bool
  /// The index of the step that made it ready; -1 for none.
  package var cause = -1
  /// How many steps could run.
  package var enabled = 0

  /// A step by its task, and how many steps of that ran before.
  package struct Number: Sendable, Hashable {
    package var task: Int
    package var ordinal: Int

    package init(task: Int, ordinal: Int) {
      self.task = task
      self.ordinal = ordinal
    }
  }

  /// A step by its task, its number, where it goes on and on which executor.
  package struct StepIdentity: Sendable, Hashable {
    package var task: Int
    package var ordinal: Int
    package var resume: UInt
    package var executor: Int
    /// Where the step was interrupted of which this is the rest; nil for a whole step.
    package var inside: InsidePoint? = nil
    /// For that, where the function was called that it was interrupted in; 0 where that is not
    /// known.
    package var caller: UInt = 0
  }
}

/// A task of a run with all that is needed to name it.
package struct InspectedTask: Sendable {
  package var path: TaskPath
  /// The address of the call that made it; 0 for the root.
  package var site: UInt
  /// The address of the call that led to that call; 0 where it is not known.
  package var caller: UInt
  /// The address of its closure.
  package var entry: UInt
  /// Where its last step went on.
  package var lastResume: UInt
  package var hasEnded: Bool
  /// It is no task of the program's own, but a job that goes on with the one that made it.
  package var isJob = false
  /// It is that block of those that the run has handed to its queue, from 1 up; 0 for no block.
  package var block = 0
  package var blockKind = BlockKind.plain
  /// What it is called, if it is a thread that the program has given a name.
  package var threadName = ""
}

/// What a block on a dispatch queue is to the program.
package enum BlockKind: Int, Sendable {
  case plain
  /// The handlers of a timer.
  case timer
  /// One of the iterations of `concurrentPerform`.
  case iteration
  /// An operation of Foundation's.
  case operation
  /// No block, but a thread that the run has made.
  case thread
}

extension Machine {
  /// The steps of the run, in order.
  package func inspectSteps() -> [InspectedStep] {
    let reached = points.isEmpty ? [:] : reachedPoints
    return steps.elements.map { step in
      InspectedStep(
        key: inspect(
          StepOfTask(task: step.task, ordinal: step.ordinal), resume: step.resume,
          executor: step.executor, among: reached),
        passedOver: inspect(
          StepOfTask(task: step.passedTask, ordinal: step.passedOrdinal),
          resume: step.passedResume, executor: step.passedExecutor, among: reached),
        reason: step.reason, end: step.end, time: step.time, isPreemption: step.isPreemption,
        isStall: step.isStall, cause: Int(step.cause), enabled: Int(step.enabled))
    }
  }

  /// The thread that a task is, by its number and its name, which may be empty; nil if it is none.
  package func thread(ofTask index: Int) -> (number: Int, name: String)? {
    guard tasks[index].isThread else { return nil }
    return (Int(tasks[index].block), notes.threadNames[index] ?? "")
  }

  /// The tasks of the run, in the order in which they were made.
  package func inspectTasks() -> [InspectedTask] {
    tasks.elements.indices.map(inspectTask)
  }

  /// One of the tasks.
  package func inspectTask(_ index: Int) -> InspectedTask {
    let task = tasks[index]
    return InspectedTask(
      path: path(ofTask: index), site: task.site, caller: task.caller, entry: task.entry,
      lastResume: task.lastResume, hasEnded: task.hasEnded,
      isJob: task.isJob, block: Int(task.block),
      blockKind: BlockKind(rawValue: Int(task.blockKind.rawValue)) ?? .plain,
      threadName: notes.threadNames[index] ?? "")
  }

  /// An executor of the run; 0 is the global one.
  package func inspectExecutor(_ index: Int) -> InspectedExecutor {
    let executor = executors[index]
    let kind: InspectedExecutor.Kind
    switch executor.place {
    case IL_PLACE_MAIN: kind = .main
    case IL_PLACE_TASK_EXECUTOR: kind = .taskExecutor
    case IL_PLACE_SERIAL: kind = .serial
    case IL_PLACE_QUEUE: kind = .queue
    default: kind = .global
    }
    return InspectedExecutor(kind: kind, type: executor.type)
  }

  /// Calls the body with the number of each step and the address where it goes on.
  ///
  /// - Parameter start: The index of the first step to tell.
  package func forEachStep(
    from start: Int, _ body: (_ number: InspectedStep.Number, _ resume: UInt) -> Void
  ) {
    for step in steps.elements.dropFirst(start) {
      body(.init(task: Int(step.task), ordinal: Int(step.ordinal)), step.resume)
    }
  }

  /// The address at which the task of the last step went on; nil before the first.
  package var lastResume: UInt? { steps.isEmpty ? nil : steps[steps.count - 1].resume }

  /// A task and where it went on.
  package struct Turn: Hashable, Sendable {
    package var task: Int
    package var resume: UInt
    /// The number of the executor; -1 for what only goes on with the task.
    package var executor = -1
  }

  /// The last steps of the run; what only goes on with a task counts as that task.
  ///
  /// - Parameter count: The most steps to tell.
  package func recentSteps(_ count: Int) -> [Turn] {
    steps.elements.suffix(count).map { step in
      let task = Int(step.task)
      let isJob = tasks[task].isJob
      return isJob
        ? Turn(task: Int(tasks[task].parent), resume: 0)
        : Turn(task: task, resume: step.resume, executor: Int(step.executor))
    }
  }

  /// The place of a task in the tree of task creation.
  package func path(ofTask index: Int) -> TaskPath {
    var ordinals: [UInt32] = []
    var index = index
    while index >= 0 {
      ordinals.append(tasks[index].ordinal)
      index = Int(tasks[index].parent)
    }
    return TaskPath(ordinals: ordinals.reversed())
  }

  /// Calls the body with each type of actor on which several tasks ran, unless it was called with
  /// that before, in this run or another.
  package func forEachNewContendedType(_ body: (UInt) -> Void) {
    for executor in executors.elements
    where executor.isContended && executor.type != 0 && executor.place != IL_PLACE_QUEUE {
      if toldTypes.insert(executor.type) { body(executor.type) }
    }
  }

  /// What left the run's control.
  package var recordedEscapes: [Escape] { Array(escapes.elements) }
  package var hasEscapes: Bool { !escapes.isEmpty }
}
