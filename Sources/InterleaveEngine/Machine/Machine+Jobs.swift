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
        caller: caller, entry: entry, isChild: isChild, isSimple: record.pointee.simple,
        block: Int32(record.pointee.block_number), blockKind: record.pointee.block_kind,
        birth: progress.currentStep))
    if record.pointee.block_number > 0 {
      progress.limits.insert(tasks[index].isThread ? .threads : .queues)
    }
    // In a group that is cancelled, it is from its birth.
    if isChild, !record.pointee.simple, il_is_cancelled(record) {
      tasks[index].isSeenCancelled = true
    }
    if progress.allowsLeaks, parentIndex >= 0 { inheritAllowance(index) }
  }

  /// A task that is a thread has a name from here on.
  func threadNamed(_ record: UnsafeMutablePointer<il_task>, _ name: String) {
    notes.threadNames[Int(record.pointee.index)] = name
  }

  /// A task's closure returned, or threw.
  func taskEnded(
    _ record: UnsafeMutablePointer<il_task>, _ error: UnsafeMutableRawPointer? = nil
  ) {
    let index = Int(record.pointee.index)
    tasks[index].hasEnded = true
    if let error, !tasks[index].isChild { noteError(error, thrownBy: index) }
    if let error, progress.notesResumers { noteThrown(error, by: index) }
    if !tasks[index].isSeenCancelled, !tasks[index].isSimple, il_is_cancelled(record) {
      progress.limits.insert(.cancellation)
    }
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
    let state = tasks.pointer(at: Int(task))
    guard !state.pointee.isReady else {
      offend(.queuedTwice, task: Int(task))
      return
    }
    if progress.currentStep >= 0 { noteHandled(ready.pointee.handlers) }
    let index = ready.pointee.executor == nil ? 0 : executor(for: ready)
    let executor = executors.known(at: Int(index))
    let mailbox = queue.mailboxes.known(at: Int(index))
    // The order in which jobs arrive there matters.
    let keepsOrder = mailbox.pointee.isOrdered
    progress.clock &+= 1
    let slot = freeSlots.popLast() ?? slots.extend()
    let job = slots.known(at: Int(slot))
    job.initialize(
      to: WaitingJob(
        ready: ready.pointee, task: task, executor: index, reason: .resumed,
        cause: progress.currentStep, since: il_now(session)))
    let urgency =
      executor.pointee.isDefaultActor ? Arrival.urgency(ofPriority: ready.pointee.priority) : 0
    // What the running step queues of its own task comes after it.
    let isAmidStep = task == progress.currentTask || state.pointee.isParked
    let ordinal = state.pointee.steps &+ (isAmidStep ? 1 : 0)
    let arrival = Arrival(earliest: progress.clock, latest: progress.clock, urgency: urgency)
    let waiting = queue.register(
      slot, RunQueue.Job(arrival, task: task, ordinal: ordinal, executor: index))
    state.pointee.isReady = true
    state.pointee.lostContinuation = false
    switch ready.pointee.arrival {
    case IL_ARRIVAL_HOP: noteHop(of: job, waiting, to: index, executor, keepsOrder: keepsOrder)
    case IL_ARRIVAL_TIMER:
      setTimer(slot, job, recurs: ready.pointee.recurs)
      state.pointee.isTimer = true
      state.pointee.slot = slot
      return
    case IL_ARRIVAL_CREATED:
      job.pointee.reason = .created
      if state.pointee.block > 0 {
        // It waited for its turn, and may have waited for a timer before.
        state.pointee.isTimer = false
        job.pointee.cause = state.pointee.birth
      }
    case IL_ARRIVAL_FOREIGN:
      job.pointee.reason = .foreign
    default:
      state.pointee.resumer = resumer
      if progress.notesResumers { noteResumption(of: Int(task)) }
    }
    if keepsOrder { noteArrival(of: job, at: index, urgency: urgency, executor) }
    job.pointee.causeTouches = Int32(truncatingIfNeeded: touches.count)
    if task == progress.currentTask {
      progress.currentEnd = ready.pointee.arrival == IL_ARRIVAL_HOP ? .hopped : .ready
    }
    if progress.nextIsIdle { waitForIdleness(job) }
    state.pointee.slot = slot
    queue.add(slot, waiting, to: mailbox)
  }

  /// A timer was set for a job.
  @inline(never)
  private func setTimer(_ slot: Int32, _ job: UnsafeMutablePointer<WaitingJob>, recurs: Bool) {
    let deadline = job.pointee.ready.deadline
    job.pointee.reason = .timer
    job.pointee.since = deadline
    progress.hasTimers = true
    if recurs { progress.hasRecurringTimers = true }
    timers.insert(slot, at: deadline)
  }

  /// The running task is on its way to another executor, with a job.
  @inline(__always)
  private func noteHop(
    of job: UnsafeMutablePointer<WaitingJob>, _ waiting: UnsafeMutablePointer<RunQueue.Job>,
    to index: Int32, _ executor: UnsafeMutablePointer<ExecutorState>, keepsOrder: Bool
  ) {
    let current = executors.known(at: Int(progress.currentExecutor))
    job.pointee.reason = .hopped
    waiting.pointee.arrival.earliest = progress.clock &+ 1
    waiting.pointee.arrival.latest = .max
    // The main thread, and one that serves a user's own executor, never goes along.
    waiting.pointee.arrival.takesFreeActor =
      executor.pointee.isDefaultActor
      && (current.pointee.isDefaultActor || current.pointee.place == IL_PLACE_GLOBAL)
    guard current.pointee.isMailbox else { return }
    waiting.pointee.left = progress.currentExecutor
    if keepsOrder { current.pointee.lastHop = index }
  }

  /// A job was sent to a mailbox.
  @inline(__always)
  private func noteArrival(
    of job: UnsafeMutablePointer<WaitingJob>, at index: Int32, urgency: UInt8,
    _ executor: UnsafeMutablePointer<ExecutorState>
  ) {
    if progress.currentStep >= 0 {
      touch(.mailbox(index), job.pointee.reason == .hopped ? .first : .exclusive)
    }
    if executor.pointee.urgency != urgency {
      if executor.pointee.hasReceived { progress.limits.insert(.priorities) }
      executor.pointee.urgency = urgency
    }
    executor.pointee.hasReceived = true
  }

  /// Takes in what threads that the run does not control have made ready.
  @inline(__always)
  func takeForeign() {
    if il_has_foreign(session) { takeAllForeign() }
  }

  @inline(never)
  private func takeAllForeign() {
    var ready = il_ready()
    var origin = il_origin()
    while il_take_foreign(session, &ready, &origin) {
      guard ready.task != nil else {
        progress.hasCrashElsewhere = true
        fail()
        continue
      }
      let site = UInt(bitPattern: ready.resume)
      let calls = [origin.calls.0, origin.calls.1, origin.calls.2, origin.calls.3]
      if origins[calls[0]] == nil { origins[calls[0]] = calls }
      let isNative = origin.is_native || calls.contains(where: isNativeCode)
      noteEscape(.foreignThread, site: site, origin: calls[0], isNative: isNative)
      if origin.io != 0 { noteEscape(.io, site: origin.io, isNative: isNative) }
      if ready.job != nil, callers[site] == nil {
        callers[site] = backtrace(of: Int(ready.task.pointee.index))
      }
      if ready.arrival == IL_ARRIVAL_RESUMED_TWICE {
        offend(.resumedTwice, task: Int(ready.task.pointee.index), calls: origin.calls)
      } else if ready.job == nil {
        taskEnded(ready.task)
      } else {
        ready.handlers = il_step_handlers(session)
        jobReady(&ready)
        noteForeignResumer(ofTask: Int(ready.task.pointee.index), calls, origin.who)
      }
    }
  }
}

extension il_origin {
  /// ``thread `loader` ``, or ``queue `images` ``; empty where it has no name.
  fileprivate var who: String {
    let name = withUnsafeBytes(of: name) { String(decoding: $0.prefix { $0 != 0 }, as: UTF8.self) }
    return name.isEmpty ? "" : is_queue ? "queue `\(name)`" : "thread `\(name)`"
  }
}
