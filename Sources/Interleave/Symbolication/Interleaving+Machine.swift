import InterleaveEngine

extension Interleaving {
  /// Names the steps of the run that a machine has just made.
  ///
  /// - Parameters:
  ///   - machine: The machine, before its run is finished.
  ///   - count: How many of the steps to take; all of them if nil.
  ///   - rootFunction: What the root task runs.
  ///   - symbolicator: Finds functions and lines.
  package init(
    _ machine: Machine, upTo count: Int? = nil, rootFunction: String,
    symbolicator: Symbolicator = .shared
  ) {
    self.init(
      steps: Array(machine.inspectSteps().prefix(count ?? .max)), tasks: machine.inspectTasks(),
      executors: machine.inspectExecutors().map(\.typeName), rootFunction: rootFunction,
      symbolicate: symbolicator.places)
  }

  /// Names the steps of a run.
  ///
  /// - Parameters:
  ///   - steps: The steps in order.
  ///   - tasks: All tasks of the run.
  ///   - executors: The name of each executor's type; empty for the global one.
  ///   - rootFunction: What the root task runs.
  ///   - symbolicate: Finds functions and lines of addresses.
  init(
    steps raw: [InspectedStep], tasks inspected: [InspectedTask], executors: [String],
    rootFunction: String, symbolicate: ([CodeAddress]) -> [CodePlace]
  ) {
    let taking = Set(raw.map(\.key.task)).sorted()
    let addresses =
      raw.map { CodeAddress.start($0.key.resume) }
      + raw.map { CodeAddress.start($0.passedOver.resume) }
      + taking.map { CodeAddress.afterCall(inspected[$0].site) }
    let places = symbolicate(addresses)
    var namer = StepNamer(tasks: inspected, executors: executors)
    let instances = Self.instances(of: raw.map(\.key.executor), executors)

    var steps: [Step] = []
    var deviations: [Deviation] = []
    for (index, step) in raw.enumerated() {
      let name = namer.name(step.key, in: places[index].function)
      if step.passedOver != step.key {
        let passed = namer.name(step.passedOver, in: places[raw.count + index].function)
        deviations.append(Deviation(index: index, picked: name, passedOver: passed))
      }
      namer.count(name)
      steps.append(
        Step(
          name: name, place: places[index].place, reason: step.reason, end: step.end,
          time: step.time, isPreemption: step.isPreemption, isStall: step.isStall,
          instance: instances[step.key.executor] ?? 0))
    }
    let tasks = zip(taking, places.suffix(taking.count)).map { task, made in
      let path = inspected[task].path
      let first = steps.first { $0.name.task == path && !$0.name.function.isEmpty }
      return TaskInfo(
        path: path, function: task == 0 ? rootFunction : first?.name.function ?? "",
        madeAt: task == 0 ? nil : made.place)
    }
    self.init(steps: steps, deviations: deviations, tasks: tasks.sorted { $0.path < $1.path })
  }

  /// The numbers of executors that share their type's name with another one, by
  /// the order of their first steps.
  private static func instances(of used: [Int], _ executors: [String]) -> [Int: Int] {
    var order: [String: [Int]] = [:]
    for executor in used where !executors[executor].isEmpty {
      let name = executors[executor]
      if order[name]?.contains(executor) != true { order[name, default: []].append(executor) }
    }
    var instances: [Int: Int] = [:]
    for same in order.values where same.count > 1 {
      for (index, executor) in same.enumerated() { instances[executor] = index + 1 }
    }
    return instances
  }
}

/// Counts how often each task went on in each function.
private struct StepNamer {
  private struct Occurrence: Hashable {
    var task: TaskPath
    var function: String
  }

  private let tasks: [InspectedTask]
  private let executors: [String]
  private var occurrences: [Occurrence: Int] = [:]

  init(tasks: [InspectedTask], executors: [String]) {
    self.tasks = tasks
    self.executors = executors
  }

  func name(
    _ step: InspectedStep.StepIdentity, in function: String
  ) -> Interleaving.StepName {
    let path = tasks[step.task].path
    return Interleaving.StepName(
      task: path, ordinal: step.ordinal, function: function,
      occurrence: occurrences[Occurrence(task: path, function: function)] ?? 0,
      executor: executors[step.executor])
  }

  mutating func count(_ name: Interleaving.StepName) {
    occurrences[Occurrence(task: name.task, function: name.function), default: 0] += 1
  }
}

extension InspectedExecutor {
  /// The name of its type without the module; empty for the global executor.
  fileprivate var typeName: String {
    switch kind {
    case .global: return ""
    case .main: return "MainActor"
    case .taskExecutor, .serial:
      let name = Takeover.typeName(type)
      return name.isEmpty ? "executor" : Self.withoutModule(name)
    }
  }

  /// `Bank` of `App.Bank`, and of `App.(unknown context at $7f3a).Bank`.
  private static func withoutModule(_ name: String) -> String {
    let head = name.prefix { $0 != "<" }
    let parts = head.split(separator: ".").filter { !$0.contains("unknown context") }
    return parts.count > 1 ? parts.dropFirst().joined(separator: ".") : String(head)
  }
}
