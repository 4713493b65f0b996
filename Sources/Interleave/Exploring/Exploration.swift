// Exploring: which run comes next, and what ends that: walks, the attempt at a proof, what is left.

import InterleaveEngine

/// Explores until something fails or the budget is spent, by asking for runs and learning from what
/// they come to.
///
/// Two streams of runs make it up: ``Walks``, and the runs of the search for a proof
/// (``ProofAttempt``) between them, in an order that depends on what both have shown. Walks may be
/// made by others, as long as they are learned from in their order.
struct Exploration {
  /// What it takes to go on.
  enum Demand {
    case run(RunRequest)
    /// To know who makes the walks of a share: see ``beginShare(_:madeAs:)``.
    case share(Int)
    /// To take over the run of a worker that failed: see ``take(_:)``.
    case failure(ShareLog)
    /// Nothing: it has come to its end.
    case nothing
  }

  /// What comes next.
  private indirect enum Turn {
    /// To decide whether, and by whom, another run is chosen.
    case decision
    case walk
    case doubt(Doubt, FoundFailure)
    case repetition(Repetition)
    case confirmation(Confirmation)
    case survey(Survey)
    case over
  }

  private let resolved: ResolvedConfiguration
  private let isChild: Bool
  private let makeWatch: () -> SharingWatch?
  private(set) var walks: Walks
  /// What a worker has told of the walks of the share; nil where they are made here.
  private var log: ShareLog?
  /// How many schedules were run in all; of a shard, how many all of them have before its next.
  private var schedules: Int { walks.number + searched.schedules }
  /// What the walks of each strategy were used for, and the runs of the search.
  private var spent: [StrategyShare]
  private var searched = StrategyShare(name: FuzzConfiguration.StrategyChoice.reduction.name)
  private var outlook: Outlook
  private var proof: ProofAttempt
  private var turn = Turn.decision
  /// The search chose the run that is going on, or the one that is looked into.
  private var isSearching = false
  /// Something is generated, so that runs differ by more than their schedules.
  private(set) var isGenerated: Bool
  private(set) var hasWarnedOfNondeterminism = false
  /// Every schedule was run.
  private var hasMadeAllSchedules = false
  private var hasSurveyed = false

  // MARK: What it comes to

  /// The failure that ended it.
  private(set) var found: FoundFailure?
  /// Why no more runs are explored.
  private(set) var ending: FuzzReport.Ending?
  /// Every interleaving was run, and passed, and nothing speaks against calling it a proof.
  private(set) var isProved = false
  /// The search for a proof, where it can be gone on with.
  private(set) var unfinished: SavedSearch?
  /// How likely one more schedule is to show what none has shown.
  private(set) var residualRisk: FuzzReport.ResidualRisk?
  /// How many interleavings there are, where not all were run.
  private(set) var interleavings: FuzzReport.InterleavingEstimate?
  /// Why there is no proof, where nobody has asked for one.
  private(set) var obstacle: String?

  /// Gets ready.
  ///
  /// - Parameters:
  ///   - resolved: How many schedules there may be, and what chooses them.
  ///   - isGenerated: Runs differ by what is generated for them.
  ///   - isChild: This process is one that the campaign has forked.
  ///   - makeWatch: Begins to watch for memory that is shared unseen.
  init(
    _ resolved: ResolvedConfiguration, isGenerated: Bool, isChild: Bool = false,
    makeWatch: @escaping () -> SharingWatch? = SharingWatch.init
  ) {
    self.resolved = resolved
    self.isGenerated = isGenerated
    self.isChild = isChild
    self.makeWatch = makeWatch
    walks = Walks(resolved)
    spent = walks.names.map { StrategyShare(name: $0) }
    outlook = Outlook(isGenerated: isGenerated)
    let configuration = resolved.configuration
    let isPlain = !isGenerated && configuration.cancellation == .never
    proof = ProofAttempt(
      effort: isPlain && resolved.shard.isFirst ? configuration.strategy.proof : .none,
      schedules: configuration.schedules,
      mayDivide: configuration.interruptions != .never && Interruptions.obstacle == nil,
      resuming: resolved.savedSearch,
      makeWatch: makeWatch)
  }

  /// What was used for what, the baseline left out.
  var strategies: [StrategyShare] {
    resolved.configuration.strategy.proof == .none ? spent : spent + [searched]
  }

  /// Runs differ by their choices alone, so that to have made all choices is to have run all.
  private var choicesAreAll: Bool { !isGenerated && !resolved.cancels }

  // MARK: What comes next

  /// Goes on.
  ///
  /// - Parameter hasWorkers: Others make walks.
  mutating func next(
    _ budget: Budget, hasWorkers: Bool = false, _ tally: inout Tally
  ) -> Demand {
    while true {
      switch turn {
      case .decision:
        if let search = decide(budget, hasWorkers: hasWorkers, &tally) {
          return .run(request(of: search))
        }
      case .walk:
        guard log?.isOver ?? walks.isShareOver else {
          guard let log else { return .run(walks.request()) }
          if takeWalk(from: log, &tally) { return .failure(log) }
          turn = .decision
          continue
        }
        return .share(walks.place + 1)
      case .doubt(let doubt, let found):
        if let request = doubt.next() { return .run(request) }
        if doubt.isDispelled {
          end(with: found)
        } else {
          tally.warnOnce(doubt.warning)
          goOn()
        }
      case .repetition(let repetition):
        if let request = repetition.next() { return .run(request) }
        if let warning = repetition.difference?.warningOfSample {
          hasWarnedOfNondeterminism = true
          tally.warn(warning)
        }
        goOn()
      case .confirmation(let confirmation):
        if let request = confirmation.next(resolved) { return .run(request) }
        conclude(isProved: confirmation.isSound, &tally)
      case .survey(let survey):
        if let request = survey.next(resolved, budget) { return .run(request) }
        conclude(isProved: false, &tally)
      case .over:
        return .nothing
      }
    }
  }

  /// Decides about the next run.
  ///
  /// - Returns: The search that chooses it; nil for a walk, and where there is none.
  private mutating func decide(
    _ budget: Budget, hasWorkers: Bool, _ tally: inout Tally
  ) -> Reduction? {
    // What workers have found when the time is up is still to be looked at.
    let maySearch = choicesAreAll && (!hasWorkers || !budget.isTimeUp)
    let search = maySearch ? proof.next() : nil
    if choicesAreAll, proof.isComplete {
      finish(.exhaustion, &tally)
      return nil
    }
    let ending =
      tally.cancellation != nil
      ? .cancellation
      : budget.ending(
        walks.nextNumber + searched.schedules, search == nil ? outlook.risk : nil,
        isElsewhere: log != nil)
    if let ending {
      finish(ending, &tally)
      return nil
    }
    if search == nil { turn = .walk } else { isSearching = true }
    return search
  }

  private func request(of search: Reduction) -> RunRequest {
    RunRequest(
      strategy: search, start: resolved.start(schedules),
      wants: Repetition.wants(schedules).union(.unseen))
  }

  private mutating func goOn() {
    isSearching = false
    turn = .decision
  }

  // MARK: Shares

  /// Goes on with a later share.
  ///
  /// - Parameter log: What a worker has told of it; nil where it is to be run here.
  mutating func beginShare(_ number: Int, madeAs log: ShareLog? = nil) {
    walks.beginShare(number)
    self.log = log
  }

  /// Learns from the next run of a worker as if it had been made here.
  ///
  /// - Returns: It is the last one, and failed.
  private mutating func takeWalk(from log: ShareLog, _ tally: inout Tally) -> Bool {
    let (note, remarks) = log.next()
    let isNew = tally.count(note)
    isGenerated = isGenerated || note.isGenerated
    learn(note, isNew: isNew)
    if var remarks = remarks.map({ Tally(from: $0) }) {
      if hasWarnedOfNondeterminism { remarks.forgetWarnings() }
      hasWarnedOfNondeterminism = hasWarnedOfNondeterminism || !remarks.warnings.isEmpty
      tally.merge(remarks)
    }
    return log.isOver && log.failure != nil
  }

  /// Learns how the run of a worker failed that was the last to be learned from.
  mutating func take(_ outcome: RunOutcome) {
    guard outcome.failure != nil else { return goOn() }
    end(with: found(outcome, by: name(ofPlace: log?.lastPlace ?? -1)))
  }

  /// Ends without another run.
  mutating func end(_ ending: FuzzReport.Ending, _ tally: inout Tally) { finish(ending, &tally) }

  // MARK: Learning

  /// Learns from the run that was asked for.
  mutating func learn(_ outcome: RunOutcome, _ tally: inout Tally) {
    isGenerated = isGenerated || outcome.isGenerated
    if outcome.wasStopped { return learnOfStop(outcome, &tally) }
    if case .confirmation(let confirmation) = turn {
      tally.noteAgain(outcome)
      return confirmation.learn(outcome)
    }
    tally.note(outcome)
    switch turn {
    case .decision:
      learnOfSearch(outcome, &tally)
      lookInto(outcome, by: searched.name, &tally)
    case .walk:
      let couldInterrupt = walks.couldInterruptSteps
      let place = learnOfWalk(outcome, &tally)
      if outcome.failure == nil, hasMadeAllChoices(outcome, couldInterrupt, tally) {
        return finish(.exhaustion, &tally)
      }
      lookInto(outcome, by: name(ofPlace: place), &tally)
    case .doubt(var doubt, let found):
      doubt.learn(outcome)
      turn = .doubt(doubt, found)
    case .repetition(var repetition):
      repetition.learn(outcome)
      turn = .repetition(repetition)
    case .survey(let survey):
      outlook.noteSurveyed(survey.note(outcome), of: survey.grain)
      if outcome.failure != nil { lookInto(outcome, by: searched.name, &tally) }
    case .confirmation, .over: break
    }
  }

  /// Doubts a run that failed, and repeats some of those that passed.
  private mutating func lookInto(
    _ outcome: RunOutcome, by strategy: String, _ tally: inout Tally
  ) {
    if outcome.failure != nil {
      var found = found(outcome, by: strategy)
      found.isSure = !isChild
      // A child does not have the threads that may be late: its parent will see to it.
      guard !isChild, let doubt = Doubt(about: outcome) else { return end(with: found) }
      turn = .doubt(doubt, found)
    } else if outcome.trace != nil, !hasWarnedOfNondeterminism, outcome.cancellation == nil {
      turn = .repetition(Repetition(of: outcome))
    } else {
      goOn()
    }
  }

  private mutating func learnOfSearch(_ outcome: RunOutcome, _ tally: inout Tally) {
    let isNew = tally.count(outcome)
    searched.add(isNew: isNew)
    outlook.noteSearched(
      outcome, isOfSteps: !proof.hasDivided && !outcome.limits.contains(.interruptions))
    proof.learn(
      outcome.signature, steps: outcome.steps, returned: outcome.returned, limits: outcome.limits,
      unseen: outcome.unseen, isOfSearch: true)
    if proof.hasRefused, let path = resolved.savedSearch?.path {
      tally.warnOnce(
        "\(SearchFile.Misfit(path: path, reason: "the program does not do what it did"))")
    }
  }

  /// - Returns: The place of the strategy that chose it.
  private mutating func learnOfWalk(_ outcome: RunOutcome, _ tally: inout Tally) -> Int32 {
    let note = walks.note(outcome, isGenerated: isGenerated)
    if walks.isPreparation, outcome.failure == nil {
      walks.pass(note)
    } else {
      learn(note, isNew: tally.count(outcome))
    }
    return note.place
  }

  private mutating func learn(_ note: RunNote, isNew: Bool) {
    let walk = walks.number
    walks.pass(note)
    if note.place >= 0 { spent[Int(note.place)].add(isNew: isNew) }
    outlook.note(
      note, number: walk, isGenerated: isGenerated, countsInterleavings: proof.isTried)
    proof.learn(
      note.signature, steps: Int(note.steps), returned: note.returned, limits: note.limits,
      unseen: nil, isOfSearch: false)
  }

  /// A step of the run was stopped: that ends the exploration, whatever the run was made for.
  private mutating func learnOfStop(_ outcome: RunOutcome, _ tally: inout Tally) {
    tally.note(outcome)
    let strategy: String
    if isSearching {
      learnOfSearch(outcome, &tally)
      strategy = searched.name
    } else {
      strategy = name(ofPlace: learnOfWalk(outcome, &tally))
    }
    end(with: found(outcome, by: strategy))
  }

  /// There is no schedule that was not run.
  ///
  /// - Parameter couldInterrupt: In the last one, steps could be interrupted inside.
  private mutating func hasMadeAllChoices(
    _ outcome: RunOutcome, _ couldInterrupt: Bool, _ tally: Tally
  ) -> Bool {
    // A walk that was made for what strategies learn from it is none that counts.
    guard choicesAreAll, tally.schedules > 0 else { return false }
    let isOnly = walks.haveNoChoice(
      outcome, couldInterrupt: couldInterrupt, tally, after: schedules)
    let isExhausted = walks.share.strategy.isExhausted
    hasMadeAllSchedules =
      (isExhausted && resolved.configuration.strategy.isComplete) || isOnly
    return isExhausted || isOnly
  }

  private func found(_ outcome: RunOutcome, by strategy: String) -> FoundFailure {
    var found = FoundFailure(outcome, schedulesTried: schedules, seed: resolved.seed)
    found.strategy = strategy
    return found
  }

  /// The name of the strategy that chose a walk.
  ///
  /// - Parameter place: Its place; -1 for the baseline.
  private func name(ofPlace place: Int32) -> String {
    place < 0 ? "baseline" : walks.names[Int(place)]
  }

  // MARK: The end

  private mutating func end(with found: FoundFailure) {
    self.found = found
    ending = .failure
    proof.stopWatching()
    turn = .over
  }

  /// Nothing failed, and nothing more is explored.
  private mutating func finish(_ ending: FuzzReport.Ending, _ tally: inout Tally) {
    self.ending = ending
    proof.stopWatching()
    isSearching = false
    guard choicesAreAll, !proof.isProved else {
      return conclude(isProved: choicesAreAll && proof.isProved, &tally)
    }
    guard hasMadeAllSchedules, !tally.hasEscapes, let watch = makeWatch() else {
      guard proof.isCutShort || proof.isCutShortInside,
        ending == .schedules || ending == .duration, !hasSurveyed
      else { return conclude(isProved: false, &tally) }
      hasSurveyed = true
      turn = .survey(Survey(of: proof.hasDivided ? .segments : .steps, after: schedules))
      return
    }
    turn = .confirmation(Confirmation(of: schedules, watch))
  }

  private mutating func conclude(isProved: Bool, _ tally: inout Tally) {
    self.isProved = isProved
    tally.know(proof.proved)
    unfinished = isProved ? nil : proof.unfinished(seed: resolved.seed)
    if isProved, proof.isProved { tally.provedInterleavings = proof.interleavings }
    let wasAskedFor = resolved.configuration.strategy.proof == .all
    if wasAskedFor, !isProved { tally.warn(ProofObstacles.warning(of: proof)) }
    if !wasAskedFor, !isProved, proof.isTried { obstacle = ProofObstacles.words(of: proof) }
    residualRisk = isProved ? nil : outlook.risk
    if !isProved, choicesAreAll, proof.isTried {
      interleavings = outlook.interleavings(after: proof, isAskedFor: wasAskedFor)
    }
    turn = .over
  }
}
