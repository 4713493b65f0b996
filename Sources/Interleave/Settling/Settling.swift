// Settling: a failure is doubted, repeated, shrunk and explained.

import InterleaveEngine

/// A failure that is ready for its report.
struct SettledFailure {
  var failure: FuzzFailure
  /// The failing expectation's own issue has been recorded.
  var isRecorded = false
}

/// Makes a failure small and clear, and keeps it; whatever its runs do is kept apart from the
/// process.
struct Settling {
  let found: FoundFailure
  let test: TestIdentity
  let resolved: ResolvedConfiguration
  /// What the search has come to that found it.
  let result: SearchResult
  let runs: SettlingRuns
  let program: any FuzzProgram
  let keeper: Keeper
  let capture: IssueCapture

  /// How many runs experiments may take, however few it took to make the failure small, and
  /// however many.
  private static let experiments = 24
  private static let mostExperiments = 120
  /// How many runs it may take, however few experiments have left, to see when a failure became
  /// likely.
  private static let leastOdds = 48

  /// Settles it.
  ///
  /// - Parameter recordsExpectations: Lets the issue of the minimal run through.
  /// - Returns: Nil if others brought it about by being late, which is warned of.
  func settle(recordsExpectations: Bool) -> SettledFailure? {
    if case .automatic = resolved.isolation, !found.failure.kind.endsTheProcess,
      found.interleaving == nil
    {
      let outcome = Containment.run(hangLimit: resolved.hangLimit) {
        settleHere(recordsExpectations: recordsExpectations)
      }
      if case .finished(let settled) = outcome { return settled }
    }
    guard resolved.isolation != .none else {
      return settleHere(recordsExpectations: recordsExpectations)
    }
    return settleSheltered()
  }

  private func settleHere(recordsExpectations: Bool) -> SettledFailure? {
    if let difference = difference() {
      // What is lost only now and then, where others take part, is not the program's fault.
      if found.failure.kind.isToldByTime, difference.escaped {
        runs.warn(Doubt.warning(about: found.failure, found.kept?.escapes ?? []))
        return nil
      }
      // Nor is it that it hangs together with when a partner did something.
      guard !difference.isOfPartners else { return SettledFailure(failure: asFound()) }
      return SettledFailure(failure: nondeterminism(difference))
    }
    var (failure, minimal) = explain()
    if !found.failure.isMistake {
      keeper.keep(&failure, minimal.draws, inPlaceOf: found.repaired)
    }
    let isRecorded =
      recordsExpectations && failure.kind == .expectation && recordIssue(of: failure, minimal)
    return SettledFailure(failure: failure, isRecorded: isRecorded)
  }

  /// Does the same with each run in a child process, or, where that does not fail in the same
  /// way, with each run on a thread of its own.
  private func settleSheltered() -> SettledFailure {
    runs.awaitsCrashElsewhere = found.failure.isElsewhere
    let limit = shortHangLimit()
    var places = [RunPlace.child(hangLimit: limit)]
    if !Sanitizer.isAddress { places.append(.thread(hangLimit: limit)) }
    for place in places {
      runs.place = place
      guard runs.fails(like: found.failure, found.schedule, found.draws) else { continue }
      var (failure, minimal) = explain()
      guard !failure.interleaving.steps.isEmpty else { continue }
      // A limit that is shorter than the one that counts may have been too short.
      if failure.kind == .hang {
        runs.place = place.with(hangLimit: resolved.hangLimit)
        guard runs.fails(like: found.failure, minimal.schedule, minimal.draws) else { continue }
      }
      keeper.keep(&failure, minimal.draws, inPlaceOf: found.repaired)
      return SettledFailure(failure: failure)
    }
    if runs.mayGoOn {
      runs.warn(
        "the failure could not be made again apart from the process that it was found in, so it "
          + "is shown as it was found")
    }
    return SettledFailure(failure: asFound())
  }

  /// How long a step of a run that is made again may take: three times as long as a whole run
  /// without deviations, a tenth of a second at least, and no longer than is allowed anyway.
  private func shortHangLimit() -> Int64 {
    let least: Int64 = 100_000_000
    let hangLimit = resolved.hangLimit
    // What is known to hang has no time to measure.
    if found.failure.kind == .hang, found.schedule.deviations.isEmpty {
      return min(hangLimit, least)
    }
    runs.place = .child(hangLimit: hangLimit)
    let clock = ContinuousClock()
    let start = clock.now
    let outcome = runs.run(RunRequest(strategy: Baseline(), plan: .replay(found.draws)))
    let spent = Int64(clamping: (clock.now - start).nanoseconds)
    return min(hangLimit, outcome.failure?.kind == .hang ? least : max(least, 3 * spent))
  }

  // MARK: Repetition

  /// Makes the failing run again, before it is shrunk.
  ///
  /// - Returns: In what it is different if the failure does not come up again.
  private func difference() -> Repetition.Difference? {
    guard let first = found.kept else { return nil }
    var repetition = Repetition(
      of: first, patience: found.failure.kind.isToldByTime ? .hasty : .ordinary)
    while let request = repetition.next() { repetition.learn(runs.run(request)) }
    guard let difference = repetition.difference else { return nil }
    guard difference.failsAlike else { return difference }
    // The first run of a process fills caches that all others find.
    if difference.settles, found.schedulesTried == 1 { return nil }
    guard !difference.isOfPartners else { return nil }
    let lines = ["a failing schedule was run again"] + difference.lines
    runs.warn("\(FuzzFailure.Kind.nondeterministic.words): \(lines.joined(separator: "\n"))")
    return nil
  }

  /// The failure to report instead of one that does not come up again.
  private func nondeterminism(_ difference: Repetition.Difference) -> FuzzFailure {
    let survivors = Survivors(of: found.schedule, found.draws, runs).words
    let lines =
      (survivors.map { ["something outlives the run: \($0)"] } ?? [])
      + ["a schedule failed, but not in the same way when it was run again with the same choices:"]
      + [
        "* first: \(found.failure.kind.words)\n\(found.failure.message)",
        "* then: \(difference.second.map { "\($0.kind.words)\n\($0.message)" } ?? "it passed")",
      ] + difference.lines
    return FuzzFailure(
      kind: .nondeterministic, message: lines.joined(separator: "\n"),
      sourceLocation: found.failure.location,
      original: FuzzFailure.Size(found.schedule, found.draws), seed: found.seed,
      schedulesTried: found.schedulesTried, strategy: found.strategy,
      replayCommand: test.replayCommand, test: test.name)
  }

  // MARK: Words

  /// Shrinks the failure, and says what happened in it.
  ///
  /// - Returns: The failure for people, and what is left of it.
  private func explain() -> (FuzzFailure, ShrunkFailure) {
    var shrinker = FailureShrinker(
      found, resolved, isGenerated: program.isGenerated, hasEscapes: result.tally.hasEscapes, runs)
    let shrunk = shrinker.shrink()
    let shown = show(shrunk)
    var failure = FuzzFailure(
      kind: found.failure.kind, message: shown.message ?? found.failure.message,
      sourceLocation: found.failure.location,
      interleaving: shown.interleaving, inputs: shown.texts.inputs,
      operations: shown.texts.operations,
      original: FuzzFailure.Size(found.schedule, found.draws), isMinimal: shrunk.isMinimal,
      seed: found.seed, schedulesTried: found.schedulesTried, strategy: found.strategy,
      strategies: found.strategy == nil ? [] : result.report.strategies,
      corpusFile: found.corpusFile, halfFix: found.halfFix,
      replayCommand: test.replayCommand, test: test.name)
    failure.callStack = shown.callStack
    failure.history = (shown.outcome?.failure ?? found.failure).history
    failure.shrinkingLimit = runs.effort.isCutShort ? runs.effort.timeLimit : nil
    failure.isToldInFull = resolved.reporting == .full
    failure.past = shown.outcome?.past(ofFailure: failure.kind)
    failure.findings = shown.outcome.flatMap {
      experiment(on: $0, shown.interleaving, spent: shrinker.spent)
    }
    failure.others = runs.others.words
    return (failure, shrunk)
  }

  /// Finds out on which orders the failure rests, for no more than it cost to make it small.
  ///
  /// - Parameters:
  ///   - outcome: The run that is shown.
  ///   - interleaving: What is shown of it.
  ///   - spent: The runs by which it was made small.
  /// - Returns: Nil where others take part, by whom a run may come otherwise.
  private func experiment(
    on outcome: RunOutcome, _ interleaving: Interleaving, spent: Int
  ) -> ExperimentFindings? {
    let limit = min(Self.mostExperiments, max(Self.experiments, spent))
    guard !result.tally.hasEscapes, !runs.awaitsCrashElsewhere,
      resolved.configuration.shrinking.runs > 0,
      var experiments = Experiments(
        on: outcome, interleaving, ReversalSearch.Budget(reversals: 1, runs: limit))
    else { return nil }
    runs.beginExperiments()
    while runs.mayShrink, let request = experiments.next() { experiments.learn(runs.run(request)) }
    var findings = experiments.findings
    if let nearest = experiments.nearest { findings.passing = passing(nearest.request, outcome) }
    let left = max(Self.leastOdds, spent - experiments.runs)
    var odds = runs.isHere ? Odds(of: outcome, atMost: left) : nil
    while runs.mayShrink, let request = odds?.next() { odds?.learn(runs.run(request)) }
    findings.chances = odds?.chances ?? [:]
    return findings
  }

  /// Looks at a run that passes, and where it leaves the one that fails.
  private func passing(
    _ request: RunRequest, _ failing: RunOutcome
  ) -> ExperimentFindings.PassingRun? {
    var request = request
    request.wants = [.schedule, .trace, .changes]
    let outcome = runs.run(request)
    guard outcome.failure == nil, let interleaving = outcome.interleaving,
      let steps = outcome.schedule?.steps, let others = failing.schedule?.steps
    else { return nil }
    let same = zip(steps, others).prefix { $0.key == $1.key }.count
    guard same < min(steps.count, others.count) else { return nil }
    return ExperimentFindings.PassingRun(interleaving: interleaving, firstDifference: same)
  }

  /// Runs a failing schedule once more, to see what each of its steps does.
  private func show(
    _ shrunk: ShrunkFailure
  ) -> (
    interleaving: Interleaving, message: String?, callStack: [String], texts: GeneratedTexts,
    outcome: RunOutcome?
  ) {
    var texts = GeneratedTexts()
    for inspects in [true, false] {
      var request = RunRequest.replay(shrunk.schedule, shrunk.draws)
      request.wants = [.traceOfFailure, .touchesOfFailure, .texts]
      if inspects { request.wants.insert(.changes) }
      // That it fails is known; now it is looked at.
      request.terms.patience = .hasty
      let outcome = runs.run(request)
      texts = outcome.texts ?? texts
      // Looking at actors may keep one alive a little longer. Where that changes
      // the run, it is shown without what its steps changed.
      if let again = outcome.failure, again.isLike(found.failure),
        let interleaving = outcome.interleaving
      {
        return (interleaving, again.message, again.callStack, texts, outcome)
      }
    }
    return (Interleaving(), nil, found.failure.callStack, texts, nil)
  }

  /// Runs the minimal schedule with its issue let through.
  ///
  /// - Returns: The issue was recorded.
  private func recordIssue(of failure: FuzzFailure, _ minimal: ShrunkFailure) -> Bool {
    capture.passNext(with: failure.description)
    _ = runs.run(.replay(minimal.schedule, minimal.draws))
    return capture.stopPassing()
  }

  /// The failure where it cannot be made again here.
  private func asFound() -> FuzzFailure {
    let interleaving = found.interleaving ?? Interleaving()
    var failure = FuzzFailure(
      kind: found.failure.kind, message: found.failure.message,
      sourceLocation: found.failure.location, interleaving: interleaving,
      original: FuzzFailure.Size(found.schedule, found.draws), seed: found.seed,
      schedulesTried: found.schedulesTried, strategy: found.strategy,
      corpusFile: found.corpusFile, replayCommand: test.replayCommand, test: test.name)
    failure.callStack = found.failure.callStack
    if !interleaving.steps.isEmpty {
      keeper.keep(&failure, found.draws, inPlaceOf: found.repaired)
    }
    return failure
  }
}
