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
    let number = InspectedStep.Number(task: step.task, ordinal: step.ordinal)
    let occurrence =
      earlier[number] ?? occurrences[Visit(task: step.task, function: function)] ?? 0
    return Interleaving.StepName(
      task: run.path(ofTask: step.task), ordinal: step.ordinal, function: function,
      occurrence: occurrence, executor: executorName(step.executor))
  }

  /// Counts the steps that have run since it was asked last.
  private func count() {
    run.forEachStep(from: counted) { number, resume in
      let function = symbolicator.place(of: .start(resume)).function
      let visit = Visit(task: number.task, function: function)
      earlier[number] = occurrences[visit, default: 0]
      occurrences[visit, default: 0] += 1
      counted += 1
    }
  }

  /// Where a step goes on.
  func place(_ step: InspectedStep.StepIdentity) -> CodePlace {
    symbolicator.place(of: .start(step.resume))
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
    case .serial, .taskExecutor: TypeName.short(Takeover.typeName(executor.type))
    }
  }
}
