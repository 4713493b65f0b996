/// What distinguishes the interleaving of a run from others.
extension Machine {
  /// A hash of what distinguishes this interleaving from others: which steps ran, and
  /// in which order those that depend on each other did.
  ///
  /// Runs that differ only in the order of independent steps have the same. Locks are
  /// left out: libraries take some of theirs only at first use, which would make the
  /// first run differ from all others.
  package var signature: UInt64 {
    if progress.hashedSteps != steps.count {
      progress.hash = computeSignature(withLocks: false)
      progress.hashedSteps = steps.count
    }
    return progress.hash
  }

  /// A hash of what determines how the run can go on: its ``signature`` so far, with
  /// locks; nil where the dependency relation does not cover the run.
  var traceHash: UInt64? { followsRelation ? lockedSignature : nil }

  /// A hash of what distinguishes this interleaving from others at the grain of the run: where parts
  /// of steps are told apart, so is who takes a lock first.
  package var signatureOfGrain: UInt64 { inside.takesSegments ? lockedSignature : signature }

  /// A hash of what distinguishes this interleaving from others, the order in which locks were taken
  /// included.
  var lockedSignature: UInt64 { computeSignature(withLocks: true) }

  /// Nothing was noticed in the run that the dependency relation does not cover, or that
  /// makes switching to another task more or less than one preemption.
  ///
  /// After ``longestStreak`` steps in a row, a task is no longer preempted by another.
  package var followsRelation: Bool { limits.isEmpty && steps.count < Self.longestStreak }

  /// The same but for where the strategy has interrupted steps inside.
  package var followsRelationOutside: Bool {
    guard limits.subtracting(.interruptions).isEmpty, steps.count < Self.longestStreak else {
      return false
    }
    // Else a step of a run of whole steps had to wait, which the relation does not cover.
    return !limits.contains(.interruptions)
      || steps.elements.contains { $0.isPreemption && StepKey.isInside($0.passedOrdinal) }
  }

  /// Hashes the run so far.
  ///
  /// - Parameter withLocks: The order in which locks were taken counts, too.
  @inline(__always)
  private func computeSignature(withLocks: Bool) -> UInt64 {
    let count = self.steps.count
    var hash = RunHash(
      in: hashing, touches: touches, steps: count, executors: self.executors.count,
      tasks: self.tasks.count, locks: withLocks ? progress.locks : nil)
    let (steps, moments) = (self.steps.base, self.moments.base)
    let (executors, tasks) = (self.executors.base, self.tasks.base)
    let hasTimers = progress.hasTimers
    var firstTouch = count > 0 ? moments[0].firstTouch : 0
    for index in 0..<count {
      let step = steps + index
      let end = index + 1 < count ? moments[index + 1].firstTouch : touches.count
      // All that is outside of actors is one object.
      let executor = step.pointee.executor
      let isMailbox = executors[Int(executor)].isMailbox
      let time: AccessMode? =
        !hasTimers ? nil : step.pointee.reason == .timer ? .exclusive : .first
      hash.add(
        RunHash.Step(
          name: fold(
            tasks[Int(step.pointee.task)].name, UInt64(truncatingIfNeeded: step.pointee.ordinal)),
          cause: Int(step.pointee.cause),
          executor: TouchedObject.place(ofExecutor: isMailbox ? executor : 0),
          task: TouchedObject.place(ofTask: step.pointee.task), time: time),
        number: index, Range(uncheckedBounds: (firstTouch, end)))
      firstTouch = end
    }
    guard let (task, number) = cancellation else { return hash.total }
    return mix(hash.total, mix(tasks[task].name, hash.name(ofStep: number - 1)))
  }
}
