import CInterleave

/// A run that can be put into words: one that goes on, or one that was kept.
package protocol InspectedRun {
  /// The place of a task in the tree of task creation.
  func path(ofTask index: Int) -> TaskPath
  /// An executor of the run; 0 is the global one.
  func inspectExecutor(_ index: Int) -> InspectedExecutor
  /// Calls the body with the number of each step and the address where it goes on.
  ///
  /// - Parameter start: The index of the first step to tell.
  func forEachStep(
    from start: Int, _ body: (_ number: InspectedStep.Number, _ resume: UInt) -> Void)
}

extension Machine: InspectedRun {}

/// What a run did, with all that is needed to put it into words.
///
/// It outlives the run, and goes from one process to another.
package struct RunTrace: Sendable {
  package var steps: [InspectedStep]
  /// The tasks, in the order in which they were made.
  package var tasks: [InspectedTask]
  package var executors: [InspectedExecutor]
  /// The task that the run cancelled, and how many steps had run before.
  package var cancellation: Cancellation?
  /// Who let tasks go on, in the order of the run, where that was asked for.
  package var resumptions: [Resumption]
  /// What steps did, in their order, where that was noted.
  package var events: [RunEvent] = []
  /// It ended while it was cancelling a task, between two steps.
  package var isCancelling: Bool
  /// How many threads the pool had, where a step could not run for want of one.
  package var poolWidth: Int?
  /// What its random numbers were made from, where it drew any that were its own.
  package var randomSeed: UInt64?

  package struct Cancellation: Sendable, Hashable {
    package var task: Int
    package var steps: Int
  }
}

extension Machine {
  /// What the last run did.
  ///
  /// - Parameters:
  ///   - withResumptions: Who let tasks go on is told, too.
  ///   - isStopped: A step was stopped, so that no code of the program may run any more.
  package func trace(withResumptions: Bool = false, isStopped: Bool = false) -> RunTrace {
    RunTrace(
      steps: inspectSteps(), tasks: inspectTasks(),
      executors: (0..<executors.count).map { inspectExecutor($0) },
      cancellation: cancellation.map { .init(task: $0.task, steps: $0.steps) },
      resumptions: withResumptions ? resumptions() : [], events: tracedEvents(isStopped: isStopped),
      isCancelling: isCancelling, poolWidth: effectivePoolWidth, randomSeed: drawnSeed)
  }
}

extension RunTrace: InspectedRun {
  package func path(ofTask index: Int) -> TaskPath { tasks[index].path }

  package func inspectExecutor(_ index: Int) -> InspectedExecutor { executors[index] }

  package func forEachStep(
    from start: Int, _ body: (_ number: InspectedStep.Number, _ resume: UInt) -> Void
  ) {
    for step in steps.dropFirst(start) {
      body(.init(task: step.key.task, ordinal: step.key.ordinal), step.key.resume)
    }
  }
}

// MARK: - From a process to another

extension RunTrace {
  package func pack(into packet: inout Packet) {
    packet.put(all: steps)
    packet.put(tasks.count)
    for task in tasks {
      packet.put(all: task.path.ordinals)
      packet.put(all: [task.site, task.caller, task.entry, task.lastResume])
      packet.put(task.hasEnded)
      packet.put(task.isJob)
      packet.put(task.block)
      packet.put(task.blockKind.rawValue)
      packet.put(task.threadName)
    }
    packet.put(all: executors)
    let types = Set(executors.map(\.type)).subtracting([0]).sorted()
    packet.put(all: types)
    packet.put(types.map(Takeover.typeName))
    packet.put(cancellation)
    packet.put(resumptions.count)
    for resumption in resumptions {
      packet.put(resumption.task)
      packet.put(resumption.origin)
      packet.put(all: resumption.calls)
    }
    packet.put(events.count)
    for event in events {
      packet.put(event.kind)
      for number in [event.step, event.task, event.lock] { packet.put(number) }
      packet.put(event.hadEnded)
      packet.put(all: event.calls)
      packet.put(event.text)
    }
    packet.put(isCancelling)
    packet.put(poolWidth)
    packet.put(randomSeed)
  }

  /// Takes over a run of another process, and the names of types that only that has made.
  package init(from packet: inout Packet) {
    steps = packet.takeAll()
    let count: Int = packet.take()
    tasks = (0..<count).map { _ in
      let path = TaskPath(ordinals: packet.takeAll())
      let addresses: [UInt] = packet.takeAll()
      return InspectedTask(
        path: path, site: addresses[0], caller: addresses[1], entry: addresses[2],
        lastResume: addresses[3], hasEnded: packet.take(), isJob: packet.take(),
        block: packet.take(), blockKind: BlockKind(rawValue: packet.take()) ?? .plain,
        threadName: packet.takeText())
    }
    executors = packet.takeAll()
    let types = packet.takeAll(UInt.self)
    Takeover.learn(typeNames: Dictionary(zip(types, packet.takeTexts())) { $1 })
    cancellation = packet.take()
    let resumed: Int = packet.take()
    resumptions = (0..<resumed).map { _ in
      Resumption(task: packet.take(), origin: packet.take(), calls: packet.takeAll())
    }
    let happened: Int = packet.take()
    events = (0..<happened).map { _ in
      RunEvent(
        kind: packet.take(), step: packet.take(), task: packet.take(), lock: packet.take(),
        hadEnded: packet.take(), calls: packet.takeAll(), text: packet.takeText())
    }
    isCancelling = packet.take()
    poolWidth = packet.take()
    randomSeed = packet.take()
  }
}
