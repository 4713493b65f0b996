import InterleaveEngine
import Testing

@Suite struct ScheduleSizeTests {
  /// A schedule of the given number of steps, in which those listed are deviations.
  private func size(
    steps: Int, deviations: Set<Int> = [], preemptions: Set<Int> = [], stalls: Set<Int> = [],
    interruptions: Set<Int> = []
  ) -> ScheduleSize {
    ScheduleSize(
      RecordedSchedule(
        steps: (0..<steps).map { index in
          let key = StepKey(task: 1, ordinal: Int32(index))
          let isInside = interruptions.contains(index)
          let other = StepKey(task: 2, ordinal: isInside ? StepKey.ordinal(ofStep: 0, point: 2) : 0)
          return RecordedStep(
            key: key, executor: 0, cause: -1, enabled: 2,
            passedOver: isInside || deviations.contains(index) ? other : key, reason: .created,
            isPreemption: isInside || preemptions.contains(index), isStall: stalls.contains(index))
        }))
  }

  @Test func eachMeasureOutweighsAllThatFollow() {
    let sorted = [
      size(steps: 5),
      size(steps: 9),
      size(steps: 3, deviations: [2]),
      size(steps: 3, deviations: [1]),
      size(steps: 4, deviations: [3]),
      size(steps: 2, deviations: [0, 1]),
      size(steps: 1, stalls: [0]),
      size(steps: 1, preemptions: [0]),
      size(steps: 1, preemptions: [0], stalls: [0]),
      size(steps: 2, preemptions: [0, 1]),
      size(steps: 1, interruptions: [0]),
      size(steps: 2, preemptions: [0], interruptions: [1]),
      size(steps: 2, interruptions: [0, 1]),
    ]
    for (index, smaller) in sorted.enumerated() {
      for larger in sorted[(index + 1)...] {
        #expect(smaller < larger)
        #expect(!(larger < smaller))
      }
    }
  }

  @Test func ofEquallyManyDeviationsTheLaterAreSmaller() {
    #expect(size(steps: 5, deviations: [2, 3]) < size(steps: 5, deviations: [1, 4]))
    #expect(size(steps: 5, deviations: [2, 4]) < size(steps: 5, deviations: [2, 3]))
  }
}
