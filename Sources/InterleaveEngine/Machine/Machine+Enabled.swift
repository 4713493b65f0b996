import CInterleave

/// Which steps are enabled: the orders that the real runtime could take.
extension Machine {
  /// Collects what could run now; the baseline's choice first, timers last.
  func collectEnabled() {
    queue.settle()
    enabled.removeAll()
    let isBusy = progress.idlers > 0 && progress.idlers < queue.count
    if isBusy {
      for entry in queue.enabled.elements
      where !slots.pointer(at: Int(entry.slot)).pointee.isIdle {
        enabled.append(entry)
      }
    }
    let first = placeOfLastTask(isBusy: isBusy)
    progress.first = isBusy ? -1 : first
    progress.lastTaskIsEnabled = first >= 0
    if isBusy {
      if first > 0 { enabled.moveToFront(first) }
    } else if !queue.enabled.isEmpty {
      enabled.fill(first: max(0, first))
    }
    if !timers.isEmpty {
      collectTimers(waitingSince: .max)
      if enabled.count > 1, slots[Int(enabled[enabled.count - 1].slot)].reason == .timer {
        progress.limits.insert(.timers)
      }
    }
  }

  /// Where the task that ran last is among what could run now; -1 if it cannot go on, or
  /// others have waited for it long enough.
  @inline(__always)
  private func placeOfLastTask(isBusy: Bool) -> Int {
    guard progress.lastTask >= 0, progress.streak < Self.longestStreak else { return -1 }
    let slot = tasks.known(at: Int(progress.lastTask)).pointee.slot
    guard slot >= 0 else { return -1 }
    let job = queue.jobs.known(at: Int(slot))
    guard job.pointee.isEnabled else { return -1 }
    return isBusy
      ? enabled.elements.firstIndex { $0.slot == slot } ?? -1
      : queue.enabled.place(of: job.pointee.serial)
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
