import InterleaveEngine

/// Names the steps of a machine's run for people and for the corpus.
struct StepNamer {
  private let machine: Machine
  private let symbolicator = Symbolicator.shared

  init(_ machine: Machine) {
    self.machine = machine
  }

  /// The name of a step of the run, or of one that could run now.
  func name(_ step: InspectedStep.StepIdentity) -> Interleaving.StepName {
    let function = place(step).function
    var occurrence = 0
    machine.forEachStep(ofTask: step.task) { ordinal, resume in
      guard ordinal < step.ordinal else { return }
      if symbolicator.place(of: .start(resume)).function == function { occurrence += 1 }
    }
    return Interleaving.StepName(
      task: machine.path(ofTask: step.task), ordinal: step.ordinal, function: function,
      occurrence: occurrence, executor: executorName(step.executor))
  }

  /// Where a step goes on.
  func place(_ step: InspectedStep.StepIdentity) -> CodePlace {
    symbolicator.place(of: .start(step.resume))
  }

  /// The type of an executor, as people write it; empty for the global one.
  func executorName(_ index: Int) -> String {
    let executor = machine.inspectExecutor(index)
    return switch executor.kind {
    case .global: ""
    case .main: "MainActor"
    case .serial, .taskExecutor: TypeName.short(Takeover.typeName(executor.type))
    }
  }
}
