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
  /// What the exploration has come to, if there is one.
  var exploring: Exploration?
  /// The corpus file that is being replayed.
  var replayedFile: String?
  /// The entry near whose interleaving its failure is looked for.
  var repairing: StaleEntry?
  let isCancelled: @Sendable () -> Bool
  private let clock = ContinuousClock()
  private let began: ContinuousClock.Instant
  var report = FuzzReport()
  /// The report is complete, as where the process that explored has made it.
  var isReportFinished = false
  var corpus: CorpusStore?
  /// What fails is a thread that runs no step: a run may have passed before it does.
  var awaitsCrashElsewhere = false
  /// A failure is being made smaller.
  var shrinking: ShrinkingProgress?
  /// What the last run that was explained said of its failure.
  var lastMessage: String?
  /// Every interleaving was run, and passed, and nothing speaks against calling it a proof.
  var isProved = false
  private var signatures: Set<UInt64> = []
  /// Every schedule was run.
  var hasMadeAllSchedules = false
  /// What the runs show of the order of checkpoints that is asked for.
  let order: OrderLedger
  private var contended: Set<UInt> = []
  /// The names of the types of which workers say the same.
  private var contendedElsewhere: Set<String> = []
  private var escaped: [Escape: Int] = [:]
  /// A worker's run has shown that something is generated.
  private var isGeneratedElsewhere = false
  /// The report says already that the same choices gave another interleaving.
  var hasWarnedOfNondeterminism = false
  /// What was noticed in runs that did not fail for it.
  var observations = Observations()

  var hasEscapes: Bool { !escaped.isEmpty }
  var escapedKinds: Set<Escape.Kind> { Set(escaped.keys.map(\.kind)) }
  /// This process is one that the campaign has forked.
  var isInChild: Bool { Takeover.isInChild }
  /// Something is generated, so that runs differ by more than their schedules.
  var isGenerated: Bool { program.isGenerated || isGeneratedElsewhere }

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
    if awaitsCrashElsewhere, run.failure == nil {
      machine.awaitCrashElsewhere(machine.settings.foreignGrace)
    }
    if end == .clean { machine.withEnvironment { run.checkFinally() } }
    for stray in capture.takeStrays() { run.fail(stray) }
    if run.failure == nil, end != .stepLimit, program.isGenerated {
      machine.withEnvironment { if let failure = programRun.judge() { run.fail(failure) } }
    }
    let standstill = Standstill(
      machine, checks: resolved.configuration.checks, isTornDown: run.isTornDown)
    let failure =
      dataRace(before: run.failure) ?? run.failure
      ?? Containment.stopElsewhere.map { RunFailure($0, in: machine) }
      ?? machine.offence.map { RunFailure($0, in: machine) }
      ?? order.judge(run.doubles.order, standstill.failure(of: end))
    if failure == nil, end == .clean { noteUnseenErrors() }
    inspect?(failure)
    machine.finish()
    return failure
  }

  /// How many schedules in a row run what was generated once, before it is generated anew.
  static let schedulesPerDraw = 16

  /// What is generated for the run with an index: first the simplest, then at random.
  func drawingPlan(_ index: Int) -> DrawingPlan {
    Self.drawingPlan(index, seed: resolved.seed)
  }

  /// What is generated for the run with an index under a seed.
  static func drawingPlan(_ index: Int, seed: UInt64) -> DrawingPlan {
    let number = index / schedulesPerDraw
    return number == 0
      ? .simplest : .fresh(seed: SplitMix64.seed(seed, stream: UInt64.max - UInt64(number)))
  }

  /// The time that the campaign may take is over.
  var isTimeUp: Bool {
    resolved.configuration.duration.map { clock.now - began >= $0 } ?? false
  }

  /// Why the run with an index does not take place; nil if it does.
  func ending(_ index: Int, _ risk: FuzzReport.ResidualRisk?) -> FuzzReport.Ending? {
    guard run.cancellation == nil else { return .cancellation }
    guard index < resolved.configuration.schedules else { return .schedules }
    guard index > 0 else { return nil }
    if isCancelled() { return .cancellation }
    // Workers stop by themselves, and what they have found by then counts.
    if exploring?.isElsewhere != true, isTimeUp { return .duration }
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
    let isNew = count(
      signature, steps: machine.stepCount, choices: machine.choices,
      isCancelled: machine.cancellation != nil)
    machine.forEachContendedType { contended.insert($0) }
    if machine.hasEscapes {
      for escape in machine.recordedEscapes { escaped[escape.withoutTask, default: 0] += 1 }
    }
    return (signature, isNew)
  }

  private func count(
    _ signature: UInt64, steps: Int, choices: Int, isCancelled: Bool
  ) -> Bool {
    report.schedules += 1
    report.steps += steps
    report.choices += choices
    report.cancellations += isCancelled ? 1 : 0
    return signatures.count < Self.signatureLimit && signatures.insert(signature).inserted
  }

  /// Counts a run that a worker has made.
  ///
  /// - Returns: No run before had its interleaving.
  func count(_ note: RunNote) -> Bool {
    if note.isGenerated { isGeneratedElsewhere = true }
    return count(
      note.signature, steps: Int(note.steps), choices: Int(note.choices),
      isCancelled: note.isCancelled)
  }

  /// Takes note of what else a worker says of its run.
  ///
  /// - Parameters:
  ///   - types: The names of actors on which tasks met.
  ///   - escapes: What left the run's control.
  func note(contended types: [String], _ escapes: [Escape]) {
    contendedElsewhere.formUnion(types)
    for escape in escapes { escaped[escape, default: 0] += 1 }
  }

  /// Completes the report.
  func finishReport() {
    report.elapsed = clock.now - began
    guard !isReportFinished else { return }
    isReportFinished = true
    report.distinctInterleavings = signatures.count
    report.contendedActors = Set(contended.map(Takeover.typeName)).union(contendedElsewhere)
      .map(TypeName.short).sorted()
    report.escapes = escapeLines
    noteIO(escaped.keys.filter { $0.kind == .io }.map(words))
    report.warnings += observationLines
    let shortage = TurnShortage(
      report, of: resolved.configuration.schedules, waited: .nanoseconds(machine.timeWaited))
    if let shortage { report.warnings.append(shortage.words) }
    report.isExhaustive = isProved
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
    if let limit = configuration.timeLimit { timeLimit = Int64(clamping: limit.nanoseconds) }
    environmentSeed = resolved.seed
    foreignGrace = Int64(clamping: configuration.foreignGrace.nanoseconds)
    quietGrace = foreignGrace / 10
    if configuration.checks.contains(.slowSteps) {
      slowStep = Int64(clamping: configuration.slowStepLimit.nanoseconds)
    }
  }
}
