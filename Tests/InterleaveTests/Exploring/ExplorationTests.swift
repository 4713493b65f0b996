import InterleaveEngine
import Testing

@testable import Interleave

/// Which runs an exploration asks for, and what it learns from them; none of them is made.
@Suite struct ExplorationTests {
  /// An exploration with what adds up over its runs.
  private final class Subject {
    let resolved: ResolvedConfiguration
    let budget: Budget
    var exploration: Exploration
    var tally = Tally()

    init(isCancelled: Bool = false, _ change: (inout FuzzConfiguration) -> Void) throws {
      resolved = try ResolvedConfiguration(of: "exploration") {
        $0.strategy = .randomWalk
        change(&$0)
      }
      budget = Budget(resolved, isCancelled: isCancelled)
      exploration = Exploration(resolved, isGenerated: false) { nil }
    }

    /// The run that comes next; nil where none does.
    func next() -> RunRequest? {
      if case .run(let request) = exploration.next(budget, &tally) { request } else { nil }
    }

    func learn(_ outcome: RunOutcome) { exploration.learn(outcome, &tally) }

    /// Makes so many walks that pass, each another one.
    func walk(_ count: UInt64) throws {
      for number in 1...count {
        let request = try #require(next())
        let isSample = request.wants.contains(.comparison)
        let outcome = RunOutcome.passing([number, 2])
        learn(isSample ? outcome : outcome.uncompared)
        // A sample is made again.
        if isSample {
          _ = try #require(next())
          learn(outcome)
        }
      }
    }
  }

  @Test func walksAreNumberedUntilTheBudgetIsSpent() throws {
    let subject = try Subject { $0.schedules = 5 }
    for number in 0..<5 {
      let request = try #require(subject.next())
      #expect(request.start.index == number)
      subject.learn(.passing([UInt64(number), 9]).uncompared)
    }
    #expect(subject.next() == nil)
    #expect(subject.exploration.ending == .schedules)
    #expect(subject.exploration.found == nil)
    #expect(subject.tally.schedules == 5)
    #expect(subject.tally.steps == 10)
  }

  @Test func theFirstWalkIsTheBaselineAndOfNoStrategy() throws {
    let subject = try Subject { $0.schedules = 3 }
    _ = try #require(subject.next())
    subject.learn(.failing())
    let found = try #require(subject.exploration.found)
    #expect(found.strategy == "baseline")
    #expect(found.schedulesTried == 1)
    #expect(subject.exploration.ending == .failure)
    #expect(subject.next() == nil)
  }

  @Test func aFailureEndsItWithTheRunThatFailed() throws {
    let subject = try Subject { $0.schedules = 10 }
    try subject.walk(2)
    _ = try #require(subject.next())
    subject.learn(.failing([4, 2]))
    let found = try #require(subject.exploration.found)
    #expect(found.strategy == "randomWalk")
    #expect(found.schedulesTried == 3)
    #expect(found.schedule == .of([4, 2]))
    #expect(found.isSure)
    #expect(found.kept != nil)
    #expect(subject.exploration.strategies.map(\.schedules) == [2], "the baseline is left out")
  }

  @Test func somebodyMayCallItOff() throws {
    let subject = try Subject(isCancelled: true) { $0.schedules = 10 }
    // The first run is made all the same: there is something to report.
    _ = try #require(subject.next())
    subject.learn(.passing().uncompared)
    #expect(subject.next() == nil)
    #expect(subject.exploration.ending == .cancellation)
  }

  @Test func aBodyMayCallOffTheTest() throws {
    struct Skip: Error {}
    let subject = try Subject { $0.schedules = 10 }
    _ = try #require(subject.next())
    var outcome = RunOutcome.passing().uncompared
    outcome.cancellation = Skip()
    subject.learn(outcome)
    #expect(subject.next() == nil)
    #expect(subject.exploration.ending == .cancellation)
    #expect(subject.tally.cancellation is Skip)
  }

  @Test func withoutAChoiceThereIsNothingElseToRun() throws {
    let subject = try Subject { $0.schedules = 10 }
    _ = try #require(subject.next())
    subject.learn(.passing(choices: 0).uncompared)
    #expect(subject.exploration.ending == .exhaustion)
    #expect(subject.next() == nil)
    #expect(!subject.exploration.isProved, "nobody watches what steps share")
  }

  // MARK: Doubts

  /// A failure of a run that did not wait for others.
  private var late: RunOutcome {
    var outcome = RunOutcome.failing(kind: .deadlock)
    outcome.wasHasty = true
    return outcome
  }

  @Test func aFailureThatOthersMayHaveCausedMustComeUpAgain() throws {
    let subject = try Subject { $0.schedules = 10 }
    _ = try #require(subject.next())
    subject.learn(late)
    #expect(subject.exploration.found == nil)
    let again = try #require(subject.next())
    #expect(again.strategy is Replay)
    #expect(again.terms.patience == .careful)
    subject.learn(.failing(kind: .deadlock))
    #expect(subject.next() == nil)
    #expect(subject.exploration.found != nil)
  }

  @Test func aFailureThatDoesNotComeUpAgainSaysNothing() throws {
    let subject = try Subject { $0.schedules = 2 }
    _ = try #require(subject.next())
    subject.learn(late)
    #expect(try #require(subject.next()).terms.patience == .careful)
    subject.learn(.passing().uncompared)
    #expect(try #require(subject.next()).start.index == 1, "it goes on")
    #expect(subject.exploration.found == nil)
    #expect(subject.tally.warnings.count == 1)
    #expect(subject.tally.warnings[0].hasPrefix("a schedule failed once, but not when others"))
  }

  @Test func aChildLeavesItsDoubtsToItsParent() throws {
    let subject = try Subject { $0.schedules = 10 }
    subject.exploration = Exploration(subject.resolved, isGenerated: false, isChild: true) { nil }
    _ = try #require(subject.next())
    subject.learn(late)
    #expect(try #require(subject.exploration.found).isSure == false)
  }

  // MARK: Repetitions

  @Test func someRunsThatPassAreMadeAgain() throws {
    let subject = try Subject { $0.schedules = 4 }
    _ = try #require(subject.next())
    subject.learn(.passing([1, 2]).uncompared)
    #expect(try #require(subject.next()).wants.contains(.comparison))
    subject.learn(.passing([2, 1]))
    #expect(try #require(subject.next()).strategy is Replay)
    subject.learn(.passing([1, 2]))
    #expect(try #require(subject.next()).strategy is Replay, "it may have settled")
    subject.learn(.passing([1, 2]))
    #expect(try #require(subject.next()).start.index == 2)
    #expect(subject.tally.warnings.count == 1)
    #expect(subject.tally.warnings[0].contains("a schedule that passed was run again"))
    #expect(subject.tally.schedules == 2, "what is made again does not count")
  }

  // MARK: Stops

  @Test func aStepThatWasStoppedEndsItWhateverTheRunWasFor() throws {
    let subject = try Subject { $0.schedules = 10 }
    _ = try #require(subject.next())
    subject.learn(.passing([1, 2]).uncompared)
    _ = try #require(subject.next())
    subject.learn(.passing([2, 1]))
    // The repetition of a sample.
    _ = try #require(subject.next())
    var stopped = RunOutcome.failing([2, 1], kind: .crash)
    stopped.wasStopped = true
    subject.learn(stopped)
    let found = try #require(subject.exploration.found)
    #expect(found.schedulesTried == 3)
    #expect(found.interleaving?.steps.count == 2, "it may not come up again")
    #expect(found.kept == nil)
    #expect(!found.isSure)
  }

  // MARK: Shares

  private func note(_ signature: UInt64) -> RunNote {
    RunNote(
      signature: signature, steps: 3, choices: 2, place: 0, limits: [], isDrawn: true,
      isCancelled: false, isGenerated: false)
  }

  @Test func whatWorkersHaveRunCountsAsIfItHadBeenRunHere() throws {
    let subject = try Subject { $0.schedules = 66 }
    try subject.walk(UInt64(ShareCut.first))
    guard case .share(1) = subject.exploration.next(subject.budget, &subject.tally) else {
      Issue.record("the first share is over")
      return
    }
    let log = ShareLog(of: 1)
    log.add(note(1_001))
    log.add(note(1_002))
    var remarks = Tally()
    remarks.warn("it was run again")
    var packet = Packet()
    remarks.pack(into: &packet)
    log.add(remarks: packet.bytes)
    subject.exploration.beginShare(1, madeAs: ShareLog(log.bytes))
    #expect(subject.next() == nil)
    #expect(subject.exploration.ending == .schedules)
    #expect(subject.tally.schedules == 66)
    #expect(subject.tally.warnings == ["it was run again"])
  }

  @Test func aWorkersFailureIsTakenOver() throws {
    let subject = try Subject { $0.schedules = 200 }
    try subject.walk(UInt64(ShareCut.first))
    _ = subject.exploration.next(subject.budget, &subject.tally)
    let log = ShareLog(of: 1)
    log.add(note(1_001))
    log.fail([1])
    subject.exploration.beginShare(1, madeAs: ShareLog(log.bytes))
    guard case .failure = subject.exploration.next(subject.budget, &subject.tally) else {
      Issue.record("the last walk of the share failed")
      return
    }
    subject.exploration.take(.failing([5, 6]))
    let found = try #require(subject.exploration.found)
    #expect(found.schedulesTried == 65)
    #expect(found.strategy == "randomWalk")
    #expect(found.kept != nil, "it is made again here before it is shrunk")
  }

  // MARK: Proofs

  @Test func whatIsAskedForAndNotProvedIsToldWithItsReason() throws {
    let subject = try Subject {
      $0.strategy = .reduction
      $0.schedules = 40
    }
    try subject.walk(40)
    #expect(subject.next() == nil)
    #expect(!subject.exploration.isProved)
    let warning = try #require(subject.tally.warnings.last)
    #expect(warning.hasPrefix("nothing was proved: what tasks share cannot be seen here"))
  }

  @Test func whatIsCancelledProvesNothing() throws {
    let subject = try Subject {
      $0.cancellation = .anyTask
      $0.schedules = 1
    }
    let request = try #require(subject.next())
    #expect(request.canceller == nil, "the first run cancels nobody")
    subject.learn(.passing(choices: 0).uncompared)
    #expect(subject.exploration.ending == nil, "to have made all choices is not to have run all")
    #expect(subject.next() == nil)
    #expect(subject.exploration.ending == .schedules)
  }
}
