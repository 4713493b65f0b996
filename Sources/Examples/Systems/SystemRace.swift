public import Interleave

/// A business rule that a system breaks under a race, and that its mended twin keeps.
public struct SystemRace: Sendable, CustomStringConvertible {
  /// How big the smallest failing run is, for whoever has to read it.
  public struct Size: Sendable, Hashable {
    public var tasks: Int
    public var steps: Int
    /// How often a task was interrupted, or a timer fired early.
    public var preemptions: Int
    /// The operations of a generated program; 0 where the program is fixed.
    public var operations: Int
  }

  typealias Scenario = @Sendable (_ rule: String) async throws -> Void
  typealias Search = @Sendable (_ fuzzer: Fuzzer, _ name: String) async -> FuzzOutcome

  /// The system, by the folder of its source.
  public let system: String
  /// What the corpus calls the race.
  public let name: String
  /// What must hold, in the words of the business.
  public let rule: String
  /// How the race shows.
  public let kind: FuzzFailure.Kind
  /// What a failure shrinks to, or less; in a debug build.
  public let size: Size
  /// Who has to be cancelled for the race to show.
  public let cancellation: FuzzConfiguration.CancellationMode
  private let racy: Search
  private let mended: Search
  private let forsaken: Search

  public var description: String { name }

  /// Makes a race from a scenario that is run as it is.
  init(
    _ system: String, _ name: String, _ rule: String, _ kind: FuzzFailure.Kind = .invariant,
    tasks: Int, steps: Int, preemptions: Int = 1,
    cancellation: FuzzConfiguration.CancellationMode = .never,
    racy: @escaping Scenario, mended: @escaping Scenario
  ) {
    self.system = system
    self.name = name
    self.rule = rule
    self.kind = kind
    self.cancellation = cancellation
    size = Size(tasks: tasks, steps: steps, preemptions: preemptions, operations: 0)
    self.racy = { await Self.search($0, $1) { try await racy(rule) } }
    self.mended = { await Self.search($0, $1) { try await mended(rule) } }
    forsaken = { await Self.search($0, $1) { try await Task { try await mended(rule) }.value } }
  }

  /// Makes a race from generated programs of operations.
  init<Racy: ConcurrencySpec, Mended: ConcurrencySpec>(
    _ system: String, _ name: String, _ rule: String, _ kind: FuzzFailure.Kind,
    tasks: Int, steps: Int, preemptions: Int = 1, operations: Int, racy: Racy, mended: Mended
  ) {
    self.system = system
    self.name = name
    self.rule = rule
    self.kind = kind
    cancellation = .never
    size = Size(tasks: tasks, steps: steps, preemptions: preemptions, operations: operations)
    self.racy = { await $0.run(named: $1, racy, fileID: Self.fileID) }
    self.mended = { await $0.run(named: $1, mended, fileID: Self.fileID) }
    forsaken = self.mended
  }

  /// Looks for the race where it is.
  ///
  /// - Parameters:
  ///   - fuzzer: What looks for it.
  ///   - cancellation: Who is cancelled; nil for what the race needs.
  public func inRacySystem(
    _ fuzzer: Fuzzer, cancellation: FuzzConfiguration.CancellationMode? = nil
  ) async -> FuzzOutcome {
    await racy(fuzzer.cancelling(cancellation ?? self.cancellation), name)
  }

  /// Looks for the race where it was mended.
  public func inMendedSystem(_ fuzzer: Fuzzer) async -> FuzzOutcome { await mended(fuzzer, name) }

  /// Looks for the race where it was mended, and anyone may give up at any moment.
  ///
  /// A scenario runs in a task of its own here, so that it may be cancelled as a whole, too.
  public func inForsakenSystem(_ fuzzer: Fuzzer) async -> FuzzOutcome {
    await forsaken(fuzzer.cancelling(.anyTask), name)
  }

  /// By which the corpus keeps the races in `corpus/Examples/Examples`.
  private static let fileID = "Examples/Examples.swift"

  private static func search(
    _ fuzzer: Fuzzer, _ name: String, _ body: @escaping @Sendable () async throws -> Void
  ) async -> FuzzOutcome {
    await fuzzer.run(named: name, fileID: fileID, body)
  }
}

extension SystemRace {
  /// The races of all systems.
  public static let all: [SystemRace] =
    CartRaces.all + GameRaces.all + ChatRaces.all + PoolRaces.all + TokenRaces.all
    + ImageRaces.all + JobRaces.all + HubRaces.all + DeviceRaces.all
}

extension Fuzzer {
  fileprivate func cancelling(_ cancellation: FuzzConfiguration.CancellationMode) -> Fuzzer {
    var fuzzer = self
    fuzzer.configuration.cancellation = cancellation
    return fuzzer
  }
}

extension SystemRace.Size {
  /// The size of a failure as it was shrunk.
  public init(_ failure: FuzzFailure) {
    let interleaving = failure.interleaving
    self.init(
      tasks: Set(interleaving.steps.map(\.name.task)).count, steps: interleaving.steps.count,
      preemptions: interleaving.preemptions + interleaving.stalls,
      operations: failure.operations.count)
  }
}

/// Does what its caller may give up: a task that was cancelled has nothing to show.
///
/// - Returns: What was done; nil if it was given up.
/// - Throws: What the work throws; ``Violation`` if it was given up, but not by its caller.
@discardableResult
func unlessCancelled<Value>(
  isolation: isolated (any Actor)? = #isolation, _ work: () async throws -> Value
) async throws -> Value? {
  do {
    return try await work()
  } catch is CancellationError {
    try expect(Task.isCancelled, "who has not given up gets an answer")
    return nil
  }
}
