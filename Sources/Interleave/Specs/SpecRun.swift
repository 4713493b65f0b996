import InterleaveEngine
import Synchronization

/// One run of a program of operations.
final class SpecRun<Spec: ConcurrencySpec>: ProgramRun {
  private typealias View = ModelView<Spec.Operation, Spec.Response>

  private struct Record: Sendable {
    var history = History<Spec.Operation, Spec.Response>()
    /// The operations that were begun, by lane; the prefix first.
    var operations: [[Spec.Operation]]
    var recordings: [[Recording]]
    var staleReason: String?
  }

  private let program: SpecProgram<Spec>
  private let plan: ProgramPlan
  private let record: Mutex<Record>

  private var spec: Spec { program.spec }

  init(program: SpecProgram<Spec>, plan: ProgramPlan) {
    self.program = program
    self.plan = plan
    let none = plan.lanes.map { _ in 0 }
    record = Mutex(
      Record(
        operations: none.map { _ in [] }, recordings: none.map { _ in [] },
        staleReason: plan.staleReason))
  }

  var staleReason: String? { record.withLock { $0.staleReason } }

  var draws: Draws {
    record.withLock { record in
      Draws(prefix: record.recordings[0], lanes: Array(record.recordings.dropFirst()))
        .withoutEmptyLanes
    }
  }

  /// The operations that were begun, lane by lane.
  var lines: [OperationLine] {
    let lanes = record.withLock { $0.operations }
    let begun = [lanes[0]] + lanes.dropFirst().filter { !$0.isEmpty }
    return begun.enumerated().flatMap { lane, operations in
      operations.map { OperationLine(lane: lane, operation: SwiftLiteral.describe($0)) }
    }
  }

  // MARK: Running

  func body() async throws {
    let subject = try await spec.makeSubject()
    spec.observe(subject)
    let start = Lane(
      number: 0, state: spec.makeLaneState(lane: 0, after: nil),
      view: program.judge?.makeView())
    let after = try await run(start, on: subject)
    if plan.lanes.count > 1 {
      try await withThrowingTaskGroup(of: Void.self) { group in
        for number in 1..<plan.lanes.count {
          let lane = Lane(
            number: number, state: spec.makeLaneState(lane: number, after: after.state),
            view: after.view)
          group.addTask { _ = try await self.run(lane, on: subject) }
        }
        try await group.waitForAll()
      }
    }
    try await spec.check(subject)
    try await spec.tearDown(subject)
  }

  /// What a lane knows.
  private struct Lane: Sendable {
    var number: Int
    var state: Spec.LaneState
    var view: View?
  }

  /// Runs the operations of a lane, one after the other.
  ///
  /// - Returns: What the lane knows in the end.
  private func run(_ lane: Lane, on subject: Spec.Subject) async throws -> Lane {
    var lane = lane
    for slot in plan.lanes[lane.number] {
      guard let operation = try draw(slot, lane) else { continue }
      record.withLock { _ = $0.history.invoke(operation, lane: lane.number) }
      let response: Spec.Response
      do {
        response = try await spec.perform(operation, on: subject)
      } catch let error as CancellationError where Task.isCancelled {
        guard lane.number > 0 else { throw error }
        break
      } catch {
        // At once: what the lane left undone might keep others from ending.
        LiveRun.current?.bodyThrew(error)
        throw error
      }
      record.withLock { $0.history.respond(response, lane: lane.number) }
      spec.update(&lane.state, after: operation, response: response)
      lane.view = lane.view?.after(operation, response)
    }
    return lane
  }

  func judge() -> RunFailure? {
    guard let judge = program.judge else { return nil }
    let history = record.withLock { $0.history }
    do {
      guard let (words, judged) = try judge.violation(history) else { return nil }
      return RunFailure(
        kind: .notLinearizable, message: words, location: nil, place: "\(Spec.self)",
        history: judged)
    } catch {
      return RunFailure(
        kind: .thrownError, message: "\(error)", location: nil, place: "\(Spec.self)",
        isMistake: error is SpecError)
    }
  }

  // MARK: Drawing

  /// How often an operation that may not be done is drawn again.
  private static var attempts: Int { 100 }
  /// How many operations are drawn to find one with a text.
  private static var searches: Int { 2_000 }

  /// Draws a lane's next operation.
  ///
  /// - Returns: Nil if it cannot be done after what the lane has done.
  private func draw(_ slot: ProgramPlan.Slot, _ lane: Lane) throws -> Spec.Operation? {
    let operations = spec.operations(after: lane.state)
    let drawn: Drawn?
    switch slot {
    case .fresh(let seed):
      drawn = try fresh(operations, seed, lane)
    case .simplest(let seed):
      drawn = try draw(operations, ChoiceSource(replaying: []), orFrom: seed, lane)
    case .tape(let tape, let seed):
      drawn = try draw(operations, ChoiceSource(tape.value), orFrom: seed, lane)
    case .replay(let choices):
      let replayed = try Drawn(operations, ChoiceSource(replaying: choices))
      drawn = isPossible(replayed, lane) ? replayed : nil
    case .stored(let text, let choices):
      drawn = try find(text, choices, operations)
      noteStale(text, drawn, lane)
    case .adapted(let text, let choices):
      let same = try find(text, choices, operations)
      let drawing = try same ?? Drawn(operations, ChoiceSource(replaying: choices))
      drawn = isPossible(drawing, lane) ? drawing : nil
    }
    guard let drawn else { return nil }
    record.withLock {
      $0.operations[lane.number].append(drawn.operation)
      $0.recordings[lane.number].append(drawn.recording)
    }
    return drawn.operation
  }

  private struct Drawn {
    var operation: Spec.Operation
    var recording: Recording

    init(_ operations: Generator<Spec.Operation>, _ source: ChoiceSource) throws {
      operation = try source(operations)
      recording = source.recording
    }
  }

  private func isPossible(_ drawn: Drawn, _ lane: Lane) -> Bool {
    spec.precondition(drawn.operation, in: lane.state)
      && lane.view?.accepts(drawn.operation) ?? true
  }

  /// Draws an operation, or where it may not be done, others from a seed.
  private func draw(
    _ operations: Generator<Spec.Operation>, _ source: ChoiceSource, orFrom seed: UInt64,
    _ lane: Lane
  ) throws -> Drawn? {
    let drawn = try Drawn(operations, source)
    return isPossible(drawn, lane) ? drawn : try fresh(operations, seed, lane)
  }

  /// Draws until an operation may be done.
  private func fresh(
    _ operations: Generator<Spec.Operation>, _ seed: UInt64, _ lane: Lane
  ) throws -> Drawn? {
    var rejected: [String] = []
    var seeds = SplitMix64(seed: seed)
    for _ in 0..<Self.attempts {
      let drawn = try Drawn(operations, ChoiceSource(seed: seeds.next()))
      if isPossible(drawn, lane) { return drawn }
      let text = SwiftLiteral.describe(drawn.operation)
      if rejected.count < 3, !rejected.contains(text) { rejected.append(text) }
    }
    // Nobody has done anything yet, so this is how every program begins.
    let isStart = record.withLock { $0.history.calls.isEmpty }
    guard !isStart || lane.number > 1 else {
      throw SpecError.preconditionNeverMet(spec: "\(Spec.self)", examples: rejected)
    }
    return nil
  }

  /// Finds the operation that is printed as a text: by its choices, by other alternatives for the
  /// first of them, as where the order of `oneOf` was changed, or at random.
  private func find(
    _ text: String, _ choices: [Choice], _ operations: Generator<Spec.Operation>
  ) throws -> Drawn? {
    func tries(_ source: ChoiceSource) throws -> Drawn? {
      let drawn = try Drawn(operations, source)
      return SwiftLiteral.describe(drawn.operation) == text ? drawn : nil
    }
    if let drawn = try tries(ChoiceSource(replaying: choices)) { return drawn }
    if case .integer? = choices.first {
      for alternative in Int128(0)..<64 {
        let other = [.integer(alternative)] + choices.dropFirst()
        if let drawn = try tries(ChoiceSource(replaying: other)) { return drawn }
      }
    }
    // One that was not found is enough: the entry is stale.
    guard staleReason == nil else { return nil }
    for seed in 0..<UInt64(Self.searches) {
      if let drawn = try tries(ChoiceSource(seed: seed)) { return drawn }
    }
    return nil
  }

  private func noteStale(_ text: String, _ drawn: Drawn?, _ lane: Lane) {
    let line = OperationLine(lane: lane.number, operation: text)
    let reason: String? =
      if let drawn {
        isPossible(drawn, lane) ? nil : "the precondition of `\(line)` is not met any more"
      } else {
        "its operation `\(line)` is not generated any more"
      }
    guard let reason else { return }
    record.withLock { $0.staleReason = $0.staleReason ?? reason }
  }
}
