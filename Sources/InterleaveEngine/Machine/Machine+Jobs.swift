import CInterleave

/// Tasks and jobs, from the take-over into the machine.
extension Machine {
  /// A task was made.
  func taskCreated(
    _ record: UnsafeMutablePointer<il_task>, parent: UnsafeMutablePointer<il_task>?,
    site: UInt, caller: UInt, entry: UInt, isChild: Bool
  ) {
    let index = tasks.count
    record.pointee.index = UInt32(index)
    var parentIndex: Int32 = -1
    var ordinal: UInt32 = 0
    var name = mix(0, 0)
    if let parent {
      let maker = Int(parent.pointee.index)
      parentIndex = Int32(maker)
      ordinal = tasks[maker].children
      tasks[maker].children += 1
      name = mix(tasks[maker].name, UInt64(ordinal) + 1)
    }
    if let job = record.pointee.job { taskIndex.set(UInt(bitPattern: job), to: index) }
    tasks.append(
      TaskState(
        parent: parentIndex, ordinal: ordinal, name: name, record: record, site: site,
        caller: caller, entry: entry, isChild: isChild, isSimple: record.pointee.simple))
    if progress.allowsLeaks, parentIndex >= 0 { inheritAllowance(index) }
  }

  /// A task's closure returned, or threw.
  func taskEnded(
    _ record: UnsafeMutablePointer<il_task>, _ error: UnsafeMutableRawPointer? = nil
  ) {
    let index = Int(record.pointee.index)
    tasks[index].hasEnded = true
    if let error, !tasks[index].isChild { noteError(error, thrownBy: index) }
    if progress.currentStep >= 0 {
      touch(.result(Int32(index)), .exclusive)
      // Whoever waits for a child is its parent. In a group, it takes what ends first.
      if tasks[index].isChild {
        touch(.task(tasks[index].parent), record.pointee.group == nil ? .first : .exclusive)
      }
    }
    tasks[index].record = nil
    if index == Int(progress.currentTask) { progress.currentEnd = .ended }
    if index == 0 { rootEnded() }
  }

  /// A job became ready.
  func jobReady(_ ready: UnsafePointer<il_ready>) {
    let task = Int32(bitPattern: ready.pointee.task.pointee.index)
    let index = executor(for: ready)
    let executor = executors.pointer(at: Int(index))
    progress.clock += 1
    let slot = freeSlot()
    let job = slots.pointer(at: Int(slot))
    job.initialize(
      to: WaitingJob(
        ready: ready.pointee, task: task, executor: index,
        arrival: Arrival(earliest: progress.clock, latest: progress.clock), left: -1,
        reason: .resumed, cause: progress.currentStep, since: il_now(session)))
    if executor.pointee.isDefaultActor {
      job.pointee.arrival.urgency = Arrival.urgency(ofPriority: ready.pointee.priority)
    }
    let state = tasks.pointer(at: Int(task))
    state.pointee.isReady = true
    state.pointee.lostContinuation = false
    switch ready.pointee.arrival {
    case IL_ARRIVAL_TIMER:
      job.pointee.reason = .timer
      job.pointee.since = ready.pointee.deadline
      state.pointee.isTimer = true
      progress.hasTimers = true
      insertTimer(slot, at: ready.pointee.deadline)
      return
    case IL_ARRIVAL_HOP:
      job.pointee.reason = .hopped
      putInFlight(job, to: executor)
      if keepsOrder(executor), job.pointee.left >= 0 {
        executors.pointer(at: Int(job.pointee.left)).pointee.lastHop = index
      }
    case IL_ARRIVAL_CREATED:
      job.pointee.reason = .created
    case IL_ARRIVAL_FOREIGN:
      job.pointee.reason = .foreign
    default:
      break
    }
    if keepsOrder(executor) { noteArrival(of: job, at: executor) }
    if task == progress.currentTask {
      progress.currentEnd = ready.pointee.arrival == IL_ARRIVAL_HOP ? .hopped : .ready
    }
    if progress.nextIsIdle { waitForIdleness(job) }
    waiting.append(slot)
    enterMailbox(executor)
  }

  /// The order in which jobs arrive at an executor matters.
  @inline(__always)
  private func keepsOrder(_ executor: UnsafeMutablePointer<ExecutorState>) -> Bool {
    executor.pointee.isMailbox && progress.settings.mailboxes == .asRuntime
  }

  /// A job was sent to a mailbox.
  @inline(__always)
  private func noteArrival(
    of job: UnsafeMutablePointer<WaitingJob>, at executor: UnsafeMutablePointer<ExecutorState>
  ) {
    if progress.currentStep >= 0 {
      touch(
        .mailbox(job.pointee.executor), job.pointee.reason == .hopped ? .first : .exclusive)
    }
    let urgency = job.pointee.arrival.urgency
    if executor.pointee.hasReceived, executor.pointee.urgency != urgency {
      progress.limits.insert(.priorities)
    }
    executor.pointee.hasReceived = true
    executor.pointee.urgency = urgency
  }

  /// The running task is on its way to another executor.
  private func putInFlight(
    _ job: UnsafeMutablePointer<WaitingJob>, to executor: UnsafeMutablePointer<ExecutorState>
  ) {
    job.pointee.arrival.earliest = progress.clock + 1
    job.pointee.arrival.latest = .max
    let current = executors.pointer(at: Int(progress.currentExecutor))
    // The main thread, and one that serves a user's own executor, never goes along.
    job.pointee.arrival.takesFreeActor =
      executor.pointee.isDefaultActor
      && (current.pointee.isDefaultActor || current.pointee.place == IL_PLACE_GLOBAL)
    if current.pointee.isMailbox {
      job.pointee.left = progress.currentExecutor
      current.pointee.departures += 1
    }
  }

  /// One more job waits for an executor.
  @inline(__always)
  private func enterMailbox(_ executor: UnsafeMutablePointer<ExecutorState>) {
    executor.pointee.waiting += 1
    if executor.pointee.waiting == 2, executor.pointee.isMailbox { progress.crowdedMailboxes += 1 }
  }

  /// One job less waits for an executor.
  @inline(__always)
  func leaveMailbox(_ index: Int32) {
    let executor = executors.pointer(at: Int(index))
    executor.pointee.waiting -= 1
    precondition(executor.pointee.waiting >= 0, "a job waits in exactly one place")
    if executor.pointee.waiting == 1, executor.pointee.isMailbox { progress.crowdedMailboxes -= 1 }
  }

  private func freeSlot() -> Int32 {
    freeSlots.popLast() ?? slots.extend()
  }

  private func insertTimer(_ slot: Int32, at deadline: Int64) {
    var index = timers.count
    while index > 0, slots[Int(timers[index - 1])].since > deadline { index -= 1 }
    timers.insert(slot, at: index)
  }

  func takeForeign() {
    var ready = il_ready()
    var origin = il_origin()
    while il_take_foreign(session, &ready, &origin) {
      let site = UInt(bitPattern: ready.resume)
      let calls = [origin.calls.0, origin.calls.1, origin.calls.2, origin.calls.3]
      if origins[calls[0]] == nil { origins[calls[0]] = calls }
      noteEscape(.foreignThread, site: site, origin: calls[0])
      if ready.job != nil, callers[site] == nil {
        callers[site] = backtrace(of: Int(ready.task.pointee.index))
      }
      if ready.job == nil {
        taskEnded(ready.task)
      } else {
        jobReady(&ready)
      }
    }
  }
}
