internal import CInterleave

/// The threads of the pool: tasks and default actors have one while a step of theirs runs, and keep
/// it where that blocks or is interrupted. The main actor and a program's own executors have theirs.
///
/// The runtime keeps a queue for each priority, each with as many threads as the machine has cores:
/// steps of another priority find a thread where those of one block all of theirs.
extension Machine {
  /// How many threads the pool has in the next run.
  func poolWidth(of strategy: some Strategy) -> Int {
    if settings.poolWidth != .max { return max(1, settings.poolWidth) }
    return settings.variesPoolWidth ? strategy.poolWidth.map { max(1, $0) } ?? .max : .max
  }

  /// A step on an executor has a thread of the pool.
  func isOfPool(_ executor: Int32) -> Bool {
    let state = executors.pointer(at: Int(executor))
    return state.pointee.place == IL_PLACE_GLOBAL || state.pointee.isDefaultActor
  }

  /// A job needs a thread of the pool; what brings a block to its queue does not, nor does a thread.
  private func needsThread(_ entry: RunQueue.Entry) -> Bool {
    isOfPool(entry.executor) && tasks.pointer(at: Int(entry.task)).pointee.block == 0
  }

  /// There is a thread on which a job can run.
  ///
  /// - Parameter own: The step that runs and is at a point; nil between steps.
  func findsThread(_ entry: RunQueue.Entry, besides own: RunQueue.Entry? = nil) -> Bool {
    guard inside.pool.width != .max, needsThread(entry) else { return true }
    let priority = slots.pointer(at: Int(entry.slot)).pointee.ready.priority
    var taken = own.map { has($0, priority: priority) ? 1 : 0 } ?? 0
    for step in parked.elements where has(step.entry, priority: priority) { taken += 1 }
    if taken < inside.pool.width { return true }
    inside.pool.withholds = true
    inside.pool.effect = inside.pool.width
    return false
  }

  /// A step in progress has a thread of those for a priority.
  private func has(_ step: RunQueue.Entry, priority: UInt8) -> Bool {
    needsThread(step)
      && slots.pointer(at: Int(step.slot)).pointee.ready.priority == priority
  }

  /// Takes away the timers that would find no thread; they are the last of what could run.
  func withholdTimers(besides own: RunQueue.Entry? = nil) {
    guard inside.pool.width != .max else { return }
    for index in enabled.elements.indices.reversed() {
      let entry = enabled[index]
      guard slots.pointer(at: Int(entry.slot)).pointee.reason == .timer else { return }
      if !findsThread(entry, besides: own) { enabled.remove(at: index) }
    }
  }

  /// The width of the pool in the last run, where a job could not run for want of a thread; nil
  /// where there were enough.
  package var effectivePoolWidth: Int? { inside.pool.effect }

  /// Gives the pool as many threads as it wants, from here on in this run.
  ///
  /// Nothing can go on but what found no thread. Where that then lets go on what was blocked, it is
  /// the pool that was too narrow. Where others may do that, who run no step, nothing is said.
  func widenPool() {
    if inside.pool.suspicion == nil { inside.pool.suspicion = suspicion }
    inside.pool.width = .max
    inside.pool.withholds = false
  }

  private var suspicion: Starvation? {
    // Threads of other runs are nobody's here: what they do must not decide what is said.
    guard !hasEscapes, callers.isEmpty, !hasCircleOfLocks else { return nil }
    let blocked = parked.elements.filter { il_carrier_is_blocked($0.carrier) }
    guard blocked.allSatisfy({ il_carrier_wait($0.carrier).kind != IL_WAIT_FOR_OTHER }) else {
      return nil
    }
    return Starvation(
      width: inside.pool.width, steps: steps.count, blocked: blocked.map(wait(of:)),
      withheld: withheld)
  }

  /// The tasks that could go on if they had a thread.
  private var withheld: [Turn] {
    let ready = queue.enabled.elements.filter { needsThread($0) && !isTaken($0) }
    let sleeping = timers.map { queue.enabled.entry(of: $0.slot) }
      .filter(needsThread)
    return (ready + sleeping).map { entry in
      Turn(
        task: Int(entry.task), resume: UInt(bitPattern: slots[Int(entry.slot)].ready.resume))
    }
  }

  /// Whether the pool was too narrow: who was blocked can go on.
  func isStarvationCertain() -> Bool {
    guard let suspicion = inside.pool.suspicion else { return false }
    let tasks = suspicion.blocked.map(\.task)
    let isFreed = parked.elements.contains {
      guard tasks.contains(Int($0.entry.task)), !il_carrier_is_blocked($0.carrier) else {
        return false
      }
      let wait = il_carrier_wait($0.carrier)
      return wait.kind != IL_WAIT_FOR_OPENING || wait.is_opened
    }
    guard isFreed else { return false }
    inside.pool.suspicion?.helper = Int(progress.lastTask)
    notes.starvation = inside.pool.suspicion
    return true
  }

  // MARK: Steps that block

  /// Notes that a step blocks a thread of the pool until somebody lets it go on.
  func noteBlocking(_ step: inout ParkedStep) {
    // Who has said that a pool is never too narrow means to block its threads.
    guard settings.variesPoolWidth || settings.poolWidth != .max else { return }
    let wait = il_carrier_wait(step.carrier)
    // Who waits for a limited time gives the thread back in any case.
    let isForOthers = wait.kind == IL_WAIT_FOR_OPENING || wait.kind == IL_WAIT_FOR_LOCK
    guard isForOthers, il_carrier_limit(step.carrier) == .max, needsThread(step.entry) else {
      return
    }
    step.blockedSince = steps.count
  }

  /// Notes where a step blocked which can go on, if it was let go on by a step that began meanwhile:
  /// that had still to find a thread.
  ///
  /// Who was amid a step had one already, and would have come to an end of it: then a semaphore is
  /// but a lock, and blocks for no longer. A block on a queue has a thread that is not the pool's.
  func noteEndOfBlocking(_ index: Int) {
    guard let since = parked[index].blockedSince else { return }
    parked[index].blockedSince = nil
    let wait = il_carrier_wait(parked[index].carrier)
    let isOfBlock = tasks[Int(steps[steps.count - 1].task)].block > 0
    guard !isOfBlock, beginOfLastStep >= since else { return }
    inside.pool.couldStarve = true
    if wait.is_opened { blockings.insert(UInt(bitPattern: wait.site)) }
  }

  /// The number of the segment with which the step began that ran last.
  private var beginOfLastStep: Int {
    var begin = steps.count - 1
    let task = steps[begin].task
    while steps[begin].reason == .interrupted {
      repeat { begin -= 1 } while steps[begin].task != task
    }
    return begin
  }
}
