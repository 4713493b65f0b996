/// Why a step is enabled.
public enum EnabledReason: UInt8, Sendable {
  /// Its task has just been made.
  case created
  /// Its task changed executor, and may have arrived.
  case hopped
  /// Something that it waited for has happened.
  case resumed
  /// Its timer is due, or may be taken to be.
  case timer
  /// A thread outside the run's control made it ready.
  case foreign
  /// It was interrupted inside, and has still to go on.
  case interrupted
}

/// A step that could run now, as a strategy sees it.
///
/// All of it is the same in every process for the same program and the same
/// choices: nothing here is an address or a global counter.
public struct EnabledStep: Sendable {
  /// The task, as a hash of its path in the tree of task creation.
  public let task: UInt64
  /// The task's number in this run, in the order in which tasks were made.
  ///
  /// It means something within the run alone, where it serves as an index.
  public let taskNumber: Int
  /// The executor, as a hash of where it was made or first used; 0 for the
  /// global executor.
  public let executor: UInt64
  /// The executor's number in this run; it means something within the run alone.
  public let executorNumber: Int
  /// How many steps of this task have run before; for the rest of a step that is interrupted
  /// inside, a larger number, which grows from point to point of the step.
  public let ordinal: Int
  /// The priority, as `TaskPriority` counts it.
  public let priority: UInt8
  /// Why the step is enabled.
  public let reason: EnabledReason
  /// The task that ran last could go on with this step.
  public let continuesLastTask: Bool

  package init(
    task: UInt64, taskNumber: Int, executor: UInt64, executorNumber: Int, ordinal: Int,
    priority: UInt8, reason: EnabledReason, continuesLastTask: Bool
  ) {
    self.task = task
    self.taskNumber = taskNumber
    self.executor = executor
    self.executorNumber = executorNumber
    self.ordinal = ordinal
    self.priority = priority
    self.reason = reason
    self.continuesLastTask = continuesLastTask
  }
}

/// The steps of which one must be chosen.
///
/// Index 0 is what the baseline takes: the task that ran last if it can go on,
/// else what was enabled first. The rest follows in the order in which it was
/// enabled, timers last.
public struct EnabledSteps {
  let machine: Unmanaged<Machine>
  /// The number of steps, at least 2 where a strategy is asked.
  public let count: Int
  /// Where the steps, and what they are the steps of, lie while the choice is open.
  ///
  /// Most strategies look at all of them, and none need look for that again. Nil where there are
  /// too many steps for them to lie side by side.
  private let listed: UnsafePointer<RunQueue.Entry>?
  private let tasks: UnsafePointer<TaskState>
  private let executors: UnsafePointer<ExecutorState>

  /// What can run now on a machine.
  @inline(__always)
  init(machine: Machine) {
    self.machine = .passUnretained(machine)
    count = machine.enabled.count
    listed = machine.enabled.areMany ? nil : UnsafePointer(machine.enabled.base)
    tasks = UnsafePointer(machine.tasks.base)
    executors = UnsafePointer(machine.executors.base)
  }

  /// The step at an index below ``count``.
  @inline(__always)
  public subscript(index: Int) -> EnabledStep {
    precondition(index >= 0 && index < count, "there is no enabled step at that index")
    return step(at: index)
  }

  /// The same for an index that is known to be below the count.
  @inline(__always)
  package func step(at index: Int) -> EnabledStep {
    // Inlined, so that a strategy pays only for what it looks at.
    let entry =
      listed.map { $0[index] }
      ?? machine._withUnsafeGuaranteedRef { $0.enabled.known(at: index) }
    return EnabledStep(
      task: tasks[Int(entry.task)].name, taskNumber: Int(entry.task),
      executor: executors[Int(entry.executor)].name, executorNumber: Int(entry.executor),
      ordinal: Int(entry.ordinal),
      priority: machine._withUnsafeGuaranteedRef { $0.job(of: entry).pointee.priority },
      reason: machine._withUnsafeGuaranteedRef { $0.job(of: entry).pointee.reason },
      continuesLastTask: machine._withUnsafeGuaranteedRef { entry.task == $0.progress.lastTask })
  }

  /// Where in the program's code the step at an index goes on; for a task that has
  /// just been made, where and with what that was done.
  ///
  /// It tells places of one run apart, and is made of the order in which they were first
  /// asked for: the same choices give the same numbers, in every process and build.
  public func place(at index: Int) -> UInt64 {
    machine._withUnsafeGuaranteedRef { $0.placeOfEnabled(at: index) }
  }

  /// Where in the program's code the step at an index goes on, as an address: the same in all runs of
  /// a process, and in no other process.
  package func code(at index: Int) -> UInt64 {
    machine._withUnsafeGuaranteedRef { $0.codeOfEnabled(at: index) }
  }

  /// What the run has done so far.
  public var record: RunRecord { RunRecord(machine: machine) }

  /// The run so far, to be put into words.
  package var inspectedRun: any InspectedRun { machine.takeUnretainedValue() }

  /// What is needed to put the step at an index into words.
  package func inspect(at index: Int) -> InspectedStep.StepIdentity {
    machine._withUnsafeGuaranteedRef { $0.inspectEnabled(at: index) }
  }

  /// The name of the step at an index.
  package func key(at index: Int) -> StepKey {
    let step = self[index]
    return StepKey(task: step.task, ordinal: Int32(step.ordinal))
  }

  /// The index of the step with the given name, if it is enabled.
  package func index(of key: StepKey) -> Int? {
    machine._withUnsafeGuaranteedRef { $0.enabledIndex(of: key) }
  }
}

/// What a strategy is told of the run that begins.
public struct RunStart: Sendable {
  /// The number of the run within its exploration; 0 is the baseline.
  public let index: Int
  /// The seed that belongs to this run alone.
  public let seed: UInt64

  package init(index: Int, seed: UInt64) {
    self.index = index
    self.seed = seed
  }
}

/// What makes the choices of a run.
///
/// A strategy must choose by what it is shown and by its own seed alone, so that
/// a run can be made again. It is asked only where at least two steps are
/// enabled; ``EnabledSteps/record`` tells what ran in between.
///
/// ```swift
/// /// Always lets the task that has run least go on.
/// final class Fairest: Strategy {
///   func begin(_ run: RunStart) {}
///   func choose(among steps: EnabledSteps) -> Int {
///     (0..<steps.count).min { steps[$0].ordinal < steps[$1].ordinal }!
///   }
/// }
/// ```
public protocol Strategy: AnyObject {
  /// Prepares for a run.
  func begin(_ run: RunStart)
  /// Picks one of the enabled steps.
  ///
  /// - Parameter steps: At least two.
  /// - Returns: An index below the number of steps.
  func choose(among steps: EnabledSteps) -> Int
  /// Learns from a run that is over; does nothing unless implemented.
  ///
  /// The run may have been another strategy's, such as the baseline's before the
  /// first run.
  ///
  /// - Parameter run: What was run; not valid after the call.
  func end(_ run: RunRecord)
  /// Every schedule that this strategy would ever choose has been run; false
  /// unless implemented.
  var isExhausted: Bool { get }
  /// Steps can be interrupted inside in the run that has just begun, where that is asked for at
  /// all; true unless implemented.
  var interruptsSteps: Bool { get }
  /// How many threads the pool has in the run that has just begun, where that is not set; nil for
  /// as many as it takes, unless implemented.
  var poolWidth: Int? { get }
}

/// A strategy that says what it takes for a whole.
package protocol GrainedStrategy: Strategy {
  var grain: Reduction.Grain { get }
}

extension Strategy {
  public func end(_ run: RunRecord) {}
  public var isExhausted: Bool { false }
  public var interruptsSteps: Bool { true }
  public var poolWidth: Int? { nil }
}
