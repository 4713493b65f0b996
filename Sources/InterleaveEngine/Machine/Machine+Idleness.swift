import CInterleave

/// Waiting until nothing else can run, and the limit of virtual time.
extension Machine {
  /// Makes the next job that becomes ready wait until nothing but such jobs could run.
  ///
  /// The running task calls it right before it yields. So it goes on when the program has come
  /// to rest: what is left waits for time to pass, or for something from outside. A timer that is
  /// due within the stall may still fire before it, as before any waiting job.
  package func nextJobWaitsForIdleness() {
    progress.nextIsIdle = true
  }

  func waitForIdleness(_ job: UnsafeMutablePointer<WaitingJob>) {
    progress.nextIsIdle = false
    progress.idlers += 1
    job.pointee.isIdle = true
    // Whether it may run depends on all other steps, as with a timer.
    progress.limits.insert(.timers)
  }

  /// The job of a task no longer waits for its timer, which will not fire.
  func timerWithdrawn(_ record: UnsafeMutablePointer<il_task>) {
    let task = tasks.pointer(at: Int(record.pointee.index))
    let slot = task.pointee.slot
    precondition(
      slot >= 0 && slots[Int(slot)].reason == .timer, "a timer that is withdrawn is set")
    timers.remove(slot)
    freeSlots.append(slot)
    task.pointee.slot = -1
    task.pointee.isReady = false
  }

  /// The body has ended, and nothing goes on but timers that would do so for ever.
  var onlyRecurringTimersGoOn: Bool {
    progress.rootHasEnded && parked.isEmpty && queue.count == 0
      && timers.allSatisfy { slots[Int($0.slot)].ready.recurs }
      && tasks.elements.allSatisfy(\.isOver)
  }

  func rootEnded() {
    progress.rootHasEnded = true
    let (moment, overflow) = now.addingReportingOverflow(progress.settings.timeAfterRoot)
    if !overflow { progress.lastMoment = min(progress.lastMoment, moment) }
  }

  /// The virtual time until which a task sleeps, in nanoseconds since the run began; nil if it
  /// does not.
  ///
  /// - Parameter index: The number of a task of the run that goes on.
  package func sleepEnd(of index: Int) -> Int64? {
    // The timer runs a task of its own, which the sleeping one has made.
    timers.first {
      let timer = tasks[Int(slots[Int($0.slot)].task)]
      return timer.parent == index && timer.block == 0
    }?
    .deadline
  }
}
