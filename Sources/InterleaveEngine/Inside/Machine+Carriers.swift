import CInterleave

/// Running a schedule whose steps can be interrupted inside.
///
/// The loop moves: a step that is interrupted stays on its carrier, and the loop goes on upon
/// another. When the step is chosen to go on, that loop returns, and the one beneath the step goes
/// on once the step has ended. The run's caller waits on the thread's own stack, on which no step
/// runs, so that a run can be over while steps are still parked.
extension Machine {
  /// Runs a schedule on carriers.
  ///
  /// - Returns: Nil where there is no memory for that.
  func runOnCarriers(_ strategy: some Strategy) -> RunEnd? {
    _ = Interruptions.obstacleAtAtomics
    inside.pool.width = poolWidth(of: strategy)
    // To ask whose type it is would cost a run of the default one more than some steps.
    let grain = strategy is Portfolio ? nil : (strategy as? any GrainedStrategy)?.grain
    inside.takesSegments = !settings.runsWholeSteps && grain == .segments
    parked.removeAll()
    pointStrategy = strategy
    carrierLoop = { [unowned self] in loopOnCarrier(strategy) }
    defer {
      pointStrategy = nil
      carrierLoop = nil
      forgetParked()
    }
    guard il_carriers_run(session, points(strategy)) else { return nil }
    return inside.end
  }

  /// Where the steps of a run can be interrupted.
  private func points(_ strategy: some Strategy) -> il_points {
    if settings.runsWholeSteps || !strategy.interruptsSteps { return IL_POINTS_NOWHERE }
    if inside.takesSegments || (strategy as? Replay)?.interruptsFirst == true {
      return IL_POINTS_FIRST
    }
    return settings.interruptions == .everywhere ? IL_POINTS_EVERYWHERE : IL_POINTS_BEFORE
  }

  /// Goes on with the run on the carrier that runs.
  ///
  /// - Returns: The carrier that is to go on; nil when the run is over.
  private func loopOnCarrier(_ strategy: some Strategy) -> OpaquePointer? {
    while true {
      var pick = inside.pendingPick
      inside.pendingPick = -1
      if pick < 0 {
        takeForeign()
        if isVoid { return end(.stuck) }
        if progress.hasCrashElsewhere { return end(.stuck) }
        if progress.mayCancel, parked.isEmpty { cancelIfDue() }
        if parked.isEmpty { collectEnabled() } else { collectEnabledInside() }
        if inside.pool.suspicion != nil, isStarvationCertain() { return end(.stuck) }
        if enabled.isEmpty {
          guard let over = endWithNothingEnabled() else { continue }
          return end(over)
        }
        if parked.isEmpty, queue.count == 0, holdsTime() { continue }
        if steps.count >= progress.fairness.nextLook, isAtLimit() { return end(.stepLimit) }
        if isFair { giveTurn() }
        pick = 0
        if enabled.count > 1, !progress.hasFailed, inside.pool.suspicion == nil {
          progress.choices += 1
          pick = strategy.choose(among: EnabledSteps(machine: self))
          if pick < 0 || pick >= enabled.count { pick = refuse(pick) }
        }
      }
      if let index = parkedIndex(ofEnabled: pick) { return goOn(withParked: index) }
      if progress.isObserved, let observer {
        performObserved(pick, observer)
      } else {
        perform(pick)
      }
      if progress.allowsLeaks, parked.isEmpty, onlyAllowedTasksGoOn { return end(.clean) }
      if progress.hasRecurringTimers, onlyRecurringTimersGoOn { return end(.clean) }
    }
  }

  private func end(_ end: RunEnd) -> OpaquePointer? {
    if end == .stuck { noteLockWaits() }
    inside.end = end
    return nil
  }

  /// What becomes of the run where nothing can go on; nil where something may after all.
  private func endWithNothingEnabled() -> RunEnd? {
    if inside.pool.withholds {
      widenPool()
      return nil
    }
    if parked.isEmpty {
      if progress.rootHasEnded, tasks.elements.allSatisfy(\.isOver) {
        return .clean
      }
    }
    if progress.allowsLeaks, onlyAllowedTasksGoOn { return .clean }
    if !hasCircleOfLocks, waitsAtStandstill() { return nil }
    return timers.isEmpty ? .stuck : .timeLimit
  }

  // MARK: What could go on

  /// Collects what could run now where steps are parked.
  private func collectEnabledInside() {
    queue.settle()
    inside.pool.withholds = false
    enabled.removeAll()
    enabled.reserve(parked.count + queue.enabled.count + timers.count)
    appendParked()
    appendWaiting()
    let first = enabled.elements.firstIndex { $0.task == progress.lastTask } ?? -1
    progress.first = -1
    progress.lastTaskIsEnabled = first >= 0 && progress.streak < Self.longestStreak
    if first > 0, progress.lastTaskIsEnabled { enabled.moveToFront(first) }
    let end = firstLimit
    if !timers.isEmpty {
      collectTimers(waitingSince: oldestParked, upTo: end)
      withholdTimers()
    }
    if end != .max { appendTimed(end) }
    guard enabled.isEmpty, !inside.pool.withholds else { return }
    // What waits for others than steps, or for being alone, is alone now. Who gives up that somebody
    // opens something does so when nobody else is left.
    var last: RunQueue.Entry?
    for step in parked.elements where il_carrier_may_go_on_alone(step.carrier) {
      guard il_carrier_wait(step.carrier).kind == IL_WAIT_FOR_OPENING else {
        enabled.append(step.entry)
        return
      }
      last = last ?? step.entry
    }
    if let last { enabled.append(last) }
  }

  /// Adds the steps that wait for a limited time, once it is the next thing that happens that it is
  /// over.
  private func appendTimed(_ end: Int64) {
    let areTimersDue = timers.first?.deadline == end
    let isIdle = enabled.elements.allSatisfy {
      areTimersDue && slots.pointer(at: Int($0.slot)).pointee.reason == .timer
    }
    guard isIdle else { return }
    for step in parked.elements where il_carrier_limit(step.carrier) == end {
      enabled.append(step.entry)
    }
  }

  /// When the first of the steps that are blocked for a limited time goes on in any case; `.max`
  /// where none is.
  var firstLimit: Int64 {
    parked.elements.lazy.filter { il_carrier_is_blocked($0.carrier) }
      .map { il_carrier_limit($0.carrier) }.min() ?? .max
  }

  func appendParked() {
    for index in parked.elements.indices {
      let step = parked[index]
      if il_carrier_is_blocked(step.carrier) { continue }
      if step.blockedSince != nil { noteEndOfBlocking(index) }
      enabled.append(step.entry)
    }
  }

  /// Adds the jobs that may run: none on an actor that a parked step is on, and none that waits
  /// for the program to come to rest.
  private func appendWaiting() {
    for entry in queue.enabled.elements {
      if slots.pointer(at: Int(entry.slot)).pointee.isIdle || isTaken(entry) { continue }
      if findsThread(entry) { enabled.append(entry) }
    }
  }

  /// Its task or its executor is amid a step.
  func isTaken(_ entry: RunQueue.Entry) -> Bool {
    let isMailbox = executors[Int(entry.executor)].isMailbox
    return parked.elements.contains {
      $0.entry.task == entry.task || (isMailbox && $0.entry.executor == entry.executor)
    }
  }

  /// The moment since which a parked step has been able to go on; `.max` if none can.
  var oldestParked: Int64 {
    let now = il_now(session)
    return parked.elements.lazy.filter { !il_carrier_is_blocked($0.carrier) }.map { step in
      let limit = il_carrier_limit(step.carrier)
      return limit <= now ? max(step.since, limit) : step.since
    }.min() ?? .max
  }

  func parkedIndex(ofEnabled index: Int) -> Int? {
    guard !parked.isEmpty else { return nil }
    let slot = enabled[index].slot
    return parked.elements.firstIndex { $0.entry.slot == slot }
  }

  // MARK: What is parked

  func forgetParked() {
    for step in parked.elements { tasks[Int(step.entry.task)].isParked = false }
    parked.removeAll()
  }

  /// Notes that a step waits for what no relation between steps tells.
  func noteWait(of carrier: OpaquePointer) {
    let limit = il_carrier_limit(carrier)
    guard limit != .max else { return }
    progress.limits.insert(.clocks)
    guard !tasks[Int(progress.lastTask)].isThread else { return }
    // Who sleeps holds the executor for as long, whatever others do meanwhile.
    let sleeps = il_carrier_wait(carrier).kind == IL_WAIT_FOR_OTHER
    if sleeps, limit - il_now(session) > progress.settings.slowStep { noteSlowStep() }
  }

  // MARK: Who waits for whom

  private func noteLockWaits() { notes.lockWaits = parked.elements.map(wait(of:)) }

  func wait(of step: ParkedStep) -> LockWait {
    let wait = il_carrier_wait(step.carrier)
    let point = points.elements.last {
      $0.task == step.entry.task && $0.ordinal == step.entry.ordinal
    }
    return LockWait(
      task: Int(step.entry.task), object: UInt(bitPattern: wait.object),
      site: UInt(bitPattern: wait.site), caller: point?.caller ?? 0,
      holder: wait.is_held ? holder(of: wait) : nil, isForEnd: wait.kind == IL_WAIT_FOR_END,
      heldSince: UInt(bitPattern: wait.held_since), call: wait.call.map { String(cString: $0) })
  }

  /// Who holds what a step waits for: of a task that another one's step began at once, that one, which
  /// cannot go on before.
  private func holder(of wait: il_lock_wait) -> Int {
    guard let step = parked.elements.first(where: { $0.carrier == wait.holding }) else {
      return Int(wait.holder)
    }
    return Int(step.entry.task)
  }

  /// Parked steps wait for locks that they hold themselves in a circle: nobody can help them.
  var hasCircleOfLocks: Bool {
    var holders: [Int: Int] = [:]
    for step in parked.elements {
      let wait = wait(of: step)
      holders[wait.task] = wait.holder
    }
    return holders.keys.contains { task in
      var next = task
      for _ in 0..<holders.count {
        guard let holder = holders[next] else { return false }
        if holder == task { return true }
        next = holder
      }
      return false
    }
  }

  // MARK: Who looks at the program between steps

  /// From here on in this run, no step is interrupted while it holds a lock.
  ///
  /// For who asks the program something between steps: a lock that it needs is free.
  package func spareLockHolders() { il_carriers_spare_holders(session) }

  /// A step that is interrupted inside holds a lock of the program.
  package var hasParkedLocks: Bool { il_carriers_have_parked_locks(session) }

  /// Nobody but the run's next step can be at what the program's objects hold: no step is
  /// interrupted inside, and no thread is known that works for the run.
  package var isAlone: Bool {
    parked.elements.isEmpty && !hasEscapes && callers.isEmpty && il_threads_of_runs() == 0
  }

  /// A step is interrupted inside that is on an executor.
  package func hasParkedStep(onExecutor identity: UInt) -> Bool {
    parked.elements.contains { executors[Int($0.entry.executor)].identity == identity }
  }

  /// Others ran inside of the step that has just ended.
  package var wasLastStepInterrupted: Bool { inside.wasLastInterrupted }

  /// How many stacks are kept for the next run.
  package var freeCarriers: Int { il_carriers_free(session) }

  /// Why no step was interrupted inside from some moment of the last run on; nil if they could be.
  package var endOfInterruptions: String? {
    il_carriers_off(session).map { String(cString: $0) }
  }
}
