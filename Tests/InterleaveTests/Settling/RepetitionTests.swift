import Testing

@testable import Interleave
@testable import InterleaveEngine

/// What it means that the same choices make another run.
@Suite struct RepetitionTests {
  /// Answers a repetition with outcomes in turn.
  private func repeated(
    _ first: RunOutcome, _ outcomes: RunOutcome...
  ) throws -> Repetition.Difference? {
    var repetition = Repetition(of: first)
    for outcome in outcomes {
      let request = try #require(repetition.next(), "it asks for a run")
      #expect(request.strategy is Replay)
      repetition.learn(outcome)
    }
    #expect(repetition.next() == nil, "it asks for no more")
    return repetition.difference
  }

  private let escape = SeenEscape(Escape(kind: .thread, site: 0, task: -1))

  @Test func theSameRunIsNoDifference() throws {
    #expect(try repeated(.passing([1, 2]), .passing([1, 2])) == nil)
    #expect(try repeated(.failing([1, 2]), .failing([1, 2])) == nil)
  }

  @Test func whatComesAfterAFailureDoesNotMatter() throws {
    var longer = RunOutcome.failing([1, 2, 3])
    longer.failure?.steps = 2
    #expect(try repeated(.failing([1, 2]), longer) == nil)
  }

  @Test func whatTheFirstRunLeavesSettles() throws {
    let found = try repeated(.passing([1, 2]), .passing([2, 1]), .passing([2, 1]))
    let difference = try #require(found)
    #expect(difference.settles && difference.failsAlike && !difference.escaped)
    #expect(difference.lines.first?.hasPrefix("* step 1 was at first task 0.1") == true)
    #expect(difference.lines.last?.contains("outlives a run") == true)
    #expect(difference.warningOfSample != nil)
  }

  @Test func whatAStepWasTakenAheadOfAndWhereItWasInsideAreTold() throws {
    var (first, then) = (RunOutcome.passing([1, 2]), RunOutcome.passing([1, 2]))
    first.schedule = first.schedule?.deviating
    first.trace?.steps[0].passedOver.task = 2
    then.trace?.steps[0].key.inside = InsidePoint(.lock)
    let difference = try #require(try repeated(first, then, then))
    #expect(
      difference.lines.first == "* step 1 was at first task 0.1, one of 2 steps that could run, "
        + "before task 0.2's")
    #expect(
      difference.lines.dropFirst().first
        == "* step 1 was then task 0.1, interrupted before it took "
        + "a lock, one of 2 steps that could run")
  }

  @Test func whatChangesFromRunToRunDoesNotSettle() throws {
    let found = try repeated(.passing([1, 2]), .passing([2, 1]), .passing([1, 1]))
    let difference = try #require(found)
    #expect(!difference.settles)
    #expect(difference.lines.last?.contains("changes from run to run") == true)
  }

  @Test func aFailureThatPassesTheNextTimeIsTold() throws {
    let difference = try #require(try repeated(.failing([1, 2]), .passing([1, 2])))
    #expect(!difference.failsAlike)
    #expect(difference.second == nil)
    #expect(difference.lines.first == "* all 2 steps were the same")
  }

  @Test func anotherFailureIsNotTheSame() throws {
    let other = RunOutcome.failing([1, 2], place: "T.swift:9")
    #expect(try #require(try repeated(.failing([1, 2]), other)).second?.place == "T.swift:9")
  }

  @Test func aThreadMayBeLateTwice() throws {
    var passing = RunOutcome.passing([1, 2])
    passing.escapes = [escape]
    let found = try repeated(.failing([1, 2]), passing, passing, .failing([1, 2]))
    let difference = try #require(found)
    #expect(difference.failsAlike && difference.escaped)
    #expect(difference.warningOfSample == nil, "that a replay may differ is known already")
    let never = try #require(try repeated(.failing([1, 2]), passing, passing, passing))
    #expect(!never.failsAlike)
    #expect(never.lines.last?.contains("a thread was started") == true)
  }
}

/// The thread sanitizer forgets now and then what was done.
@Suite struct ForgottenRaceTests {
  private func told(
    _ first: RunOutcome, after passes: Int, then last: RunOutcome?
  ) -> Repetition.Difference? {
    var repetition = Repetition(of: first)
    var outcomes = Array(repeating: RunOutcome.passing([1, 2]), count: passes)
    if let last { outcomes.append(last) }
    for outcome in outcomes where repetition.next() != nil { repetition.learn(outcome) }
    #expect(repetition.next() == nil, "it asks for no more")
    return repetition.difference
  }

  @Test(arguments: 0...2)
  func aRaceIsLookedForAgainInARunThatDoesTheSame(passes: Int) {
    let race = RunOutcome.failing([1, 2], kind: .dataRace)
    #expect(told(race, after: passes, then: race) == nil)
  }

  @Test func aRaceThatIsNotSeenAgainIsTold() throws {
    let race = RunOutcome.failing([1, 2], kind: .dataRace)
    let difference = try #require(told(race, after: 3, then: nil))
    #expect(!difference.failsAlike && difference.second == nil)
  }

  @Test func noOtherFailureIsLookedForAgain() throws {
    let failing = RunOutcome.failing([1, 2], kind: .invariant)
    #expect(try #require(told(failing, after: 1, then: failing)).failsAlike == false)
  }
}

/// Failures that others may have brought about by being late.
@Suite struct DoubtTests {
  private func late(_ kind: FuzzFailure.Kind) -> RunOutcome {
    var outcome = RunOutcome.failing(kind: kind)
    outcome.escapes = [SeenEscape(Escape(kind: .dispatch, site: 0, task: -1))]
    return outcome
  }

  @Test func whatAStepDidIsNotDoubted() {
    #expect(Doubt(about: .failing(kind: .invariant)) == nil)
    #expect(Doubt(about: .failing(kind: .deadlock)) == nil, "nobody else takes part")
    #expect(Doubt(about: late(.invariant)) == nil)
    #expect(Doubt(about: .passing()) == nil)
  }

  @Test func whatHasNotHappenedIsWaitedForAgain() throws {
    var doubt = try #require(Doubt(about: late(.lostWakeUp)))
    #expect(doubt.next()?.terms.patience == .careful, "a shorter wait fails on a busy machine")
    doubt.learn(.failing(kind: .lostWakeUp))
    #expect(doubt.isDispelled)
    #expect(doubt.next() == nil)
  }

  @Test func whatOthersDidIsNamed() throws {
    var doubt = try #require(Doubt(about: late(.lostWakeUp)))
    #expect(doubt.next() != nil)
    doubt.learn(.passing())
    #expect(!doubt.isDispelled)
    #expect(doubt.next() == nil, "what passes once is not blamed on the program")
    #expect(doubt.warning.contains("work was handed to libdispatch"))
  }

  @Test(arguments: [true, false])
  func aStepThatWaitsInVainIsDoubtedOnlyIfItMayTurnUntilAnotherGoesOn(isForEver: Bool) throws {
    var hang = RunOutcome.failing(kind: .hang)
    hang.failure?.isForEver = isForEver
    hang.schedule = hang.schedule?.deviating
    hang.schedule?.steps[0].passedOver.ordinal = StepKey.ordinal(ofStep: 0, point: 1)
    let found = FoundFailure(hang, schedulesTried: 3, seed: 1)
    #expect((Doubt(about: found) == nil) == isForEver)
  }
}
