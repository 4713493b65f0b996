internal import CInterleave

/// What the dependency relation takes account of where it is one of segments: of what a step does
/// from one point to the next.
extension Machine {
  /// What was noticed in the run that the relation does not cover at this grain.
  var limitsOfSegments: ReductionLimits {
    var limits: ReductionLimits = []
    if il_carriers_left_between(session) { limits.insert(.interruptions) }
    // What may go on while everybody gets a turn is not what was chosen.
    if progress.fairness.end > 0 { limits.insert(.length) }
    if progress.hasTimers { limits.insert(.timers) }
    return limits
  }

  /// Whether a task is suspended, or goes on at once since its continuation has been resumed, depends
  /// on which comes first, although nobody may be made ready by it.
  ///
  /// Within one segment, what resumes it comes after what makes it known. But a step may make it
  /// known, be interrupted, and be suspended later.
  func accessToSuspension(ofSegment index: Int) -> Access? {
    let step = steps[index]
    guard step.reason == .interrupted else { return nil }
    let reached = points.elements.last { $0.task == step.task && $0.ordinal == step.ordinal }
    if reached?.point.operation == .resume { return .suspension(.first) }
    return step.end == .suspended ? .suspension(.second) : nil
  }
}

/// A lock that a task held at the end of a segment.
struct HeldLock {
  /// The index of the segment among the run's steps.
  var segment: Int32
  /// The number by which the lock goes.
  var lock: Int32
}

extension Machine {
  /// Notes the locks that the running step holds at a point.
  func noteHolds() {
    withUnsafeTemporaryAllocation(of: UnsafeRawPointer.self, capacity: 16) { locks in
      guard let base = locks.baseAddress else { return }
      let count = il_carriers_held(session, base, locks.count)
      // Where some are shared, the number is none.
      guard count >= 0, count <= locks.count else { return inside.holdsMore = true }
      for index in 0..<count {
        guard let lock = lockIndex[UInt(bitPattern: base[index])] else {
          inside.holdsMore = true
          continue
        }
        holds.append(HeldLock(segment: Int32(steps.count - 1), lock: Int32(lock)))
      }
    }
  }
}

extension Access {
  /// What suspends a task, or resumes it.
  fileprivate static func suspension(_ mode: AccessMode) -> Access {
    // No kind of an object has this number.
    Access(object: mix(0, 0x7F), mode: mode)
  }
}
