import InterleaveEngine

/// On which terms the run of a tape is made.
struct TapeTerms: Equatable {
  /// Steps can be interrupted inside, where that is configured.
  var interruptsSteps = false
  /// How many threads the pool has; 0 for what is configured.
  var poolWidth = 0
  /// The seed of what the program draws at random by itself.
  var seed: UInt64 = 0
  /// After how many steps a task is cancelled, and which of those that can be, by its place.
  var cancellation: Cancellation?

  struct Cancellation: Equatable {
    var steps: Int
    var victim: Int
  }

  init() {}

  private static let mostThreads = 31

  init(from tape: Tape) {
    let flags = tape.takeChoice(1)
    interruptsSteps = flags & 1 != 0
    if flags & 2 != 0 {
      let steps = Int(tape.takeChoice(2))
      cancellation = Cancellation(steps: steps, victim: Int(tape.takeChoice(1)))
    }
    if flags & 4 != 0 { seed = tape.takeChoice(8) }
    poolWidth = Int(flags >> 3)
  }

  /// - Returns: They can be written.
  func write(to writer: inout TapeWriter) -> Bool {
    guard poolWidth <= Self.mostThreads, cancellation?.steps ?? 0 <= UInt16.max,
      cancellation?.victim ?? 0 <= UInt8.max
    else { return false }
    writer.putChoice(
      UInt64(
        (interruptsSteps ? 1 : 0) | (cancellation == nil ? 0 : 2) | (seed == 0 ? 0 : 4)
          | poolWidth << 3), 1)
    if let cancellation {
      writer.putChoice(UInt64(cancellation.steps), 2)
      writer.putChoice(UInt64(cancellation.victim), 1)
    }
    if seed != 0 { writer.putChoice(seed, 8) }
    return true
  }
}

extension RunRequest {
  /// The run that a string of bytes stands for.
  ///
  /// - Parameter cancels: Runs may cancel a task.
  static func tape(_ bytes: [UInt8], cancels: Bool) -> RunRequest {
    tape(Tape(bytes), cancels: cancels, counters: nil)
  }

  /// The run that a tape stands for.
  ///
  /// - Parameter counters: What counts the orders that the run shows.
  static func tape(_ tape: Tape, cancels: Bool, counters: OrderCounters?) -> RunRequest {
    let terms = TapeTerms(from: tape)
    var request = RunRequest(
      strategy: TapeStrategy(tape, counters), plan: .tape(Unchecked(tape)))
    if cancels { request.canceller = terms.cancellation.map { TapeCancellation($0) } }
    request.terms.seed = terms.seed
    request.terms.runsWholeSteps = !terms.interruptsSteps
    request.terms.poolWidth = terms.poolWidth == 0 ? nil : terms.poolWidth
    return request
  }
}

/// Takes the choices of a run from a tape.
private final class TapeStrategy: Strategy {
  private let tape: Tape
  private let start: Int
  private let counters: OrderCounters?

  init(_ tape: Tape, _ counters: OrderCounters?) {
    self.tape = tape
    self.counters = counters
    start = tape.position
  }

  func begin(_ run: RunStart) { tape.rewindChoices(to: start) }

  func choose(among steps: EnabledSteps) -> Int { tape.pick(below: steps.count) }

  func end(_ run: RunRecord) { counters?.note(run) }
}

/// Cancels a task after so many steps.
private final class TapeCancellation: Canceller {
  private let cancellation: TapeTerms.Cancellation

  init(_ cancellation: TapeTerms.Cancellation) {
    self.cancellation = cancellation
  }

  func begin() {}

  func choose(at moment: CancellationMoment) -> Int? {
    guard moment.stepCount >= cancellation.steps else { return nil }
    let tasks = moment.tasks
    return tasks.isEmpty ? nil : tasks[cancellation.victim % tasks.count]
  }
}

// MARK: Writing

/// Notes what a run chooses, so that it can be written on a tape.
final class TapeRecorder: Strategy {
  private let strategy: any Strategy
  private var picks: [(pick: Int, count: Int)] = []
  private let canceller: RecordedCanceller?
  private let request: RunRequest

  /// - Parameter request: The run that will be noted.
  init(_ request: RunRequest) {
    self.request = request
    strategy = request.strategy
    canceller = request.canceller.map { RecordedCanceller($0) }
  }

  /// The same run, noted.
  var recording: RunRequest {
    var request = request
    request.strategy = self
    request.canceller = canceller
    request.wants.formUnion([.draws])
    return request
  }

  func begin(_ run: RunStart) {
    picks = []
    strategy.begin(run)
  }

  func choose(among steps: EnabledSteps) -> Int {
    let pick = strategy.choose(among: steps)
    picks.append((pick, steps.count))
    return pick
  }

  func end(_ run: RunRecord) { strategy.end(run) }
  var interruptsSteps: Bool { strategy.interruptsSteps }
  var poolWidth: Int? { strategy.poolWidth }

  /// The tape of the run that was noted.
  ///
  /// - Returns: Nil where its terms are none that can be told.
  func bytes(_ draws: Draws, of program: any FuzzProgram) -> [UInt8]? {
    var terms = TapeTerms()
    terms.interruptsSteps = !request.terms.runsWholeSteps
    terms.poolWidth = request.terms.poolWidth ?? 0
    terms.seed = request.terms.randomSeed ?? request.terms.seed ?? 0
    terms.cancellation = canceller?.cancellation
    var writer = TapeWriter()
    guard terms.write(to: &writer) else { return nil }
    for (pick, count) in picks { writer.putPick(pick, below: count) }
    program.write(draws, to: &writer)
    return writer.bytes
  }
}

/// Notes whom a canceller cancels.
private final class RecordedCanceller: Canceller {
  private let canceller: any Canceller
  private(set) var cancellation: TapeTerms.Cancellation?

  init(_ canceller: any Canceller) {
    self.canceller = canceller
  }

  func begin() {
    cancellation = nil
    canceller.begin()
  }

  func choose(at moment: CancellationMoment) -> Int? {
    guard let task = canceller.choose(at: moment) else { return nil }
    cancellation = moment.tasks.firstIndex(of: task).map {
      TapeTerms.Cancellation(steps: moment.stepCount, victim: $0)
    }
    return task
  }
}
