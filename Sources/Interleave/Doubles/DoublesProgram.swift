import InterleaveEngine
import Synchronization

/// A program whose test doubles draw latencies and faults.
///
/// What they draw is recorded with the program's own draws, so that it is replayed, kept in the
/// corpus and shrunk with them. A program whose doubles draw nothing is as it would be alone.
final class DoublesProgram: FuzzProgram {
  private let program: any FuzzProgram
  private let hasDrawn = Atomic(false)

  init(_ program: any FuzzProgram) {
    self.program = program
  }

  var isGenerated: Bool { program.isGenerated || hasDrawn.load(ordering: .relaxed) }

  func makeRun(_ plan: DrawingPlan) -> any ProgramRun {
    var rest = plan
    let source: DoubleSource
    switch plan {
    // In most programs no double draws anything.
    case .fresh(let seed): source = DoubleSource(fresh: seed, for: self)
    case .simplest: source = DoubleSource(ChoiceSource(replaying: []), for: self)
    case .replay(let draws):
      source = DoubleSource(ChoiceSource(replaying: draws.doubles?.values ?? []), for: self)
    case .stored(var stored):
      let choices = Draws.takeDoubles(from: &stored.rows)
      source = DoubleSource(ChoiceSource(replaying: choices), for: self)
      rest = .stored(stored)
    case .adapted(var stored):
      let choices = Draws.takeDoubles(from: &stored.rows)
      source = DoubleSource(ChoiceSource(replaying: choices), for: self)
      rest = .adapted(stored)
    case .tape(let tape):
      // The program's own values are read first, by all of them.
      tape.value.rewindValues()
      source = DoubleSource(ChoiceSource(tape.value), for: self)
    }
    return DoublesRun(program.makeRun(rest), Unchecked(source))
  }

  fileprivate func noteDraw() { hasDrawn.store(true, ordering: .relaxed) }

  func write(_ draws: Draws, to writer: inout TapeWriter) {
    program.write(draws, to: &writer)
    writer.put(draws.doubles)
  }

  func texts(of run: any ProgramRun) -> GeneratedTexts {
    program.texts(of: (run as? DoublesRun)?.run ?? run)
  }
}

/// One run of a program, and what its doubles drew.
private final class DoublesRun: ProgramRun {
  let run: any ProgramRun
  private let source: Unchecked<DoubleSource>

  init(_ run: any ProgramRun, _ source: Unchecked<DoubleSource>) {
    self.run = run
    self.source = source
  }

  func body() async throws {
    LiveRun.current?.doubles.source = source.value
    try await run.body()
  }

  var draws: Draws {
    var draws = run.draws
    let drawn = source.value.recording
    draws.doubles = drawn.choices.isEmpty ? nil : drawn
    return draws
  }

  var staleReason: String? { run.staleReason }
  func judge() -> RunFailure? { run.judge() }
}

/// Draws latencies and faults for one run.
///
/// The simplest of all are the shortest latencies and no faults.
final class DoubleSource {
  /// Where its choices come from; nil while none was made of those that are fresh.
  private var choices: ChoiceSource?
  private let seed: UInt64
  private let program: DoublesProgram

  /// Makes a source of choices that are there.
  fileprivate init(_ choices: ChoiceSource, for program: DoublesProgram) {
    self.choices = choices
    self.program = program
    seed = 0
  }

  /// Makes a source of fresh choices.
  fileprivate init(fresh seed: UInt64, for program: DoublesProgram) {
    self.seed = seed
    self.program = program
  }

  var recording: Recording { choices?.recording ?? Recording() }

  /// How many latencies of a range are told apart, its least one not counted.
  private static let grain = 16

  /// Draws a latency of a range; both bounds are possible.
  func latency(in range: ClosedRange<Duration>) -> Duration {
    guard range.lowerBound < range.upperBound else { return range.lowerBound }
    let part = pick(Self.grain) { $0.below(Self.grain + 1) }
    return range.lowerBound + (range.upperBound - range.lowerBound) * part / Self.grain
  }

  /// Draws whether one of some faults happens, and which.
  ///
  /// - Parameter count: How many faults there are; at least 0.
  /// - Returns: The index of the fault; nil for none, as three times of four.
  func fault(among count: Int) -> Int? {
    guard count > 0 else { return nil }
    let drawn = pick(count) { $0.chance(1, in: 4) ? 1 + $0.below(count) : 0 }
    return drawn == 0 ? nil : drawn - 1
  }

  private func pick(_ limit: Int, _ fresh: (inout SplitMix64) -> Int) -> Int {
    // From here on runs differ by more than their schedules.
    program.noteDraw()
    let choices =
      choices ?? ChoiceSource(seed: SplitMix64.seed(seed, stream: Draws.doublesStream))
    self.choices = choices
    return Int(choices.integer(in: 0...Int128(limit), simplest: 0) { Int128(fresh(&$0)) })
  }
}

extension Draws {
  /// The stream of random numbers from which doubles draw.
  fileprivate static let doublesStream: UInt64 = 0xD0_0B1E
  /// What a row of words begins with that holds what doubles drew: no choice is written so.
  static let doublesMark: UInt64 = 9

  /// Takes the row of what doubles drew from the rows of a corpus entry.
  fileprivate static func takeDoubles(from rows: inout [[UInt64]]) -> [Choice] {
    guard let last = rows.last, last.first == doublesMark else { return [] }
    rows.removeLast()
    return Choice.choices(of: Array(last.dropFirst())) ?? []
  }
}
