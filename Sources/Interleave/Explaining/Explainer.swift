// Explaining: what a run did, in words that name tasks, actors, places and values.

import InterleaveEngine

/// Puts a run into words.
struct Explainer {
  private let trace: RunTrace
  private let namer: StepNamer

  init(_ trace: RunTrace) {
    self.trace = trace
    namer = StepNamer(trace)
  }

  /// Names everything that took part in the run.
  ///
  /// - Parameters:
  ///   - count: The number of steps up to the failure.
  ///   - sights: What was seen of the steps of the run, if anything looked at them.
  func interleaving(upTo count: Int, with sights: StepSights? = nil) -> Interleaving {
    let steps = Array(trace.steps.prefix(count))
    // All at once: many addresses in one batch take little longer than one.
    _ = Symbolicator.shared.places(
      of: steps.flatMap { [$0.key.address, $0.passedOver.address] }
        + (sights?.callers.values.flatMap { $0.map(CodeAddress.start) } ?? []))
    let labels = actorLabels(steps)
    var deviations: [Interleaving.Deviation] = []
    let events = StepEvents(trace, upTo: count)
    let places = steps.enumerated().map { index, step in
      place(step.key, callers: sights?.callers[index] ?? [])
    }
    let named = zip(steps, places).enumerated().map { index, pair in
      let (step, code) = pair
      let name = namer.name(step.key)
      if step.key.task != step.passedOver.task || step.key.ordinal != step.passedOver.ordinal {
        deviations.append(
          Interleaving.Deviation(
            index: index, picked: name, passedOver: namer.name(step.passedOver),
            interruptedAt: step.passedOver.inside == nil
              ? nil : namer.place(step.passedOver).place))
      }
      var told = Interleaving.Step(
        name: name, actor: labels[step.key.executor],
        place: code?.place, caller: caller(of: step.key, in: code), reason: step.reason,
        end: step.end, time: step.time,
        changes: sights?.changes[index] ?? [], notes: sights?.notes[index] ?? [],
        events: events[index],
        isPreemption: step.isPreemption, isStall: step.isStall)
      told.isOwn = namer.place(step.key).isOwn
      told.cause = step.cause < 0 ? nil : step.cause
      told.enabled = step.enabled
      told.locks = events.locks(ofStep: index)
      told.calls = calls(step.key, callers: sights?.callers[index] ?? [])
      return told
    }
    return Interleaving(
      steps: named, deviations: deviations, tasks: tasks(in: steps, places),
      cancellation: cancellation(in: steps), poolWidth: trace.poolWidth,
      randomSeed: trace.randomSeed)
  }

  /// The task that was cancelled, if it was before the steps were over.
  private func cancellation(in steps: [InspectedStep]) -> Interleaving.Cancellation? {
    guard let cancelled = trace.cancellation, cancelled.steps <= steps.count else { return nil }
    return Interleaving.Cancellation(
      task: trace.path(ofTask: cancelled.task), index: cancelled.steps,
      after: namer.name(steps[cancelled.steps - 1].key))
  }

  /// Where a step goes on: in code of the runtime or of Interleave, where its nearest caller does;
  /// nil where none of them is the program's.
  private func place(_ step: InspectedStep.StepIdentity, callers: [UInt]) -> CodePlace? {
    let code = namer.place(step)
    if code.isUsers { return code }
    // One after the other: mostly the nearest will do, and the others are never shown.
    return callers.lazy.map { Symbolicator.shared.place(of: .start($0)) }.first { $0.isUsers }
  }

  /// The functions of the program in which a step goes on, the innermost first.
  private func calls(
    _ step: InspectedStep.StepIdentity, callers: [UInt]
  ) -> [Interleaving.Call] {
    // The first of the callers is the step's own function.
    let all =
      [namer.place(step)] + callers.dropFirst().map { Symbolicator.shared.place(of: .start($0)) }
    return all.compactMap { code in
      guard code.isUsers, !code.function.isEmpty, let place = code.place else { return nil }
      return Interleaving.Call(function: code.function, place: place)
    }
  }

  /// The function of the program in which a function of a library was called.
  private func caller(of step: InspectedStep.StepIdentity, in code: CodePlace?) -> String {
    guard let code, code.isUsers, !namer.place(step).isUsers else { return "" }
    return code.function
  }

  /// The tasks that ran, or whose steps were passed over.
  private func tasks(
    in steps: [InspectedStep], _ places: [CodePlace?]
  ) -> [Interleaving.TaskInfo] {
    let all = trace.tasks
    var involved = Set(steps.flatMap { [$0.key.task, $0.passedOver.task] })
    if let cancelled = trace.cancellation { involved.insert(cancelled.task) }
    var first: [Int: CodePlace] = [:]
    var last: [Int: InspectedStep.StepIdentity] = [:]
    for (step, place) in zip(steps, places) {
      let task = step.key.task
      if last[task] == nil || isOnQueue(step.key.executor) { last[task] = step.key }
      if first[task] == nil, let place, !place.function.isEmpty { first[task] = place }
    }
    return involved.sorted { all[$0].path < all[$1].path }.map { task in
      var info = info(all[task], first: first[task])
      if all[task].block > 0, all[task].blockKind == .thread {
        info.function = thread(all[task], running: info.function)
      } else if all[task].block > 0 {
        let step = last[task] ?? steps.first { $0.passedOver.task == task }?.passedOver
        info.function = block(all[task], on: step?.executor ?? 0)
      }
      return info
    }
  }

  /// ``thread 2 `loader` ``: by the name that it was given, or by what it runs.
  private func thread(_ task: InspectedTask, running function: String) -> String {
    let name = task.threadName.isEmpty ? function : task.threadName
    return name.isEmpty ? "thread \(task.block)" : "thread \(task.block) `\(name)`"
  }

  private func isOnQueue(_ executor: Int) -> Bool {
    [.queue, .main].contains(trace.inspectExecutor(executor).kind)
  }

  /// ``block 2 on queue `images` ``.
  private func block(_ task: InspectedTask, on executor: Int) -> String {
    let kind =
      switch task.blockKind {
      case .plain: "block"
      case .timer: "timer"
      case .iteration: "iteration"
      case .operation: "operation"
      case .thread: "thread"
      }
    let name = "\(kind) \(task.block)"
    if task.blockKind == .iteration { return "\(name) of concurrentPerform" }
    return switch trace.inspectExecutor(executor).kind {
    case .main: "\(name) on the main queue"
    case .queue:
      "\(name) on queue `\(Takeover.typeName(trace.inspectExecutor(executor).type))`"
    case .global, .serial, .taskExecutor: "\(name) of a queue"
    }
  }

  /// A task is called by the first function of the program in which it goes on:
  /// its closure is mostly behind a thunk that has no name.
  private func info(_ task: InspectedTask, first: CodePlace?) -> Interleaving.TaskInfo {
    let maker = namer.maker(of: task)
    let entry = Symbolicator.shared.place(of: .start(task.entry)).function
    let known = [first?.function, entry].compactMap(\.self).first { !$0.isEmpty }
    return Interleaving.TaskInfo(
      path: task.path,
      function: known ?? maker.map { $0.function.isEmpty ? "" : "a task of \($0.function)" } ?? "",
      madeAt: maker.flatMap { $0.isUsers ? $0.place : nil }, isJob: task.isJob)
  }

  /// Tells actors of one type apart, in the order in which they first ran a step.
  private func actorLabels(_ steps: [InspectedStep]) -> [Int: String] {
    var seen: Set<Int> = []
    let order = steps.map(\.key.executor).filter { seen.insert($0).inserted }
    let names = order.map { index in (index, namer.executorName(index)) }
    let counts = Dictionary(names.map { ($0.1, 1) }, uniquingKeysWith: +)
    var numbers: [String: Int] = [:]
    var labels: [Int: String] = [:]
    for (index, name) in names {
      numbers[name, default: 0] += 1
      let isOne = name.isEmpty || counts[name] == 1
      labels[index] = isOne ? name : "\(name)\u{A0}#\(numbers[name] ?? 1)"
    }
    return labels
  }
}
