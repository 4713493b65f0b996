import InterleaveEngine

/// A corpus entry whose interleaving was made again, and passed.
struct FixedEntry {
  let path: String
  let seed: UInt64
  /// What was generated for it.
  let plan: DrawingPlan
  /// What tells its interleaving from others.
  let signature: UInt64
  /// Its interleaving as it runs now.
  let steps: [StepTrace.Step]
}

extension FuzzConfiguration.Certificate {
  /// The most runs for all certificates of a test that is only replayed: the corpus stays fast.
  private static let runsInReplay = 200

  /// What may be spent on each fixed entry of a test; nil for nothing.
  func budget(_ mode: ResolvedConfiguration.Mode, entries: Int) -> ReversalSearch.Budget? {
    let runs = mode == .fuzz ? runs : min(runs, Self.runsInReplay)
    guard entries > 0, runs > 0, reversals > 0 else { return nil }
    return ReversalSearch.Budget(reversals: reversals, runs: max(1, runs / entries))
  }
}

extension Campaign {
  /// Looks around each entry that is fixed.
  ///
  /// The runs that may be spent are shared among them.
  ///
  /// - Returns: The first failure; then its entry is not fixed.
  func certify(_ fixes: [FixedEntry]) -> FoundFailure? {
    let certificate = resolved.configuration.certificate
    guard let budget = certificate.budget(resolved.mode, entries: fixes.count) else { return nil }
    defer { machine.settings.environmentSeed = resolved.seed }
    for fix in fixes {
      machine.settings.environmentSeed = fix.seed
      plan = fix.plan
      if let found = lookAround(fix, budget) {
        report.fixed.removeAll { $0 == fix.path }
        return found
      }
    }
    return nil
  }

  private func lookAround(_ fix: FixedEntry, _ budget: ReversalSearch.Budget) -> FoundFailure? {
    var search = ReversalSearch(from: fix.signature, fix.steps, budget)
    let watch = seesWhatIsShared ? SharingWatch() : nil
    machine.noteUnseen(watch != nil)
    defer { machine.noteUnseen(false) }
    var limits: ReductionLimits = watch == nil ? .blindness : []
    var unseen: UnseenSharing?
    while let strategy = search.next() {
      var found: FoundFailure?
      _ = execute(strategy, RunStart(index: 0, seed: fix.seed)) { [self] failure in
        guard let failure else {
          limits.formUnion(machine.limits)
          unseen = unseen ?? machine.unseen
          return search.learn(
            machine.signature, stepCount: machine.stepCount, machine.tracedSteps())
        }
        found = FoundFailure(
          failure: failure, schedule: machine.recordedSchedule(upTo: failure.steps),
          draws: programRun.draws, schedulesTried: search.runs, seed: fix.seed,
          halfFix: FuzzFailure.HalfFix(corpusFile: fix.path, reversals: search.distance))
      }
      if let found { return found }
    }
    withExtendedLifetime(watch) {}
    report.certificates.append(
      FixCertificate(
        corpusFile: fix.path, reversals: search.reversals, schedules: search.interleavings,
        unfinished: search.isCutShort ? search.distance : nil,
        obstacle: Self.obstacles(limits, unseen).first))
    return nil
  }
}
