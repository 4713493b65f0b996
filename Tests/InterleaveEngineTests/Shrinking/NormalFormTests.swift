import Testing

@testable import InterleaveEngine

@Suite struct NormalFormTests {
  /// A schedule of steps, each a task, an executor, its cause and its reason.
  private func schedule(
    _ steps: [(task: UInt64, executor: UInt64, cause: Int, reason: EnabledReason)]
  ) -> RecordedSchedule {
    var ordinals: [UInt64: Int32] = [:]
    return RecordedSchedule(
      steps: steps.map { step in
        let key = StepKey(task: step.task, ordinal: ordinals[step.task, default: 0])
        ordinals[step.task, default: 0] += 1
        return RecordedStep(
          key: key, executor: step.executor, cause: step.cause, enabled: 2, passedOver: key,
          reason: step.reason, isPreemption: false, isStall: false)
      })
  }

  private func tasks(_ schedule: RecordedSchedule) -> [UInt64] {
    NormalForm.order(of: schedule, by: .asRun).map(\.task)
  }

  @Test func stepsOfOneTaskComeTogetherWhereTheyTouchNothingOfOthers() {
    let apart = schedule([
      (1, 1, -1, .created), (2, 2, -1, .created), (1, 3, 0, .hopped), (2, 4, 1, .hopped),
    ])
    #expect(tasks(apart) == [1, 1, 2, 2])
  }

  @Test func stepsOnOneExecutorStayInOrder() {
    for executor in [UInt64(0), 1] {
      let together = schedule([
        (1, executor, -1, .created), (2, executor, -1, .created), (1, executor, 0, .resumed),
      ])
      #expect(tasks(together) == [1, 2, 1])
    }
  }

  @Test func stepsThatQueueOnOneMailboxStayInOrder() {
    // Task 1 would go on with its second step, but task 2 queued on 9 before that.
    let queueing = schedule([
      (1, 1, -1, .created), (2, 2, -1, .created), (1, 3, 0, .hopped),
      (2, 9, 1, .hopped), (1, 9, 2, .hopped),
    ])
    #expect(tasks(queueing) == [1, 2, 1, 2, 1])
  }

  @Test func noStepMovesPastATimer() {
    let timed = schedule([
      (1, 1, -1, .created), (2, 2, -1, .timer), (1, 3, 0, .hopped),
    ])
    #expect(tasks(timed) == [1, 2, 1])
  }

  @Test func noTimerMovesPastAStep() {
    let timed = schedule([
      (3, 3, -1, .created), (1, 1, -1, .created), (3, 3, 0, .timer),
    ])
    #expect(tasks(timed) == [3, 1, 3])
  }

  @Test func theStepThatFixesAnArrivalStaysAfterWhoQueuedBefore() {
    // Task 1 left actor 5 for 9, where task 3 queued before task 2 ran on 5.
    let fixing = schedule([
      (1, 5, -1, .created), (2, 8, -1, .created), (3, 3, -1, .created), (2, 5, 1, .hopped),
      (1, 9, 0, .hopped), (3, 9, 2, .hopped),
    ])
    #expect(tasks(fixing) == [1, 2, 3, 2, 1, 3])
  }

  @Test func theStepThatWaitsForAnotherComesAfterIt() {
    let waiting = schedule([
      (1, 1, -1, .created), (2, 2, -1, .created), (1, 3, 1, .resumed),
    ])
    #expect(tasks(waiting) == [1, 2, 1])
  }

  @Test(arguments: SimulatedProgram.Mailboxes.allCases, NormalForm.Rule.allCases)
  func theNormalFormIsTheSameInterleaving(
    mailboxes: SimulatedProgram.Mailboxes, rule: NormalForm.Rule
  ) {
    var before = 0
    var after = 0
    for seed in 0..<UInt64(300) {
      let program = SimulatedProgram.random(seed: seed, mailboxes: mailboxes)
      let (trial, outcome) = program.runToOutcome(SimulatedWalk(), seed: seed)
      let order = NormalForm.order(of: trial.schedule, by: rule)
      let (again, sameOutcome) = program.runToOutcome(FollowOrder(order))
      #expect(again.schedule.steps.map(\.key) == order, "seed \(seed)")
      #expect(sameOutcome == outcome, "seed \(seed)")
      before += trial.schedule.preemptions
      after += again.schedule.preemptions
    }
    #expect(after < before)
  }
}
