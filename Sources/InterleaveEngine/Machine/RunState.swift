import CInterleave

/// What the machine knows of one task of the run.
struct TaskState {
  /// The index of the task that made it; -1 for the root.
  var parent: Int32
  /// Its place among its parent's children.
  var ordinal: UInt32
  /// How many tasks it has made.
  var children: UInt32 = 0
  /// How many actors it has made.
  var actors: UInt32 = 0
  /// How many of its steps have run.
  var steps: Int32 = 0
  /// A hash of its path.
  var name: UInt64
  var record: UnsafeMutablePointer<il_task>?
  /// The address of the call that made it, of the call that led there, and of its
  /// closure.
  var site: UInt
  var caller: UInt
  var entry: UInt
  var isChild: Bool
  /// It is no task of the program's own, but a job that goes on with one, as
  /// `Task.yield` makes.
  var isSimple: Bool
  /// It is that block of those that the run has handed to its queue, from 1 up; 0 for no block.
  var block: Int32 = 0
  var blockKind = IL_BLOCK_PLAIN
  /// The step that made it; -1 for none.
  var birth: Int32 = -1
  var hasEnded = false
  /// It has a job that waits to run.
  var isReady = false
  /// The slot of that job; -1 for none.
  var slot: Int32 = -1
  /// Nobody holds the continuation any more that it waits for.
  var lostContinuation = false
  /// The step that last let it go on, for instance by resuming its continuation; -1 for none,
  /// and ``cancelling`` for a handler of the task that the run cancelled.
  var resumer: Int32 = -1
  static let cancelling: Int32 = -2
  /// The same for a thread that the run does not control.
  static let foreign: Int32 = -3
  /// Somebody asked for its result.
  var isAwaited = false
  /// It may be alive when the body has ended, and so may what it makes.
  var mayLeak = false
  /// What it makes may be alive when the body has ended.
  var allowsLeaks = false
  /// Who cancelled it, if anybody, was seen.
  var isSeenCancelled = false
  /// The first step that took away what handled the cancellation after it had done something.
  var endOfHandling: Int32 = -1
  /// It exists only to run when a timer fires.
  var isTimer = false
  /// Its step was interrupted inside, and has not gone on.
  var isParked = false
  /// How often it has yielded since a look, and which one that was.
  var yields: Int32 = 0
  var look: Int32 = -1
  /// How many turns it has had while everybody got one.
  var turns: Int32 = 0
  /// Where it went on last.
  var lastResume: UInt = 0
  var lastExecutor: Int32 = 0

  /// Nothing is missing if it does not run again: it has ended, or is what only time, or something
  /// that does not come, would have begun.
  var isOver: Bool { hasEnded || isTimer || (block > 0 && !isReady && !isParked) }

  /// It is a thread that the run has made.
  var isThread: Bool { block > 0 && blockKind == IL_BLOCK_THREAD }

  /// A job by which the task goes on that made it.
  var isJob: Bool { (isSimple || isTimer) && parent >= 0 && block == 0 }
}

/// What the machine knows of one executor of the run.
struct ExecutorState {
  let identity: UInt
  let place: il_place
  /// A hash of where it was made or first used; 0 for the global executor.
  var name: UInt64
  /// The metadata of its type, or what stands for the label of a dispatch queue; 0 where it has none.
  var type: UInt = 0
  /// The task that made it, and its place among that task's actors; -1 where it
  /// was made outside the run.
  var maker: Int32 = -1
  var ordinal: UInt32 = 0
  /// It has been destroyed.
  var isGone = false
  /// What the runtime calls a user's own executor beside its address: such runs its jobs itself,
  /// first in first out, whatever the priorities; 0 for any other.
  var witness: UInt = 0
  /// It is left alone: it runs its jobs when it wants to.
  var isNative = false
  /// The mailbox to which its last step hopped; -1 for none.
  var lastHop: Int32 = -1
  /// A job was sent to it, and the urgency of the last one.
  var hasReceived = false
  var urgency: UInt8 = 0
  /// How many different tasks ran on it, up to two, for counting contention.
  var lastTask: Int32 = -1
  var isContended = false

  /// It runs one job after the other, in the order in which they arrive.
  private(set) var isMailbox = false
  /// An actor of the runtime's own, which runs urgent jobs first.
  private(set) var isDefaultActor = false

  /// Notes what follows from what is known of it, and is asked again and again.
  mutating func settleKind() {
    isMailbox = place == IL_PLACE_SERIAL || place == IL_PLACE_MAIN
    isDefaultActor = place == IL_PLACE_SERIAL && witness == 0
  }
}

/// An executor that a job became ready for lately, by its address; 0 for none.
struct RecentExecutor {
  var address: UInt = 0
  /// What the job knew of it as a user's own: see ``ExecutorState/witness``.
  var witness: UInt = 0
  var index: Int32 = 0

  /// How many are noted at most.
  static let count = 8
}

/// A job that waits to run, or a timer that waits to fire.
struct WaitingJob {
  var ready: il_ready
  var task: Int32
  var executor: Int32
  var reason: EnabledReason
  /// The step that made it wait; -1 for the machine itself.
  var cause: Int32
  /// How many touches had been noted when that step did so.
  var causeTouches: Int32 = .max
  /// Virtual time when it began to wait; for a timer, its deadline.
  var since: Int64
  /// What strategies call the place where it goes on; 0 until one asks.
  var place: UInt64 = 0
  /// It may run only when nothing else can: see ``Machine/nextJobWaitsForIdleness()``.
  var isIdle = false

  /// Its priority, as `TaskPriority` counts it.
  @inline(__always) var priority: UInt8 { ready.priority }
}

/// The counters and marks of the run that is going on.
struct RunState {
  /// How the run is to go; what is set meanwhile counts from the next one on.
  let settings: MachineSettings
  /// Who gets a turn where tasks keep others waiting.
  var fairness: Fairness
  /// Something looks at the program around each step.
  var isObserved = false
  /// Tasks wait for the running step to end, to go on then.
  var hasRescheduled = false
  /// The event clock: it orders arrivals and steps.
  var clock = 0
  var lastTask: Int32 = -1
  var lastTaskIsEnabled = false
  /// Where the first of the enabled steps is among the queue's; -1 for the front as well.
  var first = -1
  /// How many steps the last task has run in a row while another could have run.
  var streak = 0
  var currentStep: Int32 = -1
  var currentTask: Int32 = -1
  var currentExecutor: Int32 = 0
  var currentEnd = StepEnd.suspended
  /// How many handlers of its cancellation the running step's task had when it last did something.
  var handlers: UInt32 = 0
  var rootHasEnded = false
  var hasFailed = false
  /// The instant of virtual time at which the last step began.
  var instant: Int64 = 0
  /// The number of choices in which more than one step was enabled.
  var choices = 0
  /// The number of locks that steps took.
  var locks = 0
  /// The signature, and of how many steps it is; -1 while it is not known.
  var hash: UInt64 = 0
  var hashedSteps = -1
  /// A step has drawn a random number.
  var hasDrawn = false
  /// A timer was set.
  var hasTimers = false
  /// One was set that is set again each time.
  var hasRecurringTimers = false
  /// The moment after which no timer fires.
  var lastMoment: Int64
  /// The next job that becomes ready waits until nothing else can run.
  var nextIsIdle = false
  /// How many jobs wait for that.
  var idlers = 0
  /// What happened that the dependency relation does not cover.
  var limits: ReductionLimits = []
  /// How many checked continuations went without having been resumed.
  var leakedContinuations = 0
  /// The run went on although somebody may only have been late.
  var wasHasty = false
  /// How many tasks were waited for in vain while timers could have fired.
  var waitedFor: Int32 = 0
  /// Tasks may be alive when the body has ended.
  var allowsLeaks = false
  /// A task is still to be cancelled, if the moment comes.
  var mayCancel = false
  /// The task that was cancelled, and how many steps had run before; -1 for none.
  var cancelledTask: Int32 = -1
  var stepsBeforeCancellation: Int32 = 0

  /// Where an enabled step most likely is among the queue's: the first one was moved.
  @inline(__always)
  func placeInQueue(ofEnabled index: Int) -> Int {
    guard index <= first else { return index }
    return index == 0 ? first : index - 1
  }

  /// A thread that runs no step has crashed.
  var hasCrashElsewhere = false
  /// It is noted by which calls continuations are resumed.
  var notesResumers = false
  /// The first thing that the program did and that no program may do.
  var offence: Offence?

  init(settings: MachineSettings, isObserved: Bool = false) {
    self.settings = settings
    fairness = Fairness(stepLimit: settings.stepLimit)
    self.isObserved = isObserved
    lastMoment = settings.timeLimit
  }
}

/// How a step left its task.
public enum StepEnd: UInt8, Sendable {
  /// It waits for something.
  case suspended
  /// It is on its way to another executor.
  case hopped
  /// It is ready to go on.
  case ready
  /// Its closure returned.
  case ended
  /// It has not: it was interrupted inside, and goes on later.
  case interrupted
}

/// One step of a recorded interleaving, as the machine stores it.
package struct RawStep: Sendable {
  package var task: Int32
  package var executor: Int32
  /// How many steps of the task ran before.
  package var ordinal: Int32
  /// The step that made this one ready; -1 for the machine itself.
  package var cause: Int32
  /// Where the task went on.
  package var resume: UInt
  /// Virtual time, in nanoseconds.
  package var time: Int64
  package var reason: EnabledReason
  package var priority: UInt8
  package var end: StepEnd = .suspended
  /// The number of steps that were enabled.
  package var enabled: Int32
  /// The task and ordinal of the step that the baseline would have taken; equal
  /// to this step's own where it took the baseline's.
  package var passedTask: Int32
  package var passedOrdinal: Int32
  /// Where the step that the baseline would have taken goes on, and on what.
  package var passedResume: UInt
  package var passedExecutor: Int32
  /// Another task could have gone on, and was interrupted.
  package var isPreemption: Bool
  /// A timer fired although other work was waiting.
  package var isStall: Bool
}
