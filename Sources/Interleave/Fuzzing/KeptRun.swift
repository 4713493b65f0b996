import InterleaveEngine

/// What a run did, kept so that another run of the same choices can be compared with it.
struct KeptRun {
  /// The choices, with the cancellation.
  let schedule: RecordedSchedule
  /// How it failed; nil where it passed.
  let failure: RunFailure?
  private let steps: [InspectedStep]
  private let tasks: [TaskPath]
  private let executors: [Int: String]

  /// Keeps the run that a machine has just ended, up to its failure.
  init(_ machine: Machine, failure: RunFailure?) {
    schedule = machine.recordedSchedule(upTo: failure?.steps)
    self.failure = failure
    steps = Array(machine.inspectSteps().prefix(schedule.steps.count))
    tasks = machine.inspectTasks().map(\.path)
    let namer = StepNamer(machine)
    executors = Dictionary(
      Set(steps.map(\.key.executor)).map { ($0, namer.executorName($0)) },
      uniquingKeysWith: { first, _ in first })
  }

  /// The first step in which the other run differs, which made the same choices.
  ///
  /// Only as many steps are compared as this run has, since what comes after a failure
  /// does not matter.
  func firstDifference(to other: KeptRun) -> Int? {
    Self.firstDifference(schedule.steps, other.schedule.steps, isPrefix: failure != nil)
  }

  /// The first index at which two runs took different steps, or could have.
  static func firstDifference(
    _ first: [RecordedStep], _ second: [RecordedStep], isPrefix: Bool
  ) -> Int? {
    let pairs = zip(first, second)
    if let index = pairs.enumerated().first(where: { $0.element.0 != $0.element.1 })?.offset {
      return index
    }
    let isSame = isPrefix ? second.count >= first.count : second.count == first.count
    return isSame ? nil : min(first.count, second.count)
  }

  /// A step in words.
  func words(ofStep index: Int) -> String {
    guard steps.indices.contains(index) else { return "the run was over" }
    let step = steps[index]
    let code = Symbolicator.shared.place(of: .start(step.key.resume))
    let function = code.function.isEmpty ? "" : " in \(code.function)"
    let place = code.place.map { " (\($0))" } ?? ""
    let executor = executors[step.key.executor] ?? ""
    let count = schedule.steps[index].enabled
    return "task \(tasks[step.key.task])\(function)\(place)"
      + (executor.isEmpty ? "" : " on \(executor)")
      + ", one of \(counted(count, "step")) that could run"
  }
}
