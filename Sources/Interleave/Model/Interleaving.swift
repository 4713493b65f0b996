public import InterleaveEngine

/// The steps that a run took, in order, named for people.
public struct Interleaving: Sendable, Hashable {
  /// The steps, first to last; a failing run ends with the step that failed.
  public var steps: [Step]
  /// The choices that departed from the baseline, in order.
  public var deviations: [Deviation]
  /// The tasks that took part, by path.
  public var tasks: [TaskInfo]
  /// The task that the run cancelled, if it did.
  public var cancellation: Cancellation?
  /// How many threads the pool had, where a step could not run for want of one; nil where there
  /// were as many as it took.
  public var poolWidth: Int?
  /// What the program's random numbers were made from, where it drew any that were not those of the
  /// campaign's seed.
  public var randomSeed: UInt64?

  /// Makes one of its parts.
  public init(
    steps: [Step] = [], deviations: [Deviation] = [], tasks: [TaskInfo] = [],
    cancellation: Cancellation? = nil, poolWidth: Int? = nil,
    randomSeed: UInt64? = nil
  ) {
    self.poolWidth = poolWidth
    self.randomSeed = randomSeed
    self.steps = steps
    self.deviations = deviations
    self.tasks = tasks
    self.cancellation = cancellation
  }

  /// How many times a task was interrupted although it could have gone on.
  public var preemptions: Int { steps.count { $0.isPreemption } }
  /// How many of these interrupted a step inside.
  public var interruptions: Int {
    deviations.count { deviation in
      deviation.passedOver.inside != nil && steps.indices.contains(deviation.index)
        && steps[deviation.index].isPreemption
    }
  }
  /// How many steps ran, each counted once that was interrupted inside.
  package var wholeSteps: Int { steps.count { $0.name.inside == nil } }
  /// How many times a timer fired although other work was waiting.
  public var stalls: Int { steps.count { $0.isStall } }
}

extension Interleaving {
  /// A place in the source.
  public struct Place: Sendable, Hashable, CustomStringConvertible {
    /// The path of the file, as the compiler was given it.
    public var file: String
    /// The line, from 1.
    public var line: Int

    /// Makes one of its parts.
    public init(file: String, line: Int) {
      self.file = file
      self.line = line
    }

    /// The file's name without its folders.
    public var fileName: String {
      String(file.split(separator: "/").last ?? "")
    }

    public var description: String { "\(fileName):\(line)" }
  }

  /// A property of an actor that a step changed.
  public struct Change: Sendable, Hashable {
    /// The property, by its name.
    public var property: String
    /// Its value before the step.
    public var before: String
    /// Its value after the step.
    public var after: String

    /// Makes one of its parts.
    public init(property: String, before: String, after: String) {
      self.property = property
      self.before = before
      self.after = after
    }
  }

  /// What a step did, or what brought it about, that whoever reads the run must know.
  public struct Event: Sendable, Hashable {
    public var kind: RunEventKind
    /// The task that it is about; nil where that is not known, or is none.
    public var task: TaskPath?
    /// Where in the source; nil where that is not known.
    public var place: Place?
    /// The error, who let its task go on, or what is to be known besides.
    public var detail: String

    public init(
      kind: RunEventKind, task: TaskPath? = nil, place: Place? = nil, detail: String = ""
    ) {
      self.kind = kind
      self.task = task
      self.place = place
      self.detail = detail
    }
  }

  /// A task that took part in a run.
  public struct TaskInfo: Sendable, Hashable {
    /// The place in the tree of task creation.
    public var path: TaskPath
    /// The function whose closure it runs.
    public var function: String
    /// Where it was made; nil for the root.
    public var madeAt: Place?
    /// It is no task of the program's own, but a job by which the task goes on that made it, as
    /// after `Task.yield()`.
    public var isJob: Bool

    /// Makes one of its parts.
    public init(path: TaskPath, function: String, madeAt: Place? = nil, isJob: Bool = false) {
      self.isJob = isJob
      self.path = path
      self.function = function
      self.madeAt = madeAt
    }
  }

  /// What names a step, in the corpus and in deviations: enough to find the same
  /// step again after code around it has changed.
  public struct StepName: Sendable, Hashable {
    /// The task that ran.
    public var task: TaskPath
    /// How many steps of the task ran before.
    public var ordinal: Int
    /// The function in which the task went on, for example `Bank.withdraw(_:)`.
    public var function: String
    /// How many earlier steps of the task went on in the same function.
    public var occurrence: Int
    /// The actor it ran on, by its type; empty for the global executor.
    public var executor: String
    /// Where the step was interrupted of which this is the rest; nil for a whole step.
    ///
    /// The function is the one that it was interrupted in, the occurrence that of the step.
    public var inside: InsidePoint?

    /// Makes one of its parts.
    public init(
      task: TaskPath, ordinal: Int, function: String, occurrence: Int, executor: String,
      inside: InsidePoint? = nil
    ) {
      self.inside = inside
      self.task = task
      self.ordinal = ordinal
      self.function = function
      self.occurrence = occurrence
      self.executor = executor
    }
  }

  /// One task running on one executor until it suspends, hops or ends.
  public struct Step: Sendable, Hashable {
    /// What tells it from other steps of the run.
    public var name: StepName
    /// The actor it ran on, told apart from others of its type: `Fork #2`; empty
    /// for the global executor.
    public var actor: String
    /// Where the task went on; nil where the binary has no line for it.
    public var place: Place?
    /// The program's own function that waits for the one in which the task went on; empty where
    /// that is the program's own, too.
    public var caller: String
    /// The task went on in code of Interleave's own, such as a test double.
    public var isOwn: Bool = false
    /// The index of the step that made it ready; nil for none.
    public var cause: Int? = nil
    /// How many steps could run, this one included; 0 where that is not known.
    public var enabled: Int = 0
    /// The program's functions in which it went on, the innermost first, each of which awaits the
    /// one before it.
    package var calls: [Call] = []
    /// The locks that it took, whether that is told or not.
    package var locks: [Lock] = []
    /// Why it could run.
    public var reason: EnabledReason
    /// How it left its task.
    public var end: StepEnd
    /// Virtual time since the run began, in nanoseconds.
    public var time: Int64
    /// What it changed on the actor that it ran on.
    public var changes: [Change]
    /// The checkpoints that it passed, and what test doubles did in it.
    public var notes: [String]
    /// What else it did: whom it cancelled or resumed, what it threw.
    public var events: [Event]
    /// It interrupted a task that could have gone on.
    public var isPreemption: Bool
    /// A timer fired although other work was waiting.
    public var isStall: Bool

    /// Makes one of its parts.
    public init(
      name: StepName, actor: String? = nil, place: Place? = nil, caller: String = "",
      reason: EnabledReason = .resumed, end: StepEnd = .suspended, time: Int64 = 0,
      changes: [Change] = [], notes: [String] = [], events: [Event] = [],
      isPreemption: Bool = false, isStall: Bool = false
    ) {
      self.name = name
      self.actor = actor ?? name.executor
      self.place = place
      self.caller = caller
      self.reason = reason
      self.end = end
      self.time = time
      self.changes = changes
      self.notes = notes
      self.events = events
      self.isPreemption = isPreemption
      self.isStall = isStall
    }
  }

  /// A function of the program, and where it went on or awaits.
  package struct Call: Sendable, Hashable {
    package var function: String
    package var place: Place

    package init(function: String, place: Place) {
      self.function = function
      self.place = place
    }

    /// The type whose function it is, or what the closure is in: `Bank` of `Bank.withdraw(_:)`.
    var owner: Substring {
      let head = function.prefix { $0 != "(" }
      return head.lastIndex(of: ".").map { head[..<$0] } ?? head
    }
  }

  /// A lock that a step took, by its number in the run, and the program's functions that did so,
  /// the innermost first.
  package struct Lock: Sendable, Hashable {
    package var number: Int
    package var calls: [Call]

    package init(number: Int, calls: [Call]) {
      self.number = number
      self.calls = calls
    }
  }

  /// A task that was cancelled by the run, not by the program.
  public struct Cancellation: Sendable, Hashable {
    /// The task.
    public var task: TaskPath
    /// How many steps had run before, at least 1.
    public var index: Int
    /// The step after which it was cancelled, before any other ran.
    public var after: StepName

    /// Makes one of its parts.
    public init(task: TaskPath, index: Int, after: StepName) {
      self.task = task
      self.index = index
      self.after = after
    }
  }

  /// A choice that departed from the baseline.
  public struct Deviation: Sendable, Hashable {
    /// The index of the step in the interleaving.
    public var index: Int
    /// The step that was picked.
    public var picked: StepName
    /// The step that the baseline would have taken.
    public var passedOver: StepName
    /// Where that was interrupted inside; nil for a whole step, and where there is no line for it.
    public var interruptedAt: Place?

    /// Makes one of its parts.
    public init(
      index: Int, picked: StepName, passedOver: StepName, interruptedAt: Place? = nil
    ) {
      self.interruptedAt = interruptedAt
      self.index = index
      self.picked = picked
      self.passedOver = passedOver
    }
  }
}
