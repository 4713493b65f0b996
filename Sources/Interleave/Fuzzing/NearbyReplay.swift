import InterleaveEngine

/// Runs a schedule near that of a corpus entry.
final class NearbyReplay: Strategy {
  /// What the run came to.
  private(set) var nearby: NearbyRun
  private let machine: Machine

  init(_ schedule: NearbySchedule, machine: Machine) {
    nearby = NearbyRun(schedule)
    self.machine = machine
  }

  func begin(_ run: RunStart) {}

  func choose(among steps: EnabledSteps) -> Int {
    nearby.choose(among: steps.count, after: machine.stepCount) { [machine] index in
      let step = steps.inspect(at: index)
      return StepPlace(task: machine.path(ofTask: step.task), ordinal: step.ordinal)
    }
  }
}

extension Machine {
  /// The deviations of the run that has just ended, without names.
  var nearbyDeviations: [NearbySchedule.Deviation] {
    inspectSteps().compactMap { step in
      let (picked, passedOver) = (step.key, step.passedOver)
      guard picked.task != passedOver.task || picked.ordinal != passedOver.ordinal else {
        return nil
      }
      return NearbySchedule.Deviation(
        picked: StepPlace(task: path(ofTask: picked.task), ordinal: picked.ordinal),
        passedOver: StepPlace(task: path(ofTask: passedOver.task), ordinal: passedOver.ordinal))
    }
  }
}
