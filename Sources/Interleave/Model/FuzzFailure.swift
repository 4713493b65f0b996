public import InterleaveEngine

/// What went wrong in a run, as one error whose description is the whole report.
public struct FuzzFailure: Error, Sendable {
  /// The kinds of failure.
  public enum Kind: String, Sendable, Hashable, CaseIterable {
    /// The body threw an error.
    case thrownError
    /// An `#expect` or `#require` failed.
    case expectation
    /// An `always` or `eventually` did not hold.
    case invariant
    /// Tasks wait for each other.
    case deadlock
    /// A task waits for a continuation that nothing will resume any more.
    case lostWakeUp
    /// All threads of the pool were blocked, and what they waited for needed one.
    case poolStarvation
    /// A task was alive after the body had ended.
    case leakedTask
    /// A continuation was dropped without being resumed.
    case leakedContinuation
    /// The run went on and on without coming to an end.
    case livelock
    /// Two tasks accessed the same memory, and nothing orders the two: where the thread sanitizer
    /// watches.
    case dataRace
    /// The code under test ended the process.
    case crash
    /// A step did not return.
    case hang
    /// A history that no sequential execution of the model explains.
    case notLinearizable
    /// The same choices gave another interleaving.
    case nondeterministic
    /// No run came in the order of checkpoints that was asked for.
    case unreachableOrder
    /// No choice was ever open, so nothing was tested.
    case nothingInterleaved
  }

  /// A place in the source, with all that a test framework wants to know of it.
  public struct SourceLocation: Sendable, Hashable, CustomStringConvertible {
    /// The module and the file.
    public var fileID: String
    /// The path of the file.
    public var filePath: String
    /// The line, from 1 on.
    public var line: Int
    /// The column, from 1 on.
    public var column: Int

    /// Makes one of its parts.
    public init(fileID: String, filePath: String, line: Int, column: Int) {
      self.fileID = fileID
      self.filePath = filePath
      self.line = line
      self.column = column
    }

    public var description: String {
      "\(filePath.split(separator: "/").last ?? ""):\(line)"
    }
  }

  /// The size of a run, as shrinking measures it.
  public struct Size: Sendable, Hashable {
    /// How many steps were run.
    public var steps: Int
    /// How often a task was interrupted that could have gone on.
    public var preemptions: Int
    /// How many choices depart from the ordinary order.
    public var deviations: Int
    /// The lanes of a generated program; 0 where none was generated.
    public var lanes: Int
    /// The operations of a generated program, those before its lanes included.
    public var operations: Int

    /// Makes one of its parts.
    public init(
      steps: Int, preemptions: Int, deviations: Int, lanes: Int = 0, operations: Int = 0
    ) {
      self.steps = steps
      self.preemptions = preemptions
      self.deviations = deviations
      self.lanes = lanes
      self.operations = operations
    }
  }

  /// A corpus entry that was not written, so that it can be committed by hand.
  public struct UnsavedEntry: Sendable, Hashable {
    /// The path that the file should have.
    public var path: String
    /// The content of the file.
    public var content: String
    /// Why it could not be written; nil where nothing is to be written, as on CI.
    public var reason: String?

    /// Makes one of its parts.
    public init(path: String, content: String, reason: String? = nil) {
      self.path = path
      self.content = content
      self.reason = reason
    }
  }

  /// A corpus entry whose schedule passes, while one nearby fails.
  public struct HalfFix: Sendable, Hashable {
    /// The file of the entry.
    public var corpusFile: String
    /// How many races have to be turned round to get from the one to the other.
    public var reversals: Int

    /// Makes one of its parts.
    public init(corpusFile: String, reversals: Int) {
      self.corpusFile = corpusFile
      self.reversals = reversals
    }
  }

  /// What was done about a corpus entry whose own interleaving is gone.
  public struct Repair: Sendable, Hashable {
    /// The entry near whose interleaving the failure was found.
    public var staleFile: String
    /// Why that entry does not fail by itself any more.
    public var reason: String
    /// The entry of this failure is in its place; false where nothing could be written.
    public var isWritten: Bool
    /// What changed from the old entry to the new one, as a unified diff; empty where nothing did.
    public var difference: String

    /// Makes one of its parts.
    public init(staleFile: String, reason: String, isWritten: Bool, difference: String) {
      self.staleFile = staleFile
      self.reason = reason
      self.isWritten = isWritten
      self.difference = difference
    }
  }

  /// How it went wrong.
  public var kind: Kind
  /// What went wrong, in a sentence or a few lines.
  public var message: String
  /// Where it went wrong, if that is a place in the source.
  public var sourceLocation: SourceLocation?
  /// The minimal interleaving that fails.
  public var interleaving: Interleaving
  /// The generated inputs, as Swift source where they can be printed so.
  public var inputs: [String]
  /// The generated operations, as Swift source where they can be printed so.
  public var operations: [String]
  /// The size of the first failing run, before shrinking.
  public var original: Size
  /// No schedule with fewer preemptions fails: all of them were tried.
  public var isMinimal: Bool
  /// The seed of the campaign that found it.
  public var seed: UInt64
  /// How many schedules were run before it failed, this one included.
  public var schedulesTried: Int
  /// The strategy whose schedule failed first, by name; nil for what was replayed.
  public var strategy: String?
  /// What each strategy was used for until it failed, the baseline left out.
  public var strategies: [StrategyShare]
  /// The file that keeps it, if it was written or replayed.
  public var corpusFile: String?
  /// The corpus entry that it was found around; nil where it was found otherwise.
  public var halfFix: HalfFix?
  /// What would have been written to the corpus, where nothing could be written.
  public var unsavedEntry: UnsavedEntry?
  /// The corpus entry that was repaired by it, if one was.
  public var repair: Repair?
  /// The command that runs the test again; nil for what runs in no test.
  public var replayCommand: String?
  /// The name of the test.
  public var test: String
  /// What left the control of the runs, so that a replay may differ.
  public var escapes: [String]
  /// What it takes to replay it; nil where there is no schedule to repeat.
  package var replayEntry: CorpusEntry?
  /// The calls in which a step crashed, innermost first, as far as they are the program's.
  public var callStack: [String] = []
  /// Failures of other kinds, or at other places, that were met while it was made small.
  public var others: [String] = []
  /// The time after which making it small was cut short; nil where it was not.
  package var shrinkingLimit: Duration?
  /// What the lanes of a spec did, where no order of it agrees with the model.
  package var history: JudgedHistory?
  /// It was one order that was run, and no search.
  package var isOneOrder = false
  /// The indices of the steps on which the failure can rest: those that happen before it; nil where
  /// that is not known.
  package var past: Set<Int>?
  /// All steps are told.
  package var isToldInFull = false
  /// What runs in other orders have shown of the interleaving; nil where none were made.
  package var findings: ExperimentFindings?

  /// Makes one of its parts.
  public init(
    kind: Kind, message: String, sourceLocation: SourceLocation? = nil,
    interleaving: Interleaving = Interleaving(), inputs: [String] = [],
    operations: [String] = [], original: Size = Size(steps: 0, preemptions: 0, deviations: 0),
    isMinimal: Bool = false, seed: UInt64 = 0, schedulesTried: Int = 0, strategy: String? = nil,
    strategies: [StrategyShare] = [], corpusFile: String? = nil, halfFix: HalfFix? = nil,
    unsavedEntry: UnsavedEntry? = nil, repair: Repair? = nil,
    replayCommand: String? = nil, test: String = "", escapes: [String] = []
  ) {
    self.kind = kind
    self.message = message
    self.sourceLocation = sourceLocation
    self.interleaving = interleaving
    self.inputs = inputs
    self.operations = operations
    self.original = original
    self.isMinimal = isMinimal
    self.seed = seed
    self.schedulesTried = schedulesTried
    self.strategy = strategy
    self.strategies = strategies
    self.corpusFile = corpusFile
    self.halfFix = halfFix
    self.unsavedEntry = unsavedEntry
    self.repair = repair
    self.replayCommand = replayCommand
    self.test = test
    self.escapes = escapes
  }
}
