import InterleaveEngine

/// Runs a schedule near that of a corpus entry.
final class NearbyReplay: Strategy {
  /// What the run came to.
  private(set) var nearby: NearbyRun

  init(_ schedule: NearbySchedule) {
    nearby = NearbyRun(schedule)
  }

  func begin(_ run: RunStart) {}

  func choose(among steps: EnabledSteps) -> Int {
    nearby.choose(among: steps.count, after: steps.record.stepCount) { index in
      StepPlace(steps.inspect(at: index), in: steps.inspectedRun)
    }
  }
}

/// Cancels the task that a stale entry cancels, near the step after which the entry does.
///
/// What the function of that step is called now does not matter.
final class NearbyCancellation: StoredCanceller {
  private let task: TaskPath
  private let after: StepPlace
  private(set) var found = false

  /// - Parameters:
  ///   - cancellation: What the entry stores.
  ///   - shift: How many steps of its task later the step is.
  init(_ cancellation: Interleaving.Cancellation, shift: Int) {
    task = cancellation.task
    var after = StepPlace(cancellation.after)
    after.ordinal = after.ordinal.moved(by: shift)
    self.after = after
  }

  func begin() { found = false }

  func choose(at moment: CancellationMoment) -> Int? {
    let last = moment.inspectedLast
    guard StepPlace(last, in: moment.inspectedRun) == after,
      let task = moment.tasks.first(where: { moment.path(of: $0) == task })
    else { return nil }
    found = true
    return task
  }
}

extension RunTrace {
  /// The deviations of the run, without names.
  var nearbyDeviations: [NearbySchedule.Deviation] {
    steps.compactMap { step in
      let (picked, passedOver) = (step.key, step.passedOver)
      guard picked.task != passedOver.task || picked.ordinal != passedOver.ordinal else {
        return nil
      }
      return NearbySchedule.Deviation(
        picked: StepPlace(picked, in: self), passedOver: StepPlace(passedOver, in: self))
    }
  }
}
