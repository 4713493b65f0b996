import Testing

@testable import Interleave
@testable import InterleaveEngine

/// What adds up over runs, here, in a child process and in workers.
@Suite struct TallyTests {
  private func outcome(_ tasks: [UInt64]) -> RunOutcome {
    var outcome = RunOutcome.passing(tasks, choices: 3)
    outcome.escapes = [SeenEscape(Escape(kind: .thread, site: 0, task: -1))]
    outcome.noticed.slowSteps = ["a step of \(tasks)"]
    return outcome
  }

  private func report(_ tally: Tally) -> FuzzReport {
    var report = FuzzReport()
    tally.complete(&report)
    return report
  }

  private func counted(_ runs: [[UInt64]]) -> Tally {
    var tally = Tally()
    for tasks in runs {
      tally.note(outcome(tasks))
      tally.count(outcome(tasks))
    }
    return tally
  }

  @Test func theSameInterleavingCountsOnce() {
    var tally = Tally()
    let areNew = [[1, 2], [1, 2], [2, 1]].map { tally.count(outcome($0)) }
    #expect(areNew == [true, false, true])
    let report = report(tally)
    #expect(report.schedules == 3 && report.distinctInterleavings == 2)
    #expect(report.steps == 6 && report.choices == 9)
  }

  @Test func whoAddsUpMakesNoDifference() {
    let runs: [[UInt64]] = [[1, 2], [2, 1], [1, 2], [3]]
    var parts = counted(Array(runs[..<1]))
    parts.merge(counted(Array(runs[1...])))
    #expect(report(parts) == report(counted(runs)))
  }

  /// A run whose body returned a value.
  private func returning(_ value: Int) -> RunOutcome {
    var run = outcome([UInt64(value)])
    let returned = BodyOutcome(value)
    run.returned = returned.hash
    run.noticed.outcomes = [returned.hash: returned.text]
    return run
  }

  private func counted(returning values: [Int]) -> Tally {
    var tally = Tally()
    for value in values {
      tally.note(returning(value))
      tally.count(returning(value))
    }
    return tally
  }

  @Test func whatBodiesReturnAddsUpWhoeverCounts() {
    let values = [3, 4, 4, 5, 4, 3]
    let outcomes = report(counted(returning: values)).outcomes
    #expect(outcomes.map(\.value) == ["4", "3", "5"])
    #expect(outcomes.map(\.count) == [3, 2, 1])
    #expect(outcomes.map(\.firstSchedule) == [2, 1, 4])
    for cut in values.indices {
      var parts = counted(returning: Array(values[..<cut]))
      parts.merge(counted(returning: Array(values[cut...])))
      var packet = Packet()
      parts.pack(into: &packet)
      #expect(report(Tally(from: packet)).outcomes == outcomes, "\(cut)")
    }
  }

  @Test func ofVeryManyValuesTheFirstAreCounted() {
    let tally = counted(returning: Array(0..<1_200) + [5, 5])
    #expect(report(tally).outcomes.count == 1_000)
    #expect(report(tally).outcomes.first?.value == "5")
    #expect(report(tally).warnings.contains { $0.contains("more than 1,000 different values") })
    #expect(
      report(counted(returning: Array(0..<1_000))).warnings.count { $0.contains("1,000") } == 0)
  }

  @Test func itGoesToAnotherProcessWhole() {
    var tally = counted([[1, 2], [2, 1]])
    tally.warn("it was run again")
    var experience = OrderExperience()
    experience.add(OrderExperience(runs: 2, isMet: false, obstacles: ["a"], standstill: "s"))
    var ordered = outcome([5])
    ordered.order = experience
    tally.note(ordered)
    var packet = Packet()
    tally.pack(into: &packet)
    let copy = Tally(from: packet)
    #expect(report(copy) == report(tally))
    #expect(copy.order == experience)
    #expect(!copy.isPlain)
    #expect(Tally().isPlain)
  }

  @Test func whatIsMadeAgainShowsNothingOfAnOrder() {
    var tally = Tally()
    var ordered = outcome([1])
    ordered.order = OrderExperience(runs: 1)
    tally.noteAgain(ordered)
    #expect(tally.order.runs == 0)
    #expect(tally.noticed.slowSteps.count == 1)
  }

  @Test func aWarningNeedNotBeSaidTwice() {
    var tally = Tally()
    tally.warnOnce("w")
    tally.warnOnce("w")
    #expect(tally.warnings == ["w"])
  }
}
