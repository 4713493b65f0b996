/// How runs of a machine are to go.
package struct MachineSettings: Sendable {
  /// Which timers may fire while other work is waiting.
  package enum Time: Sendable, Equatable {
    /// Those that are due within the stall, in nanoseconds.
    case asRuntime(stall: Int64)
    /// None.
    case whenIdle
    /// Any, in the order of their deadlines.
    case adversarial
  }

  /// In which order a mailbox runs its jobs.
  package enum Mailboxes: Sendable, Equatable {
    /// As the runtime does: in the order in which they may have arrived.
    case asRuntime
    /// In any order, which is all that the language promises.
    case unordered
  }

  package var time = Time.asRuntime(stall: 10_000_000)
  package var mailboxes = Mailboxes.asRuntime
  /// Where steps can be interrupted inside.
  package var interruptions = Interruptions.never
  /// How many threads the pool has for steps of each priority; `.max` for any number.
  package var poolWidth = Int.max
  /// Where it has any number, strategies may give it fewer in some runs.
  package var variesPoolWidth = false
  /// None is interrupted but where it cannot go on before another one has.
  package var runsWholeSteps = false
  /// The number of steps above which a run is taken to be a livelock.
  package var stepLimit = 100_000
  /// How far virtual time may go in a run, in nanoseconds; `.max` for any distance.
  package var timeLimit = Int64.max
  /// How far it may go once the root has ended.
  package var timeAfterRoot = Int64.max
  /// The seed of what the program under test draws at random.
  package var environmentSeed: UInt64 = 0
  /// What a run's random numbers are made from that has its own; nil for `environmentSeed`.
  package var randomSeed: UInt64?
  /// How many nanoseconds of real time a run waits for a foreign thread.
  ///
  /// Only then does it count as stuck. A full libdispatch pool takes a second to notice
  /// that its threads are blocked and to make another.
  package var foreignGrace: Int64 = 3_000_000_000
  /// The same where no thread is known that could do something for the run.
  ///
  /// What is left is code of other tests, and work of theirs on queues.
  package var quietGrace: Int64 = 0
  /// Where a run waits that long.
  package var patience = Patience.ordinary
  /// How many nanoseconds of real time a step may take before it is noted; `.max` for any.
  package var slowStep = Int64.max
  /// What runs leave alone on purpose.
  package var natives = Natives()

  package init() {}
}

/// What runs leave alone on purpose.
package struct Natives: Sendable {
  /// Dispatch queues, by their labels.
  package var queues: Set<String> = []
  /// Executors, by the names of their types, with or without their modules.
  package var executors: Set<String> = []
  /// Tells code of a module of them by its address; nil where there is no such module.
  package var isCode: (@Sendable (UInt) -> Bool)?

  package init() {}

  var isEmpty: Bool { queues.isEmpty && executors.isEmpty && isCode == nil }

  func has(executor type: UInt) -> Bool {
    let name = Takeover.typeName(type)
    return executors.contains(name)
      || executors.contains(String(name.drop { $0 != "." }.dropFirst()))
  }
}

/// How a run ended.
package enum RunEnd: Sendable, Equatable {
  /// The root task and all others have ended.
  case clean
  /// Nothing can run any more, but a task has not ended.
  case stuck
  /// The run took more steps than it may.
  case stepLimit
  /// Nothing can run any more before a moment that lies past the limit of virtual time.
  case timeLimit
}

/// What looks at the program around each step, on the machine's thread and with
/// the run's time and randomness in force.
package protocol RunObserver: AnyObject {
  /// A task is about to run a step on an executor, and on a serial executor given by its address,
  /// or elsewhere, given as 0.
  func stepWillBegin(_ machine: Machine, task: Int, executor: UInt, actor: UInt)
  /// A step has ended.
  func stepDidEnd(_ machine: Machine)
}

/// Something that left the run's control.
package struct Escape: Sendable, Hashable {
  package enum Kind: UInt8, Sendable {
    /// A job that the run does not know was handed to a native executor.
    case unknownJob
    /// A task of the run was made ready by, or ran on, a foreign thread.
    case foreignThread
    /// A closure was handed to libdispatch.
    case dispatch
    /// A thread was made.
    case thread
    /// A process was started.
    case process
    /// Something was read from a socket or a pipe, by a step or by who let a task go on.
    case io
  }

  package var kind: Kind
  /// The address in the code where it happened; 0 where that is not known.
  package var site: UInt
  /// For a task that a foreign thread made ready: where that thread called the runtime.
  package var origin: UInt = 0
  /// The task that did it; -1 where that is not known.
  package var task: Int32
  /// What did it is left alone on purpose.
  package var isNative = false

  /// The same, whichever task it was.
  package var withoutTask: Escape {
    Escape(kind: kind, site: site, origin: origin, task: -1, isNative: isNative)
  }
}
