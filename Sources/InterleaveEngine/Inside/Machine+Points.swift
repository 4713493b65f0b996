import CInterleave

/// What becomes of a step that has come to a point: it goes on, or is parked while others run.
extension Machine {
  /// The running step has come to a point.
  ///
  /// - Returns: The carrier that goes on: the step's own if it is not interrupted; nil for a loop.
  func pointReached(_ carrier: OpaquePointer, _ point: il_point) -> OpaquePointer? {
    let own = ownEntry(at: point)
    settleHandled()
    if inside.takesSegments { noteHolds() }
    if point.is_vain {
      let pauses = il_carrier_pauses(carrier)
      if pauses, isOnlyOne(own) { return release(own, carrier) }
      park(carrier, own)
      if pauses { notePause() }
      noteWait(of: carrier)
      noteBlocking(&parked[parked.count - 1])
      return nil
    }
    guard !progress.hasFailed, inside.pool.suspicion == nil, let strategy = pointStrategy,
      tasks[Int(own.task)].steps < 1 << StepKey.stepBits
    else { return release(own, carrier) }
    if steps.count >= progress.settings.stepLimit {
      park(carrier, own)
      return nil
    }
    if isFair { return release(own, carrier) }
    collectAtPoint(own)
    if inside.takesSegments { steps[steps.count - 1].end = .interrupted }
    let pick = enabled.count > 1 ? pickAtPoint(strategy) : 0
    guard pick > 0 else {
      if inside.takesSegments { beginSegment(own) }
      return release(own, carrier)
    }
    park(carrier, own)
    if let index = parkedIndex(ofEnabled: pick) { return goOn(withParked: index) }
    inside.pendingPick = pick
    return nil
  }

  private func pickAtPoint(_ strategy: any Strategy) -> Int {
    progress.choices += 1
    inside.isAtPoint = true
    let pick = choose(with: strategy)
    inside.isAtPoint = false
    return pick < 0 || pick >= enabled.count ? refuse(pick) : pick
  }

  private func choose(with strategy: some Strategy) -> Int {
    strategy.choose(among: EnabledSteps(machine: self))
  }

  /// What the running step has still to do, as an enabled step.
  private func ownEntry(at point: il_point) -> RunQueue.Entry {
    let task = progress.currentTask
    let slot = freeSlots.popLast() ?? slots.extend()
    let step = steps[steps.count - 1]
    var ready = il_ready()
    ready.resume = point.site.map { UnsafeMutableRawPointer(mutating: $0) }
    ready.priority = step.priority
    ready.deadline = -1
    slots.pointer(at: Int(slot)).initialize(
      to: WaitingJob(
        ready: ready, task: task, executor: progress.currentExecutor, reason: .interrupted,
        cause: progress.currentStep, since: il_now(session)))
    let ordinal = StepKey.ordinal(ofStep: tasks[Int(task)].steps, point: point.number)
    points.append(
      ReachedPoint(
        task: task, ordinal: ordinal, point: InsidePoint(point),
        caller: UInt(bitPattern: point.caller)))
    return RunQueue.Entry(
      slot: slot, task: task, executor: progress.currentExecutor, ordinal: ordinal)
  }

  /// The step goes on at once.
  private func release(_ own: RunQueue.Entry, _ carrier: OpaquePointer) -> OpaquePointer {
    freeSlots.append(own.slot)
    return carrier
  }

  /// Collects what could run while a step is at a point: that itself first.
  func collectAtPoint(_ own: RunQueue.Entry) {
    queue.settle()
    enabled.removeAll()
    enabled.reserve(parked.count + queue.enabled.count + timers.count + 1)
    enabled.append(own)
    appendParked()
    let isMailbox = executors[Int(own.executor)].isMailbox
    for entry in queue.enabled.elements {
      if entry.task == own.task || (isMailbox && entry.executor == own.executor) { continue }
      if slots.pointer(at: Int(entry.slot)).pointee.isIdle || isTaken(entry) { continue }
      if findsThread(entry, besides: own) { enabled.append(entry) }
    }
    progress.first = -1
    progress.lastTask = own.task
    progress.lastTaskIsEnabled = true
    if !timers.isEmpty {
      collectTimers(waitingSince: min(oldestParked, il_now(session)), upTo: firstLimit)
      withholdTimers(besides: own)
    }
  }

  // MARK: Parking

  private func park(_ carrier: OpaquePointer, _ own: RunQueue.Entry) {
    parked.append(
      ParkedStep(carrier: carrier, entry: own, end: progress.currentEnd, since: il_now(session)))
    inside.parkings += 1
    if !inside.takesSegments { progress.limits.insert(.interruptions) }
    tasks[Int(own.task)].isParked = true
    steps[steps.count - 1].end = .interrupted
    progress.clock += 1
    progress.lastTask = own.task
    progress.currentStep = -1
    progress.currentTask = -1
  }

  /// Lets a parked step go on: what it does from here on is recorded as a step of its own.
  func goOn(withParked index: Int) -> OpaquePointer {
    let step = parked[index]
    begin(restOf: step.entry)
    progress.currentEnd = step.end
    tasks[Int(step.entry.task)].isParked = false
    inside.stepsBeforePause = step.stepsBeforePause
    freeSlots.append(step.entry.slot)
    parked.remove(at: index)
    return step.carrier
  }

  /// The running step goes on from a point, as a step of its own to those who look at the run.
  private func beginSegment(_ own: RunQueue.Entry) {
    progress.clock += 1
    begin(restOf: own)
  }

  /// Records the rest of a step that was interrupted.
  private func begin(restOf entry: RunQueue.Entry) {
    let passed = enabled[0]
    let now = il_now(session)
    let job = slots.pointer(at: Int(entry.slot))
    steps.append(
      RawStep(
        task: entry.task, executor: entry.executor, ordinal: entry.ordinal,
        cause: job.pointee.cause, resume: UInt(bitPattern: job.pointee.ready.resume), time: now,
        reason: .interrupted, priority: job.pointee.ready.priority, enabled: Int32(enabled.count),
        passedTask: passed.task, passedOrdinal: passed.ordinal,
        passedResume: UInt(bitPattern: slots.pointer(at: Int(passed.slot)).pointee.ready.resume),
        passedExecutor: passed.executor,
        isPreemption: progress.lastTaskIsEnabled && entry.task != progress.lastTask,
        isStall: false))
    precondition(now >= progress.instant, "virtual time must not run back")
    progress.instant = now
    progress.clock += 1
    let goesOn = entry.task == progress.lastTask && enabled.count > 1
    progress.streak = goesOn ? progress.streak + 1 : 0
    moments.append(
      StepMoments(
        earliest: progress.clock, latest: progress.clock, begin: progress.clock,
        firstTouch: touches.count, causeTouches: touches.count))
    progress.currentStep = Int32(steps.count - 1)
    progress.currentTask = entry.task
    progress.currentExecutor = entry.executor
  }
}
