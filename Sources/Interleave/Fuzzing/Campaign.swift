import InterleaveEngine

/// Runs a body under one schedule after another, until one fails or the budget
/// is spent.
///
/// A campaign runs on a thread of its own, and on no other.
final class Campaign {
  let test: TestIdentity
  let resolved: ResolvedConfiguration
  let capture: IssueCapture
  let machine: Machine
  let run: Run
  let program: any FuzzProgram
  /// Where the next run takes what it draws from.
  var plan = DrawingPlan.simplest
  /// The last run of the program.
  var programRun: any ProgramRun
  /// Where runs are made.
  var shelter = Shelter.none
  /// What a child process has run ahead.
  var distantRuns = DistantRuns()
  /// What explores, if anything does.
  private(set) var exploring: (any Strategy)?
  /// The corpus file that is being replayed.
  var replayedFile: String?
  /// The entry near whose interleaving its failure is looked for.
  var repairing: StaleEntry?
  private let isCancelled: @Sendable () -> Bool
  private let clock = ContinuousClock()
  private let began: ContinuousClock.Instant
  var report = FuzzReport()
  /// The report is complete, as where the process that explored has made it.
  var isReportFinished = false
  var corpus: CorpusStore?
  /// What the last run that was explained said of its failure.
  var lastMessage: String?
  /// Every interleaving was run, and passed.
  private var isProved = false
  private var signatures: Set<UInt64> = []
  /// Every schedule was run, so that what held is proved.
  private var isExhausted = false
  /// What the runs show of the order of checkpoints that is asked for.
  let order: OrderLedger
  private var contended: Set<UInt> = []
  private var escaped: [Escape: Int] = [:]
  /// The report says already that the same choices gave another interleaving.
  var hasWarnedOfNondeterminism = false
  /// What was noticed in runs that did not fail for it.
  var observations = Observations()

  var hasEscapes: Bool { !escaped.isEmpty }

  /// How many interleavings are told apart; above that, counting stops.
  private static let signatureLimit = 1 << 20

  init(
    test: TestIdentity, resolved: ResolvedConfiguration, capture: IssueCapture,
    isCancelled: @escaping @Sendable () -> Bool, program: any FuzzProgram
  ) throws(TakeoverError) {
    self.test = test
    self.resolved = resolved
    self.capture = capture
    self.isCancelled = isCancelled
    self.program = program
    order = OrderLedger(resolved.configuration)
    programRun = program.makeRun(.simplest)
    machine = try Machine(settings: MachineSettings(resolved))
    run = Run(machine: machine)
    machine.owner = run
    began = clock.now
  }

  /// Runs one schedule on this thread.
  ///
  /// - Parameters:
  ///   - strategy: What makes the choices.
  ///   - start: The run's number and seed.
  ///   - inspect: Is called when the run is over, before it is forgotten.
  func executeHere(
    _ strategy: some Strategy, _ start: RunStart, inspect: ((RunFailure?) -> Void)? = nil
  ) -> RunFailure? {
    run.reset()
    run.doubles.order = order.makeGate()
    programRun = program.makeRun(plan)
    let end = machine.run(strategy, start) { [programRun, run = Unchecked(run)] in
      Task(priority: .medium) {
        do {
          try await programRun.body()
        } catch {
          run.value.bodyThrew(error)
        }
      }
    }
    if end == .clean { machine.withEnvironment { run.checkFinally() } }
    for stray in capture.takeStrays() { run.fail(stray) }
    if run.failure == nil, end != .stepLimit, program.isGenerated {
      machine.withEnvironment { if let failure = programRun.judge() { run.fail(failure) } }
    }
    let standstill = Standstill(
      machine, checks: resolved.configuration.checks, isTornDown: run.isTornDown)
    let failure = run.failure ?? order.judge(run.doubles.order, standstill.failure(of: end))
    if failure == nil, end == .clean { noteUnseenErrors() }
    inspect?(failure)
    machine.finish()
    return failure
  }

  /// Explores until something fails or the budget is spent.
  ///
  /// - Returns: The failure, and the schedule that led to it.
  func explore() -> FoundFailure? {
    let choice = resolved.configuration.strategy
    let strategy = choice.make()
    exploring = strategy
    let baseline = Baseline()
    let walk = RandomWalk()
    var own = StrategyShare(name: choice.proof == .all ? "randomWalk" : choice.name)
    var reduced = StrategyShare(name: FuzzConfiguration.StrategyChoice.reduction.name)
    var risk = RiskEstimator(includesInputs: program.isGenerated)
    var proof = ProofAttempt(
      effort: program.isGenerated || cancels ? .none : choice.proof,
      schedules: resolved.configuration.schedules)
    var index = 0
    defer {
      report.strategies = (strategy as? Portfolio)?.spent ?? [own]
      if choice.proof != .none { report.strategies.append(reduced) }
    }
    while true {
      let search = program.isGenerated ? nil : proof.next()
      if proof.isComplete, !program.isGenerated {
        report.ending = .exhaustion
        break
      }
      report.ending = ending(index, search == nil ? risk.risk : nil)
      if report.ending != nil { break }
      let start = RunStart(
        index: index, seed: SplitMix64.seed(resolved.seed, stream: UInt64(index)))
      machine.canceller = canceller(forRun: index, always: strategy.isExhausted)
      // A search of all schedules must not meet a run that differs by more than choices.
      let isCut = machine.canceller != nil && choice.isComplete
      let chosen: any Strategy = index == 0 ? baseline : isCut ? walk : search ?? strategy
      plan = drawingPlan(index)
      var schedule: RecordedSchedule?
      var kept: KeptRun?
      let failure = execute(chosen, start) { [self] failure in
        let (signature, isNew) = count()
        if index == 0 {
          // The baseline shows how many steps and tasks there are.
          strategy.end(machine.record)
        } else if search == nil {
          own.add(isNew: isNew)
        } else {
          reduced.add(isNew: isNew)
        }
        let isDrawn = index > 0 && search == nil && strategy.drewLastRun
        assess(&risk, run: index, signature: signature, isDrawn: isDrawn)
        search?.learn(from: machine)
        proof.learn(
          signature, limits: machine.limits, sharedIn: machine.sharedIn,
          isOfSearch: search != nil)
        if failure != nil || Self.isSample(index) { kept = KeptRun(machine, failure: failure) }
        if failure != nil { schedule = kept?.schedule }
      }
      index += 1
      if let failure, let schedule {
        report.ending = .failure
        return FoundFailure(
          failure: failure, schedule: schedule, draws: programRun.draws, kept: kept,
          schedulesTried: index,
          seed: resolved.seed,
          strategy: index == 1
            ? "baseline"
            : search.map { _ in reduced.name } ?? (strategy as? Portfolio)?.lastUsed
              ?? own.name)
      }
      if strategy.isExhausted, !program.isGenerated, !cancels {
        isExhausted = choice.isComplete && escaped.isEmpty
        report.ending = .exhaustion
        break
      }
      // Without a choice, every schedule is the baseline.
      if index == 1, machine.choices == 0, !program.isGenerated, !cancels {
        report.ending = .exhaustion
        break
      }
      checkRepeats(kept, programRun.draws)
    }
    isProved = proof.isProved && !program.isGenerated
    if choice.proof == .all, !isProved { noteObstacle(to: proof) }
    report.residualRisk = risk.risk
    return nil
  }

  /// How many schedules in a row run what was generated once, before it is generated anew.
  static let schedulesPerDraw = 16

  /// What is generated for the run with an index: first the simplest, then at random.
  private func drawingPlan(_ index: Int) -> DrawingPlan {
    Self.drawingPlan(index, seed: resolved.seed)
  }

  /// What is generated for the run with an index under a seed.
  static func drawingPlan(_ index: Int, seed: UInt64) -> DrawingPlan {
    let number = index / schedulesPerDraw
    return number == 0
      ? .simplest : .fresh(seed: SplitMix64.seed(seed, stream: UInt64.max - UInt64(number)))
  }

  /// Why the run with an index does not take place; nil if it does.
  private func ending(_ index: Int, _ risk: FuzzReport.ResidualRisk?) -> FuzzReport.Ending? {
    guard run.cancellation == nil else { return .cancellation }
    guard index < resolved.configuration.schedules else { return .schedules }
    guard index > 0 else { return nil }
    if isCancelled() { return .cancellation }
    if let duration = resolved.configuration.duration, clock.now - began >= duration {
      return .duration
    }
    return resolved.configuration.until.flatMap { $0.isMet(by: risk) ? $0.ending : nil }
  }

  /// Whether the budget allows for a run with an index.
  func mayGoOn(_ index: Int) -> Bool { ending(index, nil) == nil }

  /// Counts the run that has just ended.
  ///
  /// - Returns: What tells its interleaving from others, and whether no run before
  ///   had it.
  @discardableResult
  func count() -> (signature: UInt64, isNew: Bool) {
    let signature = machine.signature
    report.schedules += 1
    report.steps += machine.stepCount
    report.choices += machine.choices
    report.cancellations += machine.cancellation == nil ? 0 : 1
    let isNew = signatures.count < Self.signatureLimit && signatures.insert(signature).inserted
    machine.forEachContendedType { contended.insert($0) }
    if machine.hasEscapes {
      for escape in machine.recordedEscapes { escaped[escape.withoutTask, default: 0] += 1 }
    }
    return (signature, isNew)
  }

  /// Completes the report.
  func finishReport() {
    report.elapsed = clock.now - began
    guard !isReportFinished else { return }
    isReportFinished = true
    report.distinctInterleavings = signatures.count
    report.contendedActors = contended.map { TypeName.short(Takeover.typeName($0)) }.sorted()
    report.escapes = escapeLines
    report.warnings += observationLines
    let hasOneSchedule = report.schedules > 0 && report.choices == 0 && escaped.isEmpty
    report.isExhaustive =
      isExhausted || isProved || (hasOneSchedule && !program.isGenerated && !cancels)
    if report.isExhaustive { report.residualRisk = nil }
  }

  /// What left the run's control, where, and how often.
  private var escapeLines: [String] {
    var counts: [String: Int] = [:]
    for (escape, count) in escaped { counts[words(escape), default: 0] += count }
    return counts.map { "\($0), \(counted($1, "time"))" }.sorted()
  }
}

/// Carries a value that is used on one thread only into a closure that must be
/// sendable.
struct Unchecked<Value>: @unchecked Sendable {
  let value: Value

  init(_ value: Value) {
    self.value = value
  }
}

extension MachineSettings {
  init(_ resolved: ResolvedConfiguration) {
    self.init()
    let configuration = resolved.configuration
    switch configuration.time {
    case .asRuntime(let stall): time = .asRuntime(stall: Int64(clamping: stall.nanoseconds))
    case .whenIdle: time = .whenIdle
    case .adversarial: time = .adversarial
    }
    mailboxes = configuration.mailboxes == .asRuntime ? .asRuntime : .unordered
    stepLimit = configuration.stepLimit
    instantLimit = max(1, configuration.stepLimit / 2)
    if let limit = configuration.timeLimit { timeLimit = Int64(clamping: limit.nanoseconds) }
    environmentSeed = resolved.seed
    foreignGrace = Int64(clamping: configuration.foreignGrace.nanoseconds)
    if configuration.checks.contains(.slowSteps) {
      slowStep = Int64(clamping: configuration.slowStepLimit.nanoseconds)
    }
  }
}
