import CInterleave

/// Which steps are enabled: the orders that the real runtime could take.
extension Machine {
  /// Collects what could run now; the baseline's choice first, timers last.
  func collectEnabled() {
    queue.settle()
    enabled.removeAll()
    if progress.idlers > 0, progress.idlers < queue.count {
      collectBusy()
    } else {
      let first = jobOfLastTask.map { queue.enabled.place(of: $0.pointee.serial) } ?? -1
      progress.first = first
      progress.lastTaskIsEnabled = first >= 0
      if !queue.enabled.isEmpty { enabled.fill(first: max(0, first)) }
    }
    if !timers.isEmpty { collectTimers() }
  }

  /// The same where some jobs wait for idleness, and others may run.
  private func collectBusy() {
    for entry in queue.enabled.elements
    where !slots.pointer(at: Int(entry.slot)).pointee.isIdle {
      enabled.append(entry)
    }
    var first = -1
    if jobOfLastTask != nil {
      let slot = tasks[Int(progress.lastTask)].slot
      first = enabled.elements.firstIndex { $0.slot == slot } ?? -1
    }
    progress.first = -1
    progress.lastTaskIsEnabled = first >= 0
    if first > 0 { enabled.moveToFront(first) }
  }

  private func collectTimers() {
    collectTimers(waitingSince: .max)
    if enabled.count > 1, slots[Int(enabled[enabled.count - 1].slot)].reason == .timer {
      progress.limits.insert(.timers)
    }
  }

  /// The job of the task that ran last; nil if it cannot go on, or others have waited for it long
  /// enough.
  @inline(__always)
  private var jobOfLastTask: UnsafeMutablePointer<RunQueue.Job>? {
    guard progress.lastTask >= 0, progress.streak < Self.longestStreak else { return nil }
    let slot = tasks.known(at: Int(progress.lastTask)).pointee.slot
    guard slot >= 0 else { return nil }
    let job = queue.jobs.known(at: Int(slot))
    return job.pointee.isEnabled ? job : nil
  }

  /// Adds the timers that may fire now.
  ///
  /// - Parameters:
  ///   - moment: Since when something else has waited than jobs and timers.
  ///   - end: The moment at which something else than timers goes on, so that none fires after it.
  func collectTimers(waitingSince moment: Int64, upTo end: Int64 = .max) {
    var oldest = moment
    if let first = queue.oldest { oldest = min(oldest, slots[Int(first)].since) }
    let count = timers.countDue(
      progress.settings.time, upTo: min(progress.lastMoment, end), waitingSince: oldest,
      isIdle: enabled.isEmpty)
    for timer in timers.prefix(count) { enabled.append(queue.enabled.entry(of: timer.slot)) }
  }

  // MARK: Steps by their names

  /// The index of an enabled step by its name.
  func enabledIndex(of key: StepKey) -> Int? {
    if enabled.areMany { return indexAmongMany(of: key) }
    return enabled.elements.firstIndex { isNamed($0, key) }
  }

  private func isNamed(_ entry: RunQueue.Entry, _ key: StepKey) -> Bool {
    entry.ordinal == key.ordinal && tasks[Int(entry.task)].name == key.task
  }

  /// The same without a look at each.
  private func indexAmongMany(of key: StepKey) -> Int? {
    for number in nameIndex.count..<tasks.count {
      _ = nameIndex.insert(UInt(truncatingIfNeeded: tasks[number].name), number)
    }
    if let number = nameIndex[UInt(truncatingIfNeeded: key.task)], tasks[number].slot >= 0 {
      let job = queue.jobs.pointer(at: Int(tasks[number].slot))
      if job.pointee.isEnabled, job.pointee.ordinal == key.ordinal {
        return enabled.index(ofSerial: job.pointee.serial)
      }
    }
    return enabled.firstAddedIndex { isNamed($0, key) }
  }
}
