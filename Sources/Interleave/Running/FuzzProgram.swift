import InterleaveEngine

/// What a campaign runs, again and again: a body, with what is generated for it.
protocol FuzzProgram: Sendable {
  /// Something is generated, so that runs differ by more than their schedules.
  var isGenerated: Bool { get }
  /// Prepares a run.
  ///
  /// - Parameter plan: Where what is generated comes from.
  func makeRun(_ plan: DrawingPlan) -> any ProgramRun
  /// Writes what was generated, as a run by ``DrawingPlan/tape(_:)`` reads it.
  func write(_ draws: Draws, to writer: inout TapeWriter)
  /// What was generated, for people.
  func texts(of run: any ProgramRun) -> GeneratedTexts
}

extension FuzzProgram {
  func write(_ draws: Draws, to writer: inout TapeWriter) { writer.put(draws.inputs) }
}

/// One run of a program.
protocol ProgramRun: Sendable {
  /// What is run under a schedule.
  func body() async throws
  /// What was drawn so far.
  var draws: Draws { get }
  /// Why what is stored in the corpus is not generated any more; nil where it is.
  var staleReason: String? { get }
  /// Judges what happened, once nothing can run any more.
  func judge() -> RunFailure?
}

/// Where a run takes what it draws from.
enum DrawingPlan: Sendable {
  /// The simplest of all, as far as it is possible.
  case simplest
  /// Fresh choices.
  case fresh(seed: UInt64)
  /// Choices that were made before.
  case replay(Draws)
  /// What the corpus stores.
  case stored(StoredDraws)
  /// What comes nearest to what the corpus stores, where that is not generated any more.
  case adapted(StoredDraws)
  /// What a string of bytes says.
  case tape(Unchecked<Tape>)
}

/// What a corpus entry says of what was generated.
struct StoredDraws: Sendable {
  /// The inputs or operations, as text.
  var texts: GeneratedTexts
  /// The choices of each, as words.
  var rows: [[UInt64]]
}

/// What was generated, as Swift source where it can be printed so.
struct GeneratedTexts: Sendable, Hashable {
  var inputs: [String] = []
  var operations: [String] = []
}

/// A body alone, for which nothing is generated.
final class PlainProgram: FuzzProgram, ProgramRun {
  private let run: @Sendable () async throws -> Void

  init(_ run: @escaping @Sendable () async throws -> Void) {
    self.run = run
  }

  var isGenerated: Bool { false }
  func makeRun(_ plan: DrawingPlan) -> any ProgramRun { self }
  func texts(of run: any ProgramRun) -> GeneratedTexts { GeneratedTexts() }

  func body() async throws { try await run() }
  var draws: Draws { Draws() }
  var staleReason: String? { nil }
  func judge() -> RunFailure? { nil }
}
