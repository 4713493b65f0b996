// Model: the values that users see of what came of fuzzing.

public import InterleaveEngine

/// What an exploration did: how much was tried, and how much of it could matter.
public struct FuzzReport: Sendable, Hashable {
  /// How many schedules were tried, those of the corpus not included.
  public var schedules: Int
  /// How many interleavings differ in more than the order of independent steps.
  public var distinctInterleavings: Int
  /// How many steps were run in all.
  public var steps: Int
  /// Every interleaving was run and passed: a proof for this input under the dependency
  /// relation.
  ///
  /// The relation: only the order of steps matters that are of one task, made or woke one
  /// another, ran on the same actor, both ran outside of actors, sent to the same mailbox, took
  /// the same lock, awaited or cancelled the same task, or drew at random. What it cannot see
  /// breaks it: unsafe shared memory without a lock, atomics of C that are only loaded and
  /// stored, and when an object is freed. Nothing is claimed where a run entered code that
  /// uses atomics or a `Mutex`, where anything left the run's control, a timer competed with
  /// other work, tasks of different priorities met on an actor, a run was cut off for its
  /// length, or what tasks share cannot be watched: that takes Linux on x86-64, a program
  /// with its symbols, and no debugger.
  public var isExhaustive: Bool
  /// How many corpus entries were replayed.
  public var replayed: Int
  /// How long it took, in real time.
  public var elapsed: Duration
  /// How often more than one step could run, in all schedules.
  public var choices: Int
  /// The actors on which different tasks met, by type.
  public var contendedActors: [String]
  /// The places where the code under test left the control of the run.
  public var escapes: [String]
  /// What worked for runs that ``FuzzConfiguration/native`` leaves alone, and where.
  public var partners: [String] = []
  /// Why steps were run as wholes that could have been interrupted inside.
  ///
  /// Where ``FuzzConfiguration/interruptions`` was set, it is among the ``warnings``.
  public var wholeSteps: [String]
  /// What the author of the test should know although nothing failed.
  public var warnings: [String]
  /// The corpus files whose failure does not come up any more.
  public var fixed: [String]
  /// What was run around those.
  public var certificates: [FixCertificate]
  /// The corpus files whose interleaving does not exist any more.
  public var stale: [String]
  /// The corpus files whose interleaving has gone, but near which the same failure was found.
  public var repaired: [String]
  /// What each strategy was used for, the baseline left out.
  public var strategies: [StrategyShare]
  /// How likely one more schedule is to show what none has shown; nil where a schedule failed,
  /// where none was drawn at random, and where all there is was run.
  public var residualRisk: ResidualRisk?
  /// Which steps were seen in both orders; nil where a schedule failed, where all there is was run,
  /// and where it was not seen of any that they could run in either order.
  public var coverage: OrderCoverage?
  /// How many interleavings there are, and how many were tried; nil where a schedule failed, where all
  /// were run, which ``distinctInterleavings`` counts, and where that is not known.
  public var interleavings: InterleavingEstimate?
  /// Why there is no proof of a campaign that had to find out by itself whether one can be had.
  ///
  /// Nil where there is one, and where all that kept it away were too many interleavings. Where a proof
  /// was asked for, as by ``FuzzConfiguration/StrategyChoice/reduction``, it is among the ``warnings``.
  public var proofObstacle: String?
  /// Why no more schedules were tried; nil where none was.
  public var ending: Ending?
  /// In how many schedules a task was cancelled by the run.
  public var cancellations: Int
  /// In how many schedules each thing came about that ``sometimes(_:_:)`` looks for, by its name.
  public var sometimes: [String: Int] = [:]
  /// What the body returned, what came about most often first; empty where it returns nothing.
  public var outcomes: [Outcome] = []

  /// Makes one of its parts.
  public init(
    schedules: Int = 0, distinctInterleavings: Int = 0, steps: Int = 0,
    isExhaustive: Bool = false, replayed: Int = 0, elapsed: Duration = .zero, choices: Int = 0,
    contendedActors: [String] = [], escapes: [String] = [], warnings: [String] = [],
    fixed: [String] = [], stale: [String] = [], repaired: [String] = [],
    strategies: [StrategyShare] = [], residualRisk: ResidualRisk? = nil, ending: Ending? = nil,
    certificates: [FixCertificate] = [],
    cancellations: Int = 0, wholeSteps: [String] = []
  ) {
    self.schedules = schedules
    self.distinctInterleavings = distinctInterleavings
    self.steps = steps
    self.isExhaustive = isExhaustive
    self.replayed = replayed
    self.elapsed = elapsed
    self.choices = choices
    self.contendedActors = contendedActors
    self.escapes = escapes
    self.fixed = fixed
    self.stale = stale
    self.repaired = repaired
    self.warnings = warnings
    self.strategies = strategies
    self.residualRisk = residualRisk
    self.ending = ending
    self.certificates = certificates
    self.cancellations = cancellations
    self.wholeSteps = wholeSteps
  }
}

extension FuzzReport {
  /// A value that the body returned, as it prints, and how often it did.
  public struct Outcome: Codable, Sendable, Hashable {
    /// The value, shortened where it is long.
    public var value: String
    /// In how many schedules it was returned.
    public var count: Int
    /// The number of the first of these, from 1 on.
    public var firstSchedule: Int

    /// Makes one of its parts.
    public init(value: String, count: Int, firstSchedule: Int) {
      self.value = value
      self.count = count
      self.firstSchedule = firstSchedule
    }
  }
}
