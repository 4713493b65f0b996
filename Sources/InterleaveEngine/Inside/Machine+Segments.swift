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

extension Access {
  /// What suspends a task, or resumes it.
  fileprivate static func suspension(_ mode: AccessMode) -> Access {
    // No kind of an object has this number.
    Access(object: mix(0, 0x7F), mode: mode)
  }
}
