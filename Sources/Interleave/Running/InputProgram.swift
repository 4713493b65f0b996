import InterleaveEngine
import Synchronization

/// A body that is called with generated values.
struct InputProgram<Values>: FuzzProgram {
  let generator: Generator<Values>
  /// Each value as Swift source.
  let describe: @Sendable (Values) -> [String]
  let body: @Sendable (Values) async throws -> Void

  var isGenerated: Bool { true }

  func makeRun(_ plan: DrawingPlan) -> any ProgramRun {
    InputRun(program: self, plan: plan)
  }

  func texts(of run: any ProgramRun) -> GeneratedTexts {
    guard let choices = run.draws.inputs?.values,
      let values = try? ChoiceSource(replaying: choices)(generator)
    else { return GeneratedTexts() }
    return GeneratedTexts(inputs: describe(values))
  }
}

/// One call with generated values.
private final class InputRun<Values>: ProgramRun {
  private let program: InputProgram<Values>
  private let plan: DrawingPlan
  private let state = Mutex((draws: Draws(), staleReason: String?.none))

  init(program: InputProgram<Values>, plan: DrawingPlan) {
    self.program = program
    self.plan = plan
  }

  var draws: Draws { state.withLock { $0.draws } }
  var staleReason: String? { state.withLock { $0.staleReason } }
  func judge() -> RunFailure? { nil }

  func body() async throws {
    let source = plan.makeSource()
    let result = Result { try source(program.generator) }
    state.withLock { $0.draws.inputs = source.recording }
    let values = try result.get()
    if case .stored(let stored) = plan { compare(values, with: stored, fit: source.fit) }
    try await program.body(values)
  }

  /// Tells whether the generators still make what is stored.
  private func compare(_ values: Values, with stored: StoredDraws, fit: ReplayFit) {
    let texts = program.describe(values)
    guard texts != stored.texts.inputs else { return }
    let changes = zip(texts, stored.texts.inputs).enumerated().compactMap { index, pair in
      pair.0 == pair.1 ? nil : "input \(index + 1) is `\(pair.0)` now and was `\(pair.1)`"
    }
    let number =
      texts.count == stored.texts.inputs.count
      ? nil : "there are \(texts.count) inputs now and were \(stored.texts.inputs.count)"
    let fit = fit.isExact ? nil : "of the stored choices, \(fit)"
    state.withLock {
      $0.staleReason =
        "its generators make other inputs: "
        + ([number, fit].compactMap(\.self) + changes).joined(separator: "; ")
    }
  }
}

extension DrawingPlan {
  /// Makes a source of the inputs.
  fileprivate func makeSource() -> ChoiceSource {
    switch self {
    case .simplest: ChoiceSource(replaying: [])
    case .fresh(let seed): ChoiceSource(seed: seed)
    case .replay(let draws): ChoiceSource(replaying: draws.inputs?.values ?? [])
    case .stored(let stored), .adapted(let stored):
      ChoiceSource(replaying: stored.rows.first.flatMap { Choice.choices(of: $0) } ?? [])
    case .tape(let tape): ChoiceSource(tape.value)
    }
  }
}
