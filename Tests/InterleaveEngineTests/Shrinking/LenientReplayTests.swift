import InterleaveEngine
import Testing

@Suite struct LenientReplayTests {
  @Test(arguments: SimulatedProgram.Mailboxes.allCases)
  func allDeviationsTogetherAreTheVerySameSchedule(mailboxes: SimulatedProgram.Mailboxes) {
    for seed in 0..<UInt64(300) {
      let program = SimulatedProgram.random(seed: seed, mailboxes: mailboxes)
      let trial = program.run(SimulatedWalk(), seed: seed)
      let replay = Replay(trial.schedule.deviations)
      #expect(program.run(replay).schedule == trial.schedule, "seed \(seed)")
      #expect(replay.applied == trial.schedule.deviations.count, "seed \(seed)")
    }
  }

  @Test(arguments: SimulatedProgram.Mailboxes.allCases)
  func anySubsetIsAScheduleWithNoDeviationOfItsOwn(mailboxes: SimulatedProgram.Mailboxes) {
    for seed in 0..<UInt64(100) {
      let program = SimulatedProgram.random(seed: seed, mailboxes: mailboxes)
      let all = program.run(SimulatedWalk(), seed: seed).schedule.deviations
      for left in all.indices {
        var some = all
        some.remove(at: left)
        let replay = Replay(some)
        let deviations = program.run(replay).schedule.deviations
        #expect(Set(deviations).isSubset(of: some), "seed \(seed)")
        #expect(deviations.count == replay.applied, "seed \(seed)")
      }
    }
  }

  @Test func noDeviationIsTheBaseline() {
    let schedule = SimulatedProgram.bank(3).run(Replay([])).schedule
    #expect(schedule.preemptions == 0)
    #expect(schedule.deviations.isEmpty)
  }

  @Test func aDeviationWhoseStepDoesNotExistIsLeftOut() {
    let program = SimulatedProgram.bank(3)
    let stranger = RawDeviation(
      picked: StepKey(task: 77, ordinal: 0), passedOver: StepKey(task: 1, ordinal: 1))
    let replay = Replay([stranger])
    #expect(program.run(replay).schedule == program.run(Replay([])).schedule)
    #expect(replay.applied == 0)
  }

  @Test func aDeviationThatFindsNoPlaceHoldsNoOtherUp() {
    let stranger = RawDeviation(
      picked: StepKey(task: 77, ordinal: 0), passedOver: StepKey(task: 1, ordinal: 1))
    for seed in 0..<UInt64(100) {
      let program = SimulatedProgram.random(seed: seed, mailboxes: .inOrder)
      let schedule = program.run(SimulatedWalk(), seed: seed).schedule
      let replay = Replay([stranger] + schedule.deviations)
      #expect(program.run(replay).schedule == schedule, "seed \(seed)")
      #expect(replay.applied == schedule.deviations.count, "seed \(seed)")
    }
  }

  /// In any order: one whose step is not enabled yet must not be lost when one behind it is taken.
  @Test(arguments: SimulatedProgram.Mailboxes.allCases)
  func aDeviationIsTriedWhereverItsStepIsPassedOverUntilItFindsItsPlace(
    mailboxes: SimulatedProgram.Mailboxes
  ) {
    for seed in 0..<UInt64(300) {
      let program = SimulatedProgram.random(seed: seed, mailboxes: mailboxes)
      var random = SplitMix64(seed: seed)
      let deviations = program.run(SimulatedWalk(), seed: seed).schedule.deviations
        .shuffled(using: &random)
      let replay = Replay(deviations)
      let plain = PlainReplay(deviations)
      #expect(program.run(replay).schedule == program.run(plain).schedule, "seed \(seed)")
      #expect(replay.applied == deviations.count - plain.left.count, "seed \(seed)")
    }
  }
}

/// A replay by the definition: looks at all deviations that have not found their place.
private final class PlainReplay: PureStrategy {
  private(set) var left: [RawDeviation]

  init(_ deviations: [RawDeviation]) { left = deviations }

  func begin(_ run: RunStart) {}

  func decide(at point: some ChoicePoint) -> Int {
    for (index, deviation) in left.enumerated() where deviation.passedOver == point.key(at: 0) {
      guard let pick = point.index(of: deviation.picked) else { continue }
      left.remove(at: index)
      return pick
    }
    return 0
  }
}
