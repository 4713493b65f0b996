import InterleaveEngine

/// Names the steps of one run for people and for the corpus.
///
/// It is made for one run, and not asked before that has begun.
final class StepNamer {
  private let run: any InspectedRun
  private let symbolicator = Symbolicator.shared
  /// How many steps of the run have been counted.
  private var counted = 0
  /// How often each task went on in each function.
  private var occurrences: [Visit: Int] = [:]
  /// For each step that was counted, how often its task had gone on there before.
  private var earlier: [InspectedStep.Number: Int] = [:]

  private struct Visit: Hashable {
    var task: Int
    var function: String
  }

  init(_ run: any InspectedRun) {
    self.run = run
  }

  /// The name of a step of the run, or of one that could run now.
  func name(_ step: InspectedStep.StepIdentity) -> Interleaving.StepName {
    count()
    let function = place(step).function
    let number = InspectedStep.Number(
      task: step.task, ordinal: StepKey.step(ofOrdinal: step.ordinal))
    let occurrence =
      earlier[number] ?? occurrences[Visit(task: step.task, function: function)] ?? 0
    return Interleaving.StepName(
      task: run.path(ofTask: step.task), ordinal: number.ordinal, function: function,
      occurrence: occurrence, executor: executorName(step.executor), inside: step.inside)
  }

  /// Counts the steps that have run since it was asked last.
  private func count() {
    run.forEachStep(from: counted) { number, resume in
      counted += 1
      // The rest of a step is no other.
      guard StepKey.step(ofOrdinal: number.ordinal) == number.ordinal else { return }
      let function = symbolicator.place(of: .start(resume)).function
      let visit = Visit(task: number.task, function: function)
      earlier[number] = occurrences[visit, default: 0]
      occurrences[visit, default: 0] += 1
    }
  }

  /// Where a step goes on.
  func place(_ step: InspectedStep.StepIdentity) -> CodePlace {
    let code = symbolicator.place(of: step.address)
    // A library's function that is compiled with the program has no lines.
    guard step.inside != nil, code.place == nil, step.caller != 0 else { return code }
    let caller = symbolicator.place(of: .afterCall(step.caller))
    return caller.place == nil ? code : caller
  }

  /// Where a task was made: in the user's code, where that can be told, although
  /// the call itself may be in a function of the runtime; nil for the root.
  func maker(of task: InspectedTask) -> CodePlace? {
    guard task.path.ordinals.count > 1 else { return nil }
    return [task.site, task.caller].lazy.filter { $0 != 0 }
      .map { [symbolicator] in symbolicator.place(of: .afterCall($0)) }
      .first { $0.place != nil }
  }

  /// The type of an executor, as people write it; empty for the global one.
  func executorName(_ index: Int) -> String {
    let executor = run.inspectExecutor(index)
    return switch executor.kind {
    case .global: ""
    case .main: "MainActor"
    case .queue: "queue \(Takeover.typeName(executor.type))"
    case .serial, .taskExecutor: TypeName.short(Takeover.typeName(executor.type))
    }
  }
}

extension InspectedStep.StepIdentity {
  /// Where it goes on: after the call of a function of Interleave, if it was interrupted inside.
  var address: CodeAddress { inside == nil ? .start(resume) : .afterCall(resume) }
}
