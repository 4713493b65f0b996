// Configuration: what is asked for, by the test and by the environment.

public import InterleaveEngine

/// How a body is fuzzed; every property has a default that suits most tests.
///
/// ```swift
/// var configuration = FuzzConfiguration()
/// configuration.schedules = 10_000
/// configuration.seed = 42
/// ```
///
/// Environment variables override what is set here: see ``EnvironmentVariable``.
public struct FuzzConfiguration: Sendable {
  /// The number of schedules to try, at least 1.
  public var schedules: Int = 1_000
  /// The time after which no new schedule begins; nil for no limit.
  public var duration: Duration?
  /// What may end a campaign that passes before ``schedules`` were tried; nil for nothing.
  public var until: StopRule?
  /// The seed of everything that is drawn at random; nil for a fresh one, or on
  /// CI for one that is derived from the test's name.
  public var seed: UInt64?
  /// What chooses the schedules.
  public var strategy: StrategyChoice = .portfolio
  /// The number of steps above which a run is reported as a livelock.
  public var stepLimit: Int = 100_000
  /// How far virtual time may go in one run; nil for no limit.
  ///
  /// A run that can only go on after that hangs in practice: it polls without end, or sleeps
  /// “for ever”. The default of a week leaves room for tests of what expires after days.
  public var timeLimit: Duration? = .seconds(7 * 86_400)
  /// How long one step may compute or block before it is reported as a hang, in real time.
  ///
  /// More than zero; what a step sleeps in virtual time does not count.
  public var hangLimit: Duration = .seconds(10)
  /// How long a run waits for threads outside of its control, in real time, at least zero.
  ///
  /// Where nothing else can run, such a thread may still resume a task that waits for it. Only
  /// after that time does the task count as stuck, and only then does virtual time pass work by
  /// that was handed to a queue, a thread or a process. Where no thread is known that could
  /// resume it, a tenth of that is enough. What a slow server or device answers may take longer.
  public var foreignGrace: Duration = .seconds(3)
  /// What is checked besides the body's own expectations.
  public var checks: Checks = .all
  /// The real time that a step may take before a warning names it, more than zero.
  ///
  /// Steps take microseconds, so the default is only reached by what blocks its thread.
  /// It is this long so that no busy machine can bring about a warning.
  public var slowStepLimit: Duration = .seconds(2)
  /// How far a report looks into the objects that an actor holds: 0 for not at all, so that only of
  /// an actor's own properties it is told what steps changed.
  public var stateDepth: Int = 2
  /// When timers may fire while other work is waiting.
  public var time: TimeMode = .asRuntime(stall: .milliseconds(10))
  /// In which order an actor takes the jobs that wait for it.
  public var mailboxes: MailboxOrder = .asRuntime
  /// Where a step may be interrupted inside, so that steps of other tasks run before it goes on.
  public var interruptions: InterruptionMode = .before {
    didSet { asksForInterruptions = interruptions != .never }
  }
  /// That was asked for: then it is a warning where it cannot be had.
  private(set) var asksForInterruptions = false
  /// How many threads the pool has on which tasks and default actors run.
  public var poolWidth: PoolWidth = .automatic
  /// What runs leave alone on purpose: executors, dispatch queues, modules.
  public var native: [NativePartner] = []
  /// Which tasks a run may cancel besides those that the program cancels itself.
  public var cancellation: CancellationMode = .never
  /// What keeps crashes and hangs of the body away from the tests.
  public var isolation: Isolation = .automatic
  /// In how many processes schedules are explored, at least 1.
  ///
  /// What is found, and all of the report but the time it took, is the same for the same seed,
  /// however many there are: the schedules are cut into shares, each with seeds and a strategy of
  /// its own, and it is shares that are handed out. This process runs the first 64 schedules
  /// itself; then as many child processes as there are workers run the others, and the first
  /// failure stops those that could only find a later one. What a body writes to variables that
  /// outlive it stays in the child. A strategy that goes through schedules one after another
  /// (``StrategyChoice/depthFirst``, ``StrategyChoice/reduction`` and the like), or that is one's
  /// own, explores in one process, and so does `isolation: .none`; a warning says so.
  public var workers: Int = 1
  /// Where failures are kept.
  public var corpus: CorpusMode = .automatic
  /// How a failure is made small.
  public var shrinking: Shrinking = Shrinking()
  /// How far around a fixed failure of the corpus schedules are tried.
  public var certificate: Certificate = Certificate()
  /// A folder in which a search for a proof that does not come to its end is kept; nil for none.
  ///
  /// The next campaign of the same test goes on from there, as long as the program has not been built
  /// anew: see <doc:Proofs>. It is only of use to ``StrategyChoice/reduction``.
  public var searches: String?
  /// Which checkpoints come before which, in all runs.
  public var ordering: [CheckpointOrder] = []
  /// A failure as a string (``FuzzFailure/replayString``), which is replayed in the place of the
  /// corpus; nothing else is run then, and nothing is kept.
  public var replaying: String?
  /// Checkpoints that come one after the other.
  var sequence: [Checkpoint] = []
  /// The part of the campaign that is run.
  var shard = CampaignShard.whole
  /// Environment variables override what is set here.
  var heedsEnvironment = true

  /// Makes a configuration in which each setting has its default.
  public init() {}
}

extension FuzzConfiguration {
  /// What chooses the schedules.
  public struct StrategyChoice: Sendable {
    /// The name by which an environment variable can ask for it.
    public let name: String
    let make: @Sendable () -> any Strategy
    /// What passes all that it ever chooses is proved.
    var isComplete = false
    /// Makes the strategy of a later share of the schedules; nil where one strategy must choose
    /// all, since it goes through them one after another or may learn from them all.
    var makeLater: (@Sendable () -> any Strategy)?
    /// How much is done to run one schedule of each interleaving, by reduction.
    var proof = ProofAttempt.Effort.none

    /// Takes turns among the strategies that come with Interleave.
    ///
    /// Where the first schedules show that there are few interleavings, it goes on to run
    /// one schedule of each of them, as ``reduction`` does.
    public static let portfolio = StrategyChoice(
      name: "portfolio", make: { Portfolio() }, makeLater: { Portfolio(onlyRandom: true) },
      proof: .whereSmall)
    /// Chooses uniformly among the enabled steps.
    public static let randomWalk = drawn("randomWalk") { RandomWalk() }
    /// Chooses uniformly among the places in the code where steps go on.
    public static let stratifiedWalk = drawn("stratifiedWalk") {
      StratifiedWalk()
    }
    /// Runs the task of highest priority, and lowers a few at random moments.
    public static let pct = drawn("pct") { PCT() }
    /// Runs the step of highest priority, and redraws those of steps in conflict.
    public static let pos = drawn("pos") { POS() }
    /// Chooses tasks in proportion to the steps that they have left.
    public static let urw = drawn("urw") { URW() }
    /// Makes all orders of the steps on one actor equally likely.
    public static let surw = drawn("surw") { SURW() }
    /// Lets all tasks come equally far, in an order that differs from round to round.
    public static let lockstep = drawn("lockstep") { Lockstep() }
    /// Goes on from runs that showed something new, by asking for steps that follow each other.
    public static let guided = drawn("guided") { Guided() }
    /// Tries every schedule, those with the fewest delays of the baseline first.
    public static let delayBounded = StrategyChoice(
      name: "delayBounded", make: { DelayBounded() }, isComplete: true)
    /// Tries every schedule, those with the fewest preemptions first.
    public static let preemptionBounded = StrategyChoice(
      name: "preemptionBounded", make: { PreemptionBounded() }, isComplete: true)
    /// Tries every schedule, the last choice first; the report says if that was all.
    public static let depthFirst = StrategyChoice(
      name: "depthFirst", make: { DepthFirst() }, isComplete: true)
    /// Runs one schedule of each interleaving, and proves what passes them all.
    ///
    /// Schedules that differ only in the order of independent steps are one
    /// interleaving. A proof is for this input, under the dependency relation: see
    /// ``FuzzReport/isExhaustive``. Where none is possible, a warning says why.
    public static let reduction = StrategyChoice(
      name: "reduction", make: { RandomWalk() }, proof: .all)
    /// Runs nothing but the schedule that never preempts.
    public static let baseline = StrategyChoice(name: "baseline") { Baseline() }

    /// A strategy of one's own.
    ///
    /// - Parameters:
    ///   - name: What reports call it.
    ///   - make: Makes the strategy, once for each campaign.
    public static func custom(
      _ name: String, _ make: @escaping @Sendable () -> any Strategy
    ) -> StrategyChoice {
      StrategyChoice(name: name, make: make)
    }

    /// A strategy that draws each schedule at random.
    private static func drawn(
      _ name: String, _ make: @escaping @Sendable () -> any Strategy
    ) -> StrategyChoice {
      StrategyChoice(name: name, make: make, makeLater: make)
    }

    static let named = [
      portfolio, randomWalk, stratifiedWalk, pct, pos, urw, surw, lockstep, guided,
      delayBounded, preemptionBounded, depthFirst, reduction, baseline,
    ]
  }

  /// What is checked besides the body's own expectations.
  public struct Checks: OptionSet, Sendable {
    public let rawValue: UInt

    public init(rawValue: UInt) {
      self.rawValue = rawValue
    }

    /// Tasks that are alive after the body has ended.
    public static let leakedTasks = Checks(rawValue: 1 << 0)
    /// Continuations that were dropped without being resumed.
    public static let leakedContinuations = Checks(rawValue: 1 << 1)
    /// Runs that go on and on without coming to an end.
    public static let livelocks = Checks(rawValue: 1 << 2)
    /// A body in which no choice was ever open.
    public static let nothingInterleaved = Checks(rawValue: 1 << 3)
    /// Errors that an unstructured task threw and nobody looked at: a warning.
    public static let unseenErrors = Checks(rawValue: 1 << 4)
    /// Actors that are alive because of tasks that leaked: told with those.
    public static let leakedActors = Checks(rawValue: 1 << 5)
    /// Steps that hold their executor for longer than ``FuzzConfiguration/slowStepLimit``:
    /// a warning.
    public static let slowSteps = Checks(rawValue: 1 << 6)
    /// Steps that block a thread of the pool until a step lets them go on that had not begun: a
    /// warning.
    ///
    /// So they do at a semaphore or a condition that a task opens later on: the runtime asks of
    /// tasks that none blocks a thread for what another has still to do, since that may find none.
    /// Where whoever opens it is amid a step already, as between `wait()` and `signal()` of a
    /// semaphore that serves as a lock, it comes to the end of that in any case, and nothing is
    /// said. Neither is it of a lock that is another task's for a moment, of what a thread opens
    /// that runs no step, and where ``FuzzConfiguration/poolWidth`` is `.unlimited`.
    public static let blockedSteps = Checks(rawValue: 1 << 7)
    /// Awaits of a test's double at which no task was suspended in any schedule: a warning.
    ///
    /// A double such as `func charge() async throws {}` comes back at once, so that the actor that
    /// awaits it cannot be entered meanwhile, and no race behind that await shows: where the real
    /// one suspends, it would. Told of doubles that stand for a protocol and belong to the test's
    /// module, in builds without optimisation, where the program passes.
    public static let unsuspendedAwaits = Checks(rawValue: 1 << 8)

    /// All of them.
    public static let all: Checks = [
      .leakedTasks, .leakedContinuations, .livelocks, .nothingInterleaved, .unseenErrors,
      .leakedActors, .slowSteps, .blockedSteps, .unsuspendedAwaits,
    ]
  }

  /// When timers may fire while other work is waiting.
  public enum TimeMode: Sendable, Hashable {
    /// A timer that is due within the stall may fire although work is waiting.
    ///
    /// So the runtime behaves: any step may be held up for a while. The stall is
    /// in virtual time and must not be negative.
    case asRuntime(stall: Duration)
    /// Timers fire only when nothing else can run.
    case whenIdle
    /// Any timer may fire at any time, in the order of deadlines.
    case adversarial
  }

  /// In which order an actor takes the jobs that wait for it.
  public enum MailboxOrder: Sendable, Hashable {
    /// In the orders that the real runtime can produce.
    case asRuntime
    /// In any order, which is all that the language promises.
    case unordered
  }

  /// How far around a fixed failure of the corpus schedules are tried.
  ///
  /// See ``FixCertificate``. Where only the corpus is replayed, at most 200 runs are spent.
  public struct Certificate: Sendable, Hashable {
    /// The number of runs that may be spent, shared among the fixed entries of a test; 0 to try
    /// nothing but what is stored.
    public var runs: Int
    /// How many races may be turned round one after another, at least 0.
    public var reversals: Int

    /// Makes one of its parts.
    public init(runs: Int = 2_000, reversals: Int = 3) {
      self.runs = runs
      self.reversals = reversals
    }
  }

  /// Which tasks a run may cancel besides those that the program cancels itself.
  public enum CancellationMode: String, Sendable, Hashable, CaseIterable {
    /// None: only the program cancels.
    case never
    /// Any task but the root, one a run, between any two steps.
    ///
    /// Three runs of four cancel a task, each another one at another moment; its children
    /// are cancelled with it. The body itself is never cancelled: what is to be, it must
    /// run in a task. A `CancellationError` that leaves the body of such a run is no
    /// failure. All else is checked as ever, so that expectations must hold whoever is
    /// cancelled: that every permit is back, not that every result is there.
    case anyTask
  }

  /// Where a step may be interrupted inside, so that steps of other tasks run before it goes on.
  ///
  /// What a step makes, wakes, cancels and unlocks goes on beside the rest of it: so the real
  /// runtime runs it. An interruption counts as a preemption, and a failure is shown with one only
  /// where it takes one. One of five schedules of the portfolio has whole steps. Linux alone has
  /// what this takes; where it is not to be had, and where a run comes to a call that blocks in a way
  /// that is not understood, a warning says so.
  public enum InterruptionMode: String, Sendable, Hashable, CaseIterable {
    /// Nowhere: each step runs from its beginning to its end.
    case never
    /// Before an operation whose order with those of other tasks matters: taking a lock,
    /// cancelling, asking whether one is cancelled, resuming a continuation, yielding to a stream,
    /// signalling, changing an atomic. Not before the first that a step does, which whole steps
    /// show.
    case before
    /// Also after a task was made or woken, and after a lock was given back.
    case everywhere
  }

  /// How many threads the pool has on which tasks and default actors run.
  ///
  /// A step has a thread of the pool from its beginning to its end, and keeps it where it blocks: at
  /// a semaphore, a condition, a group, a lock. Where all threads are blocked, nothing else of the
  /// pool can run, as natively on a machine with so many cores. As the runtime does, each priority
  /// has so many threads of its own. The main actor and executors of the program's own need none.
  /// It takes what ``FuzzConfiguration/interruptions`` take.
  public enum PoolWidth: Sendable, Hashable, ExpressibleByIntegerLiteral {
    /// As many as it takes, but for some schedules of the portfolio, which have one or two: what
    /// is found does not depend on the machine.
    case automatic
    /// As many as it takes: a pool is never too narrow.
    case unlimited
    /// So many, at least 1, in all schedules.
    case threads(Int)

    /// So many threads: `configuration.poolWidth = 2`.
    public init(integerLiteral value: Int) {
      self = .threads(value)
    }
  }

  /// What keeps crashes and hangs of the body away from the tests.
  public enum Isolation: String, Sendable, Hashable, CaseIterable {
    /// Runs are made in this process; a thread whose step crashes or hangs is stopped, and
    /// what follows is done in child processes.
    case automatic
    /// All runs are made in child processes: what they do to memory is not seen by the test.
    case process
    /// None: a crash ends the process, and a hang blocks it, as a debugger wants it.
    case none
  }

  /// How a failure is made small.
  public struct Shrinking: Sendable, Hashable {
    /// The number of runs that may be spent; 0 to leave the failure as found.
    public var runs: Int = 5_000
    /// How long it should take, more than zero.
    ///
    /// What is spent is counted by what runs and steps take on an ordinary machine, so that a
    /// failure becomes the same small one on a slow or a busy one, where it takes longer. At most
    /// a fifth goes to showing that no schedule with fewer preemptions fails. What takes sixty
    /// times as long is cut short, and the report says so.
    public var duration: Duration = .seconds(5)

    /// Makes one of its parts.
    public init(runs: Int = 5_000, duration: Duration = .seconds(5)) {
      self.runs = runs
      self.duration = duration
    }
  }
}
