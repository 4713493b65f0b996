import CInterleave

/// Running one step.
extension Machine {
  /// Runs the step of a waiting job, or of a timer, to its end.
  ///
  /// - Parameters:
  ///   - index: Which of the enabled steps was chosen.
  func perform(_ index: Int) {
    let chosen = enabled[index]
    let passed = enabled[0]
    enabled.close()
    let slot = chosen.slot
    let job = slots.pointer(at: Int(slot))
    if job.pointee.reason == .timer {
      timers.remove(slot)
      il_advance(session, job.pointee.since)
    } else {
      queue.take(slot, hint: progress.placeInQueue(ofEnabled: index))
      if job.pointee.isIdle { progress.idlers -= 1 }
    }
    tasks[Int(job.pointee.task)].slot = -1
    begin(chosen, isBaseline: index == 0, passed: passed)
    // What the step queues may make the slots move, so that the job is copied; its
    // slot is free from here on.
    var ready = job.pointee.ready
    ready.witness = executors[Int(job.pointee.executor)].witness
    ready.is_native = executors[Int(job.pointee.executor)].isNative
    freeSlots.append(slot)
    if progress.settings.slowStep == .max {
      il_run_step(session, &ready)
    } else {
      let began = il_real_time()
      let parkings = inside.parkings
      il_run_step(session, &ready)
      let isSlow = il_real_time() - began > progress.settings.slowStep
      // What others did meanwhile is not the step's.
      let isThread = tasks[Int(steps[steps.count - 1].task)].isThread
      if isSlow, parkings == inside.parkings, !isThread { noteSlowStep() }
    }
    if progress.hasRescheduled { resumeRescheduled() }
    end()
  }

  private func begin(
    _ chosen: RunQueue.Entry, isBaseline: Bool, passed: RunQueue.Entry
  ) {
    inside.stepsBeforePause = nil
    let slot = chosen.slot
    let job = slots.pointer(at: Int(slot))
    let index = Int(job.pointee.task)
    let task = tasks.pointer(at: index)
    let executor = executors.pointer(at: Int(job.pointee.executor))
    let resume = UInt(bitPattern: job.pointee.ready.resume)
    let now = il_now(session)
    steps.append(
      RawStep(
        task: job.pointee.task, executor: job.pointee.executor, ordinal: task.pointee.steps,
        cause: job.pointee.cause, resume: resume, time: now, reason: job.pointee.reason,
        priority: job.pointee.ready.priority, enabled: Int32(enabled.count),
        passedTask: passed.task, passedOrdinal: passed.ordinal,
        passedResume: UInt(bitPattern: slots.pointer(at: Int(passed.slot)).pointee.ready.resume),
        passedExecutor: passed.executor,
        isPreemption: progress.lastTaskIsEnabled && job.pointee.task != progress.lastTask,
        isStall: job.pointee.reason == .timer && !isBaseline))
    precondition(now >= progress.instant, "virtual time must not run back")
    progress.instant = now
    progress.clock += 1
    let goesOn = job.pointee.task == progress.lastTask && enabled.count > 1
    progress.streak = goesOn ? progress.streak + 1 : 0
    queue.beginStep(slot, at: progress.clock)
    progress.currentStep = Int32(steps.count - 1)
    progress.currentTask = job.pointee.task
    progress.currentExecutor = job.pointee.executor
    progress.currentEnd = .suspended
    assert(
      task.pointee.isReady && task.pointee.steps == chosen.ordinal,
      "a task that runs was ready for this step")
    task.pointee.isReady = false
    task.pointee.lastResume = resume
    task.pointee.lastExecutor = job.pointee.executor
    noteMoments(of: slot, at: executor)
    noteContention(by: job.pointee.task, on: executor)
  }

  @inline(__always)
  private func noteMoments(
    of slot: Int32, at executor: UnsafeMutablePointer<ExecutorState>
  ) {
    let arrival = queue.jobs.pointer(at: Int(slot)).pointee.arrival
    moments.append(
      StepMoments(
        earliest: arrival.earliest, latest: arrival.latest,
        begin: progress.clock, firstTouch: touches.count,
        causeTouches: Int(slots.pointer(at: Int(slot)).pointee.causeTouches)))
    // A hop that left this actor has arrived by now: that may put it before others.
    guard executor.pointee.lastHop >= 0 else { return }
    touch(.mailbox(executor.pointee.lastHop), .second)
    executor.pointee.lastHop = -1
  }

  @inline(__always)
  private func noteContention(
    by index: Int32, on executor: UnsafeMutablePointer<ExecutorState>
  ) {
    if executor.pointee.lastTask >= 0, executor.pointee.lastTask != index {
      executor.pointee.isContended = true
    }
    executor.pointee.lastTask = index
  }

  private func end() {
    settleHandled()
    progress.clock += 1
    queue.endStep(on: progress.currentExecutor, at: progress.clock)
    tasks[Int(progress.currentTask)].steps += 1
    steps[steps.count - 1].end = progress.currentEnd
    progress.lastTask = progress.currentTask
    progress.currentStep = -1
    progress.currentTask = -1
  }
}
