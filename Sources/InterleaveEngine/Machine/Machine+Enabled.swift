import CInterleave

/// Which steps are enabled: the orders that the real runtime could take.
extension Machine {
  /// Collects what could run now; the baseline's choice first, timers last.
  func collectEnabled() {
    enabled.removeAll()
    enabled.reserve(waiting.count + timers.count)
    let isOrdered = progress.crowdedMailboxes > 0 && progress.settings.mailboxes == .asRuntime
    if isOrdered { summarise() }
    let lastTask = progress.lastTask
    var first = -1
    let isBusy = progress.idlers > 0 && progress.idlers < waiting.count
    for slot in waiting.elements {
      let job = slots.pointer(at: Int(slot))
      if isBusy, job.pointee.isIdle { continue }
      if isOrdered, !isEnabled(job) { continue }
      if job.pointee.task == lastTask { first = enabled.count }
      enabled.append(slot)
    }
    if progress.streak >= Self.longestStreak { first = -1 }
    progress.lastTaskIsEnabled = first >= 0
    if first > 0 { enabled.moveToFront(first) }
    if !timers.isEmpty {
      collectTimers()
      if enabled.count > 1, slots[Int(enabled[enabled.count - 1])].reason == .timer {
        progress.limits.insert(.timers)
      }
    }
  }

  /// Sums up the mailboxes in which more than one job waits.
  private func summarise() {
    progress.stamp += 1
    let stamp = progress.stamp
    for slot in waiting.elements {
      let job = slots.pointer(at: Int(slot))
      let executor = executors.pointer(at: Int(job.pointee.executor))
      guard executor.pointee.waiting > 1, executor.pointee.isMailbox else { continue }
      if executor.pointee.stamp == stamp {
        executor.pointee.summary.add(job.pointee.arrival)
      } else {
        executor.pointee.stamp = stamp
        executor.pointee.summary = MailboxSummary(job.pointee.arrival)
      }
    }
  }

  @inline(__always)
  private func isEnabled(_ job: UnsafeMutablePointer<WaitingJob>) -> Bool {
    let executor = executors.pointer(at: Int(job.pointee.executor))
    guard executor.pointee.waiting > 1, executor.pointee.isMailbox else { return true }
    guard executor.pointee.summary.isMixed else {
      return executor.pointee.summary.allows(job.pointee.arrival)
    }
    return mayGoFirst(job, on: executor)
  }

  /// Compares a job with each other one of its mailbox.
  private func mayGoFirst(
    _ job: UnsafeMutablePointer<WaitingJob>, on executor: UnsafeMutablePointer<ExecutorState>
  ) -> Bool {
    let arrival = job.pointee.arrival
    for slot in waiting.elements {
      let other = slots.pointer(at: Int(slot))
      guard other != job, other.pointee.executor == job.pointee.executor else { continue }
      let rival = other.pointee.arrival
      if rival.mustPrecede(arrival, lastEnd: executor.pointee.lastEnd) { return false }
      if rival.urgency < arrival.urgency, rival.latest < arrival.earliest,
        surelyTookActor(other.pointee, limit: arrival.urgency)
      {
        return false
      }
    }
    return true
  }

  /// Tells whether a job surely found its actor free and went on there.
  ///
  /// - Parameter limit: Only jobs that are less urgent than this may have been there
  ///   before.
  func surelyTookActor(_ job: WaitingJob, limit: UInt8 = .max) -> Bool {
    let executor = executors.pointer(at: Int(job.executor))
    guard job.arrival.takesFreeActor, executor.pointee.freeSince <= job.arrival.earliest else {
      return false
    }
    guard executor.pointee.waiting > 0 else { return true }
    let others = waiting.elements.lazy.map { self.slots.pointer(at: Int($0)) }.filter {
      $0.pointee.executor == job.executor && $0.pointee.task != job.task
    }
    return job.arrival.surelyTookActor(
      among: others.map(\.pointee.arrival), freeSince: executor.pointee.freeSince, limit: limit)
  }

  /// Adds the timers that may fire now.
  ///
  /// A step may be held up by as much as the stall, and so may the thread that
  /// serves a timer: so a timer may fire if its deadline lies no later than the
  /// stall after the moment since which the oldest waiting job or due timer has
  /// waited.
  private func collectTimers() {
    let lastMoment = progress.lastMoment
    guard slots[Int(timers[0])].since <= lastMoment else { return }
    switch progress.settings.time {
    case .whenIdle:
      if enabled.isEmpty { enabled.append(timers[0]) }
    case .adversarial:
      enabled.append(timers[0])
    case .asRuntime(let stall):
      var oldest = slots[Int(timers[0])].since
      for slot in waiting.elements { oldest = min(oldest, slots[Int(slot)].since) }
      let (limit, overflow) = oldest.addingReportingOverflow(stall)
      for slot in timers.elements {
        let since = slots[Int(slot)].since
        guard overflow || since <= limit, since <= lastMoment else { break }
        enabled.append(slot)
      }
      if enabled.isEmpty { enabled.append(timers[0]) }
    }
  }
}
