internal import CInterleave
internal import Synchronization

/// A fact about the concurrency runtime that the take-over relies on.
///
/// ``Takeover/install()`` checks each of them once in a process, by runs of a few
/// steps, so that a runtime that differs is named and not met as a mystery.
package enum RuntimeFact: String, CaseIterable, Sendable {
  /// Calls of functions that Interleave stands in for come to it.
  case interposition
  /// Where a job keeps its kind, its number and where it goes on.
  case jobLayout
  /// The hook of the global executor sees the jobs of all threads.
  case globalHook
  /// A hop to an actor ends the step, and arrives as a job of its own.
  case actorHops
  /// The same for the main actor.
  case mainActorHops
  /// A job without a task may be run on any actor, and finds itself there.
  case simpleJobs
  /// A task that a step makes is known from its birth to its end.
  case taskCreation
  /// A sleep becomes a timer of the run, and moves its clocks.
  case virtualTime
  /// What the program draws at random comes from the run's seed.
  case virtualRandomness
  /// A suspended task has noted what it waits for.
  case dependencies
  /// A task has noted that it handles its cancellation, as long as it does.
  case cancellationHandlers
  /// A step that is interrupted inside finds its own task and accesses when it goes on, and what
  /// runs meanwhile its own.
  case carriers
  /// A step that comes to an atomic instruction of the program, or enters a function that is
  /// watched, is told of, and finds all as it was.
  case atomics
  /// Dispatch queues and work items keep what they are where it is looked for.
  case queues
  /// A task group keeps its children in a list, whose links are where they are looked for.
  case children

  /// Without it, nothing can be controlled.
  var isRequired: Bool { ![.carriers, .atomics, .queues, .children].contains(self) }

  /// What is wrong, if the fact does not hold.
  var complaint: String? { Self.checks[self]?() }

  /// Checks the fact.
  ///
  /// - Throws: ``TakeoverError`` if it does not hold.
  package func check() throws(TakeoverError) {
    guard let wrong = complaint else { return }
    throw TakeoverError(fact: wrong)
  }

  private static let checks: [RuntimeFact: @Sendable () -> String?] = [
    .interposition: {
      il_missed_calls().map {
        """
        calls of `\(String(cString: $0))` do not come to Interleave, because another library that \
        defines it comes first: link what contains Interleave before all others, and only once
        """
      }
    },
    .jobLayout: {
      let outcome = probe()
      return outcome.map { String(cString: $0) }
    },
    .globalHook: {
      guard probe() == nil, il_probe_count() > 0 else {
        return "swift_task_enqueueGlobal_hook is not called for a new task"
      }
      return nil
    },
    .actorHops: {
      let run = Probe { probe in
        let actor = Place()
        probe.isRight = await actor.isHere()
      }
      guard run.end == .clean, run.isRight else {
        return "a hop to an actor does not come back to the run"
      }
      return run.steps == 3 ? nil : "a hop to an actor does not end the step"
    },
    .mainActorHops: {
      let run = Probe { probe in probe.isRight = await onMain() }
      return run.end == .clean && run.isRight
        ? nil : "a hop to the main actor does not come back to the run"
    },
    .simpleJobs: {
      let place = Place()
      let isHere = try? Takeover.call(asIfOn: place.unownedExecutor) {
        il_is_on_executor(Takeover.identity(of: place.unownedExecutor))
      }
      return isHere == true ? nil : "a job without a task cannot be run as one of an actor"
    },
    .taskCreation: {
      let run = Probe { probe in
        async let child = 1
        let task = Task { 2 }
        let detached = Task.detached { 3 }
        let sum = await child + task.value + detached.value
        probe.isRight = sum == 6
      }
      return run.end == .clean && run.isRight && run.tasks == 4
        ? nil : "a task that a step makes is not known to the run from its birth to its end"
    },
    .virtualTime: {
      let run = Probe { probe in
        let (continuous, suspending) = (ContinuousClock(), SuspendingClock())
        let (c, s) = (continuous.now, suspending.now)
        try? await Task.sleep(for: .seconds(3600))
        probe.isRight =
          continuous.now - c == .seconds(3600) && suspending.now - s == .seconds(3600)
      }
      return run.end == .clean && run.isRight
        ? nil : "a sleep does not become a timer of the run, or its clocks are not virtual"
    },
    .virtualRandomness: {
      let draw: @Sendable (Probe) async -> Void = { probe in
        probe.number = UInt64.random(in: 0...UInt64.max)
      }
      return Probe(draw).number == Probe(draw).number
        ? nil : "random numbers do not come from the run's seed"
    },
    .dependencies: {
      let run = Probe { _ in
        let inner = Task {
          await withUnsafeContinuation { (_: UnsafeContinuation<Void, Never>) in }
        }
        await withTaskGroup(of: Void.self) { group in group.addTask { await inner.value } }
      }
      return run.waits == [.group([2]), .continuation(isLost: false), .task(1)]
        ? nil : "a suspended task has not noted what it waits for where it is looked for"
    },
    .cancellationHandlers: {
      let run = Probe { probe in
        let before = il_own_handlers()
        let (one, two) = await withTaskCancellationHandler {
          let one = il_own_handlers()
          return (
            one,
            await withTaskCancellationHandler {
              il_own_handlers()
            } onCancel: {
            }
          )
        } onCancel: {
        }
        probe.isRight = [before, one, two, il_own_handlers()] == [0, 1, 2, 0]
      }
      return run.end == .clean && run.isRight
        ? nil : "a task has not noted how it handles its cancellation where that is looked for"
    },
    .carriers: {
      // Where there can be none, no use is made of them.
      guard il_carriers_obstacle() == nil else { return nil }
      let wrong = Mutex<String?>("a step is not interrupted inside")
      let run = Probe(strategy: FirstOther(), interruptions: .before) { probe in
        let other = Task { il_carriers_probe_between() }
        il_carriers_probe_begin()
        _ = Task.isCancelled
        wrong.withLock { $0 = il_carriers_probe_end().map { String(cString: $0) } }
        await other.value
        probe.isRight = true
      }
      guard run.end == .clean, run.isRight else {
        return "a step that is interrupted inside does not come to its end"
      }
      return wrong.withLock { $0 }
    },
    // Where instructions cannot be watched, no use is made of that.
    .atomics: { il_watch_probe().map { String(cString: $0) } },
    // Where there are no carriers, no use is made of queues.
    .queues: { il_queues_obstacle().map { String(cString: $0) } },
    // Else the list is left as it is.
    .children: {
      let wrong = Mutex<String?>("a task group's children are not made by the run")
      let run = Probe { probe in
        await withTaskGroup(of: Void.self) { group in
          for _ in 0..<3 { group.addTask {} }
          wrong.withLock { $0 = il_siblings_probe().map { String(cString: $0) } }
        }
        probe.isRight = true
      }
      guard run.end == .clean, run.isRight else { return "a task group does not come to its end" }
      return wrong.withLock { $0 }
    },
  ]

  /// Makes a task of the native runtime and looks at its job as the hook sees it.
  private static func probe() -> UnsafePointer<CChar>? {
    il_probe_begin()
    Task.detached {}
    return il_probe_end()
  }
}

/// The outcome of a run of a few steps.
private final class Probe: @unchecked Sendable {
  var isRight = false
  var number: UInt64 = 0
  private(set) var end = RunEnd.stuck
  private(set) var steps = 0
  private(set) var tasks = 0
  private(set) var waits: [TaskWait] = []

  init(
    strategy: some Strategy = Baseline(), interruptions: Interruptions = .never,
    _ body: @escaping @Sendable (Probe) async -> Void
  ) {
    var settings = MachineSettings()
    settings.interruptions = interruptions
    settings.foreignGrace = 0
    settings.stepLimit = 100
    let machine = Machine(unchecked: settings)
    end = machine.run(strategy, RunStart(index: 0, seed: 0)) { Task { await body(self) } }
    steps = machine.stepCount
    tasks = machine.tasks.count
    waits = machine.liveTasks.map { machine.wait(of: $0) }
    machine.finish()
  }
}

/// Interrupts whoever can be for the first of the others.
private final class FirstOther: Strategy {
  func begin(_ run: RunStart) {}
  func choose(among steps: EnabledSteps) -> Int { steps[0].reason == .interrupted ? 1 : 0 }
}

private actor Place {
  func isHere() -> Bool {
    preconditionIsolated()
    return true
  }
}

@MainActor private func onMain() -> Bool { true }
