import CInterleave

/// Running one step.
extension Machine {
  /// Runs the step of a waiting job, or of a timer, to its end.
  ///
  /// - Parameters:
  ///   - index: Which of the enabled steps was chosen.
  func perform(_ index: Int) {
    let (chosen, passed) = enabled.chosen(at: index)
    let slot = chosen.slot
    let job = slots.pointer(at: Int(slot))
    let waiting = queue.jobs.pointer(at: Int(slot))
    il_prefetch_step(&job.pointee.ready)
    let step = steps.place()
    let mailbox = queue.mailboxes.known(at: Int(chosen.executor))
    notePassed(passed, in: step)
    enabled.close()
    if job.pointee.reason == .timer {
      step.pointee.isStall = index != 0
      fire(slot, at: job.pointee.since)
    } else {
      step.pointee.isStall = false
      queue.take(slot, waiting, of: mailbox, hint: progress.placeInQueue(ofEnabled: index))
      if job.pointee.isIdle { progress.idlers -= 1 }
    }
    let executor = executors.known(at: Int(chosen.executor))
    begin(chosen, step, job, executor)
    queue.beginStep(slot, waiting, of: mailbox, at: progress.clock)
    noteMoments(waiting, job, at: executor)
    job.pointee.ready.witness = executor.pointee.witness
    job.pointee.ready.is_native = executor.pointee.isNative
    // The slot is free from here on: what the step queues may come to lie there.
    freeSlots.append(slot)
    if progress.settings.slowStep == .max {
      il_run_step(session, &job.pointee.ready)
    } else {
      runTimed(&job.pointee.ready)
    }
    if progress.hasRescheduled { resumeRescheduled() }
    end()
  }

  /// A timer's time has come.
  @inline(never)
  private func fire(_ slot: Int32, at deadline: Int64) {
    timers.remove(slot)
    il_advance(session, deadline)
  }

  /// Runs a step that is noted where it takes long.
  private func runTimed(_ ready: UnsafePointer<il_ready>) {
    let began = il_real_time()
    let parkings = inside.parkings
    il_run_step(session, ready)
    // What others did meanwhile is not the step's.
    if il_real_time() - began > progress.settings.slowStep, parkings == inside.parkings,
      !tasks[Int(steps[steps.count - 1].task)].isThread
    {
      noteSlowStep()
    }
  }

  /// Records which step the baseline would have taken, and of how many.
  @inline(__always)
  private func notePassed(_ passed: RunQueue.Entry, in step: UnsafeMutablePointer<RawStep>) {
    step.pointee.passedTask = passed.task
    step.pointee.passedOrdinal = passed.ordinal
    step.pointee.passedExecutor = passed.executor
    step.pointee.passedResume = UInt(
      bitPattern: slots.known(at: Int(passed.slot)).pointee.ready.resume)
    step.pointee.enabled = Int32(truncatingIfNeeded: enabled.count)
  }

  /// Records that a step begins.
  ///
  /// Nothing is made meanwhile that would move the job, its task or its executor.
  @inline(__always)
  private func begin(
    _ chosen: RunQueue.Entry, _ step: UnsafeMutablePointer<RawStep>,
    _ job: UnsafeMutablePointer<WaitingJob>, _ executor: UnsafeMutablePointer<ExecutorState>
  ) {
    inside.stepsBeforePause = nil
    let task = tasks.known(at: Int(chosen.task))
    assert(
      task.pointee.isReady && task.pointee.steps == chosen.ordinal,
      "a task that runs was ready for this step")
    let resume = UInt(bitPattern: job.pointee.ready.resume)
    let now = il_now(session)
    let isLast = chosen.task == progress.lastTask
    step.pointee.task = chosen.task
    step.pointee.executor = chosen.executor
    step.pointee.ordinal = chosen.ordinal
    step.pointee.cause = job.pointee.cause
    step.pointee.resume = resume
    step.pointee.time = now
    step.pointee.reason = job.pointee.reason
    step.pointee.priority = job.pointee.ready.priority
    step.pointee.end = .suspended
    step.pointee.isPreemption = progress.lastTaskIsEnabled && !isLast
    progress.streak = isLast && step.pointee.enabled > 1 ? progress.streak &+ 1 : 0
    precondition(now >= progress.instant, "virtual time must not run back")
    progress.instant = now
    progress.clock &+= 1
    progress.currentStep = Int32(truncatingIfNeeded: steps.count)
    progress.currentTask = chosen.task
    progress.currentExecutor = chosen.executor
    progress.currentEnd = .suspended
    steps.addPlaced()
    task.pointee.slot = -1
    task.pointee.isReady = false
    task.pointee.lastResume = resume
    task.pointee.lastExecutor = chosen.executor
    if executor.pointee.lastTask != chosen.task {
      if executor.pointee.lastTask >= 0 { executor.pointee.isContended = true }
      executor.pointee.lastTask = chosen.task
    }
  }

  /// Records when the job of a step arrived that begins.
  @inline(__always)
  private func noteMoments(
    _ waiting: UnsafeMutablePointer<RunQueue.Job>, _ job: UnsafeMutablePointer<WaitingJob>,
    at executor: UnsafeMutablePointer<ExecutorState>
  ) {
    let moment = moments.place()
    moment.pointee.earliest = waiting.pointee.arrival.earliest
    moment.pointee.latest = waiting.pointee.arrival.latest
    moment.pointee.begin = progress.clock
    moment.pointee.firstTouch = touches.count
    moment.pointee.causeTouches = Int(job.pointee.causeTouches)
    moments.addPlaced()
    // A hop that left this actor has arrived by now: that may put it before others.
    guard executor.pointee.lastHop >= 0 else { return }
    touch(.mailbox(executor.pointee.lastHop), .second)
    executor.pointee.lastHop = -1
  }

  @inline(__always)
  private func end() {
    settleHandled()
    progress.clock &+= 1
    queue.endStep(on: progress.currentExecutor, at: progress.clock)
    tasks.known(at: Int(progress.currentTask)).pointee.steps &+= 1
    steps.known(at: steps.count &- 1).pointee.end = progress.currentEnd
    progress.lastTask = progress.currentTask
    progress.currentStep = -1
    progress.currentTask = -1
  }
}
