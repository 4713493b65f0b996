import InterleaveEngine

/// Looks for a failure: replays what is kept, then explores.
///
/// It makes no runs itself. All that it knows is in here, so that it can go on from another thread
/// when the one that made its runs is lost.
struct Search {
  private let resolved: ResolvedConfiguration
  private let isChild: Bool
  /// Something is generated, so that runs differ by more than their schedules.
  private var isGenerated: Bool
  private var isChecking = true
  private var check: CorpusCheck?
  private(set) var exploration: Exploration?
  /// What adds up over its runs.
  private(set) var tally: Tally

  /// - Parameters:
  ///   - files: The files of the corpus; nil where there is none.
  ///   - tally: What runs have come to before.
  ///   - isChild: This process is one that the campaign has forked.
  init(
    of files: [CorpusStore.File]?, _ resolved: ResolvedConfiguration, module: String,
    isGenerated: Bool, _ tally: Tally, isChild: Bool = false
  ) {
    self.resolved = resolved
    self.tally = tally
    self.isChild = isChild
    self.isGenerated = isGenerated
    check = files.map {
      CorpusCheck(
        $0, resolved, module: module, isGenerated: isGenerated, isChild: isChild)
    }
  }

  /// What it takes to go on.
  mutating func next(_ budget: Budget, hasWorkers: Bool) -> Exploration.Demand {
    if isChecking {
      if let request = check?.next(budget, &tally) { return .run(request) }
      if check?.found != nil || check?.error != nil { return .nothing }
      isChecking = false
      beginExploring()
    }
    return exploration?.next(budget, hasWorkers: hasWorkers, &tally) ?? .nothing
  }

  /// Learns from the run that was asked for.
  mutating func learn(_ outcome: RunOutcome) {
    isGenerated = isGenerated || outcome.isGenerated
    if isChecking {
      check?.learn(outcome, &tally)
    } else {
      exploration?.learn(outcome, &tally)
    }
  }

  private mutating func beginExploring() {
    noteNothingToReplay()
    guard resolved.mode == .fuzz else { return }
    if let obstacle = Workers.obstacle(in: resolved.configuration) { tally.warn(obstacle) }
    if !resolved.shard.isFirst, resolved.configuration.strategy.makeLater == nil {
      tally.warn(
        "this shard had nothing to run: the strategy `\(resolved.configuration.strategy.name)` is "
          + "one that chooses all schedules by itself, so that the first shard runs them")
    }
    exploration = Exploration(resolved, isGenerated: isGenerated, isChild: isChild)
  }

  /// A test that was only to be replayed, and had nothing to replay, has checked nothing.
  private mutating func noteNothingToReplay() {
    guard resolved.mode != .fuzz, resolved.entry == nil, check?.replayed ?? 0 == 0 else {
      return
    }
    let reason = check == nil ? "there is no corpus" : "the corpus has no entry of this test"
    tally.warn(
      "nothing was run: \(EnvironmentVariable.mode.rawValue)=\(resolved.mode.rawValue) runs only what is in the "
        + "corpus, and \(reason)")
  }

  // MARK: Shares

  mutating func beginShare(_ number: Int, madeAs log: ShareLog? = nil) {
    exploration?.beginShare(number, madeAs: log)
  }

  mutating func take(_ outcome: RunOutcome) { exploration?.take(outcome) }

  mutating func end(_ ending: FuzzReport.Ending) { exploration?.end(ending, &tally) }

  mutating func warnOnce(_ warning: String) { tally.warnOnce(warning) }

  // MARK: What it comes to

  /// A file of the corpus that cannot be used: what it kept would go unchecked.
  var error: CorpusFileError? { check?.error }

  var result: SearchResult {
    var report = FuzzReport()
    if let check {
      report.replayed = check.replayed
      report.fixed = check.fixed
      report.stale = check.stale
      report.repaired = check.repaired
      report.certificates = check.certificates
    }
    if let exploration {
      report.ending = exploration.ending
      report.strategies = exploration.strategies
      report.residualRisk = exploration.residualRisk
      report.isExhaustive = exploration.isProved
      report.interleavings = exploration.interleavings
      report.proofObstacle = exploration.obstacle
    }
    return SearchResult(
      found: check?.found ?? exploration?.found, isAdopted: check?.isAdopted ?? false,
      report: report, unfinished: exploration?.unfinished, tally: tally)
  }
}

/// What a search came to.
struct SearchResult {
  /// What failed first.
  var found: FoundFailure?
  /// What is found is an entry of which it was not known whether it is this test's.
  var isAdopted = false
  /// What was done, besides what adds up over runs.
  var report = FuzzReport()
  /// The search for a proof, where it can be gone on with.
  var unfinished: SavedSearch?
  var tally: Tally

  /// The whole report, but for the time that it took.
  var completeReport: FuzzReport {
    var report = report
    tally.complete(&report)
    return report
  }
}
