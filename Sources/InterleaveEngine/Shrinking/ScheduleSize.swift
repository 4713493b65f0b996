/// How large a failing schedule is, for choosing the one that is easiest to read.
///
/// First comes the number of steps that are interrupted inside, then of preemptions, these
/// included, of stalls, of deviations, and of steps; among equals the one that departs from the
/// baseline later is smaller.
package struct ScheduleSize: Sendable, Comparable {
  package let interruptions: Int
  package let preemptions: Int
  package let stalls: Int
  package let deviations: Int
  package let steps: Int
  /// The index of the step that each deviation picked.
  package let positions: [Int]

  package init(_ schedule: RecordedSchedule) {
    interruptions = schedule.interruptions
    preemptions = schedule.preemptions
    stalls = schedule.stalls
    positions = schedule.steps.indices.filter {
      schedule.steps[$0].key != schedule.steps[$0].passedOver
    }
    deviations = positions.count
    steps = schedule.steps.count
  }

  package static func < (lhs: ScheduleSize, rhs: ScheduleSize) -> Bool {
    if lhs.interruptions != rhs.interruptions { return lhs.interruptions < rhs.interruptions }
    let left = (lhs.preemptions, lhs.stalls, lhs.deviations, lhs.steps)
    let right = (rhs.preemptions, rhs.stalls, rhs.deviations, rhs.steps)
    if left != right { return left < right }
    return rhs.positions.lexicographicallyPrecedes(lhs.positions)
  }
}
