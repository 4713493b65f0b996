import InterleaveEngine

/// The programs of a spec.
struct SpecProgram<Spec: ConcurrencySpec>: FuzzProgram {
  let spec: Spec
  let size: ProgramSize
  let judge: HistoryJudge<Spec.Operation, Spec.Response>?

  init(_ spec: Spec, _ size: ProgramSize) {
    self.spec = spec
    self.size = size
    judge = HistoryJudge.of(spec)
  }

  /// - Throws: ``ConfigurationError`` for a size that no program can have.
  init(
    _ spec: Spec, lanes: ClosedRange<Int>, operationsPerLane: ClosedRange<Int>,
    operationsBefore: ClosedRange<Int>
  ) throws(ConfigurationError) {
    let size = ProgramSize(
      lanes: lanes, operationsPerLane: operationsPerLane, operationsBefore: operationsBefore)
    try size.validate()
    self.init(spec, size)
  }

  var isGenerated: Bool { true }

  func makeRun(_ plan: DrawingPlan) -> any ProgramRun {
    SpecRun(program: self, plan: ProgramPlan(plan, size))
  }

  func write(_ draws: Draws, to writer: inout TapeWriter) {
    writer.put(draws, of: size)
  }

  func texts(of run: any ProgramRun) -> GeneratedTexts {
    guard let run = run as? SpecRun<Spec> else { return GeneratedTexts() }
    return GeneratedTexts(operations: run.lines.map(\.description))
  }
}

/// How large programs may be.
struct ProgramSize: Sendable, Hashable {
  var lanes: ClosedRange<Int>
  var operationsPerLane: ClosedRange<Int>
  var operationsBefore: ClosedRange<Int>

  /// - Throws: ``ConfigurationError`` for a size that no program can have.
  func validate() throws(ConfigurationError) {
    for (name, range, least) in [
      ("lanes", lanes, 1), ("operationsPerLane", operationsPerLane, 1),
      ("operationsBefore", operationsBefore, 0),
    ] where range.lowerBound < least {
      throw ConfigurationError("`\(name)` must be at least \(least) (was \(range.lowerBound))")
    }
  }
}

/// How many operations run where, and what each is drawn from.
struct ProgramPlan: Sendable {
  /// Where an operation comes from.
  enum Slot: Sendable {
    /// A seed; what it rejects is drawn again from others that follow from it.
    case fresh(seed: UInt64)
    /// The simplest operation, or where it may not be done, one from a seed.
    case simplest(seed: UInt64)
    case replay([Choice])
    /// What a tape says, or where that may not be done, an operation from a seed.
    case tape(Unchecked<Tape>, seed: UInt64)
    /// The operation with a text, preferably from its choices.
    case stored(text: String, [Choice])
    /// The operation with a text, or else whatever its choices make now.
    case adapted(text: String, [Choice])
  }

  /// The slots of the prefix, and then of each lane.
  var lanes: [[Slot]]
  /// Why the plan cannot be followed; nil where it can.
  var staleReason: String?

  init(_ plan: DrawingPlan, _ size: ProgramSize) {
    lanes = [[]]
    switch plan {
    case .simplest:
      let counts =
        [size.operationsBefore.lowerBound]
        + Array(repeating: size.operationsPerLane.lowerBound, count: size.lanes.lowerBound)
      lanes = counts.enumerated().map { lane, count in
        (0..<count).map { .simplest(seed: Self.seed(lane, $0)) }
      }
    case .tape(let tape):
      lanes = tape.value.takeCounts(size).enumerated().map { lane, count in
        (0..<count).map {
          .tape(Unchecked(tape.value.takeTape()), seed: Self.seed(lane, $0))
        }
      }
    case .fresh(let seed):
      var random = SplitMix64(seed: seed)
      let counts =
        [random.pick(size.operationsBefore)]
        + (0..<random.pick(size.lanes)).map { _ in random.pick(size.operationsPerLane) }
      lanes = counts.enumerated().map { lane, count in
        let laneSeed = SplitMix64.seed(seed, stream: UInt64(lane))
        return (0..<count).map { .fresh(seed: SplitMix64.seed(laneSeed, stream: UInt64($0))) }
      }
    case .replay(let draws):
      lanes = ([draws.prefix] + draws.lanes).map { $0.map { .replay($0.values) } }
    case .stored(let stored):
      read(stored) { .stored(text: $0, $1) }
    case .adapted(let stored):
      read(stored) { .adapted(text: $0, $1) }
    }
  }

  /// The seed of an operation of which nothing else is known.
  private static func seed(_ lane: Int, _ operation: Int) -> UInt64 {
    SplitMix64.seed(UInt64(lane), stream: UInt64(operation))
  }

  private mutating func read(
    _ stored: StoredDraws, as slot: (_ text: String, _ choices: [Choice]) -> Slot
  ) {
    let texts = stored.texts.operations
    guard texts.count == stored.rows.count else {
      staleReason =
        "it has \(texts.count) operations, but the choices of \(stored.rows.count)"
      return
    }
    for (text, row) in zip(texts, stored.rows) {
      // Each lane has an operation, so a higher number is none that was written.
      guard let line = OperationLine(text), line.lane <= texts.count,
        let choices = Choice.choices(of: row)
      else {
        staleReason = "`\(text)` with its choices is not an operation of a program"
        return
      }
      while lanes.count <= line.lane { lanes.append([]) }
      lanes[line.lane].append(slot(line.operation, choices))
    }
  }
}

extension SplitMix64 {
  fileprivate mutating func pick(_ range: ClosedRange<Int>) -> Int {
    range.lowerBound + below(range.count)
  }
}
