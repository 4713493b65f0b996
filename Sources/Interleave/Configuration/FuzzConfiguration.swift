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
  /// The seed of everything that is drawn at random; nil for a fresh one, or on
  /// CI for one that is derived from the test's name.
  public var seed: UInt64?
  /// What chooses the schedules.
  public var strategy: StrategyChoice = .portfolio
  /// The number of steps above which a run is reported as a livelock.
  public var stepLimit: Int = 100_000
  /// What is checked besides the body's own expectations.
  public var checks: Checks = .all
  /// When timers may fire while other work is waiting.
  public var time: TimeMode = .asRuntime(stall: .milliseconds(10))
  /// In which order an actor takes the jobs that wait for it.
  public var mailboxes: MailboxOrder = .asRuntime
  /// Where failures are kept.
  public var corpus: CorpusMode = .automatic
  /// How a failure is made small.
  public var shrinking: Shrinking = Shrinking()

  public init() {}
}

extension FuzzConfiguration {
  /// What chooses the schedules.
  public struct StrategyChoice: Sendable {
    /// The name by which an environment variable can ask for it.
    public let name: String
    let make: @Sendable () -> any Strategy

    /// Takes turns among the strategies that come with Interleave.
    public static let portfolio = StrategyChoice(name: "portfolio") { RandomWalk() }
    /// Chooses uniformly among the enabled steps.
    public static let randomWalk = StrategyChoice(name: "randomWalk") { RandomWalk() }
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

    /// The choice is left to Interleave, which may then search all interleavings.
    var mayProve: Bool { name == Self.portfolio.name }

    static let named = [portfolio, randomWalk, baseline]
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

    public static let all: Checks = [
      .leakedTasks, .leakedContinuations, .livelocks, .nothingInterleaved,
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

  /// How a failure is made small.
  public struct Shrinking: Sendable, Hashable {
    /// The number of runs that may be spent; 0 to leave the failure as found.
    public var runs: Int = 5_000

    public init(runs: Int = 5_000) {
      self.runs = runs
    }
  }
}
