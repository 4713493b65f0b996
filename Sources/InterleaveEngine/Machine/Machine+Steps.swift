import CInterleave

/// Running one step.
extension Machine {
  /// Runs the step of a waiting job, or of a timer, to its end.
  ///
  /// - Parameters:
  ///   - index: Which of the enabled steps was chosen.
  func perform(_ index: Int) {
    let chosen = enabled[index]
    let passed = index == 0 ? chosen : enabled[0]
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
    let task = tasks.pointer(at: Int(chosen.task))
    let executor = executors.pointer(at: Int(chosen.executor))
    task.pointee.slot = -1
    begin(chosen, job, task, executor, isBaseline: index == 0, passed: passed)
    // What the step queues may make the slots move, so that the job is copied; its
    // slot is free from here on.
    var ready = job.pointee.ready
    ready.witness = executor.pointee.witness
    ready.is_native = executor.pointee.isNative
    freeSlots.append(slot)
    if progress.settings.slowStep == .max {
      il_run_step(session, &ready)
    } else {
      let began = il_real_time()
      let parkings = inside.parkings
      il_run_step(session, &ready)
      // What others did meanwhile is not the step's.
      if il_real_time() - began > progress.settings.slowStep, parkings == inside.parkings,
        !tasks[Int(steps[steps.count - 1].task)].isThread
      {
        noteSlowStep()
      }
    }
    if progress.hasRescheduled { resumeRescheduled() }
    end()
  }

  /// Records that a step begins.
  ///
  /// Nothing is made meanwhile that would move the job, its task or its executor.
  @inline(__always)
  private func begin(
    _ chosen: RunQueue.Entry, _ job: UnsafeMutablePointer<WaitingJob>,
    _ task: UnsafeMutablePointer<TaskState>, _ executor: UnsafeMutablePointer<ExecutorState>,
    isBaseline: Bool, passed: RunQueue.Entry
  ) {
    inside.stepsBeforePause = nil
    let resume = UInt(bitPattern: job.pointee.ready.resume)
    let now = il_now(session)
    let progress = progressStorage
    let count = enabled.count
    let isLast = chosen.task == progress.pointee.lastTask
    steps.append(
      RawStep(
        task: chosen.task, executor: chosen.executor, ordinal: task.pointee.steps,
        cause: job.pointee.cause, resume: resume, time: now, reason: job.pointee.reason,
        priority: job.pointee.ready.priority, enabled: Int32(truncatingIfNeeded: count),
        passedTask: passed.task, passedOrdinal: passed.ordinal,
        passedResume: UInt(bitPattern: slots.pointer(at: Int(passed.slot)).pointee.ready.resume),
        passedExecutor: passed.executor,
        isPreemption: progress.pointee.lastTaskIsEnabled && !isLast,
        isStall: job.pointee.reason == .timer && !isBaseline))
    precondition(now >= progress.pointee.instant, "virtual time must not run back")
    progress.pointee.instant = now
    progress.pointee.clock += 1
    progress.pointee.streak = isLast && count > 1 ? progress.pointee.streak + 1 : 0
    queue.beginStep(chosen.slot, at: progress.pointee.clock)
    progress.pointee.currentStep = Int32(truncatingIfNeeded: steps.count - 1)
    progress.pointee.currentTask = chosen.task
    progress.pointee.currentExecutor = chosen.executor
    progress.pointee.currentEnd = .suspended
    assert(
      task.pointee.isReady && task.pointee.steps == chosen.ordinal,
      "a task that runs was ready for this step")
    task.pointee.isReady = false
    task.pointee.lastResume = resume
    task.pointee.lastExecutor = chosen.executor
    noteMoments(of: chosen.slot, job, at: executor)
    noteContention(by: chosen.task, on: executor)
  }

  @inline(__always)
  private func noteMoments(
    of slot: Int32, _ job: UnsafeMutablePointer<WaitingJob>,
    at executor: UnsafeMutablePointer<ExecutorState>
  ) {
    let arrival = queue.jobs.pointer(at: Int(slot)).pointee.arrival
    moments.append(
      StepMoments(
        earliest: arrival.earliest, latest: arrival.latest,
        begin: progress.clock, firstTouch: touches.count,
        causeTouches: Int(job.pointee.causeTouches)))
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

  @inline(__always)
  private func end() {
    settleHandled()
    progress.clock += 1
    queue.endStep(on: progress.currentExecutor, at: progress.clock)
    tasks.pointer(at: Int(progress.currentTask)).pointee.steps += 1
    steps.pointer(at: steps.count - 1).pointee.end = progress.currentEnd
    progress.lastTask = progress.currentTask
    progress.currentStep = -1
    progress.currentTask = -1
  }
}
