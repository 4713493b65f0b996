import InterleaveEngine

/// A step by its task and by how many steps of it ran before: what a rename leaves as it is.
package struct StepPlace: Sendable, Hashable {
  package var task: TaskPath
  package var ordinal: Int
  /// Where the step was interrupted of which this is the rest; nil for a whole step.
  package var inside: InsidePoint?

  package init(task: TaskPath, ordinal: Int, inside: InsidePoint? = nil) {
    self.task = task
    self.ordinal = ordinal
    self.inside = inside
  }

  init(_ name: Interleaving.StepName) {
    self.init(task: name.task, ordinal: name.ordinal, inside: name.inside)
  }

  init(_ step: InspectedStep.StepIdentity, in run: some InspectedRun) {
    self.init(
      task: run.path(ofTask: step.task), ordinal: StepKey.step(ofOrdinal: step.ordinal),
      inside: step.inside)
  }
}

/// A schedule near a stored one: some of its deviations, as far as they fit, and others.
package struct NearbySchedule: Sendable, Hashable {
  /// A deviation without the names of functions and executors.
  package struct Deviation: Sendable, Hashable {
    package var picked: StepPlace
    package var passedOver: StepPlace

    package init(picked: StepPlace, passedOver: StepPlace) {
      self.picked = picked
      self.passedOver = passedOver
    }

    init(_ deviation: Interleaving.Deviation) {
      self.init(
        picked: StepPlace(deviation.picked), passedOver: StepPlace(deviation.passedOver))
    }
  }

  /// A choice that is made whatever the steps are called.
  package struct Forced: Sendable, Hashable {
    /// The number of the choice in the run.
    package var choice: Int
    /// The index of the step to pick.
    package var index: Int

    package init(choice: Int, index: Int) {
      self.choice = choice
      self.index = index
    }
  }

  package var deviations: [Deviation]
  package var forced: [Forced]
  /// The seed of deviations at random; nil for none.
  package var noise: UInt64?
  /// How many steps of its task later than stored the step is after which one is cancelled;
  /// nil where its function tells it.
  package var cancellationShift: Int?

  package init(
    _ deviations: [Deviation], forced: [Forced] = [], noise: UInt64? = nil,
    cancellationShift: Int? = nil
  ) {
    self.deviations = deviations
    self.forced = forced
    self.noise = noise
    self.cancellationShift = cancellationShift
  }
}

/// Makes the choices of one run of a nearby schedule, and notes which choices there were.
package struct NearbyRun: Sendable {
  /// A choice that came up.
  package struct Point: Sendable, Hashable {
    /// How many steps had run.
    package var step: Int
    /// How many steps were enabled.
    package var count: Int

    package init(step: Int, count: Int) {
      self.step = step
      self.count = count
    }
  }

  package let schedule: NearbySchedule
  /// The first choices of the run.
  package private(set) var points: [Point] = []
  /// How many of the deviations found their place, and the cancellation if it did.
  package private(set) var applied = 0
  private var number = 0
  private var isApplied: [Bool]
  private var first = 0
  private var random: SplitMix64?

  /// How many choices are noted: further on in a run, nothing is near any more.
  private static let mostPoints = 4_096
  /// One choice in so many is made at random, where some are.
  private static let noiseEvery = 6

  /// Takes note that the task was cancelled that the entry cancels.
  package mutating func noteCancellation() { applied += 1 }

  package init(_ schedule: NearbySchedule) {
    self.schedule = schedule
    isApplied = Array(repeating: false, count: schedule.deviations.count)
    random = schedule.noise.map { SplitMix64(seed: $0) }
  }

  /// Picks one of the enabled steps.
  ///
  /// - Parameters:
  ///   - count: How many steps are enabled; index 0 is what the baseline takes.
  ///   - step: How many steps have run.
  ///   - place: The place of the step at an index.
  /// - Returns: The index of the step to take.
  package mutating func choose(
    among count: Int, after step: Int, place: (Int) -> StepPlace
  ) -> Int {
    defer { number += 1 }
    if points.count < Self.mostPoints { points.append(Point(step: step, count: count)) }
    if let forced = schedule.forced.first(where: { $0.choice == number }), forced.index < count {
      return forced.index
    }
    if random?.below(Self.noiseEvery) == 0, let pick = random?.below(count) { return pick }
    while first < isApplied.count, isApplied[first] { first += 1 }
    guard first < isApplied.count else { return 0 }
    let baseline = place(0)
    for index in first..<isApplied.count
    where !isApplied[index] && schedule.deviations[index].passedOver == baseline {
      let picked = schedule.deviations[index].picked
      guard let pick = (1..<count).first(where: { place($0) == picked }) else { continue }
      isApplied[index] = true
      applied += 1
      return pick
    }
    return 0
  }
}
