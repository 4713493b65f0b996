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
  private var contended: Set<UInt> = []
  private var escaped: Set<Escape> = []

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
    programRun = program.makeRun(.simplest)
    machine = try Machine(settings: MachineSettings(resolved))
    run = Run(machine: machine)
    machine.owner = run
    began = clock.now
  }

  /// Runs one schedule.
  ///
  /// - Parameters:
  ///   - strategy: What makes the choices.
  ///   - start: The run's number and seed.
  ///   - inspect: Is called when the run is over, before it is forgotten.
  func execute(
    _ strategy: some Strategy, _ start: RunStart, inspect: ((RunFailure?) -> Void)? = nil
  ) -> RunFailure? {
    guard case .none = shelter else {
      return executeSheltered(strategy, start, inspect: inspect)
    }
    return executeHere(strategy, start, inspect: inspect)
  }

  /// Runs one schedule on this thread.
  func executeHere(
    _ strategy: some Strategy, _ start: RunStart, inspect: ((RunFailure?) -> Void)? = nil
  ) -> RunFailure? {
    run.reset()
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
    let standstill = Standstill(machine, checks: resolved.configuration.checks)
    let failure = run.failure ?? standstill.failure(of: end)
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
    var own = StrategyShare(name: choice.name)
    var proof = ProofAttempt(isWanted: choice.reduces && !program.isGenerated)
    var index = 0
    defer { report.strategies = (strategy as? Portfolio)?.spent ?? [own] }
    while mayGoOn(index) {
      let search = proof.next()
      if proof.isComplete {
        isProved = true
        break
      }
      let start = RunStart(
        index: index, seed: SplitMix64.seed(resolved.seed, stream: UInt64(index)))
      let chosen: any Strategy = index == 0 ? baseline : search ?? strategy
      plan = drawingPlan(index)
      var schedule: RecordedSchedule?
      let failure = execute(chosen, start) { [self] failure in
        let (signature, isNew) = count()
        if index == 0 {
          // The baseline shows how many steps and tasks there are.
          strategy.end(machine.record)
        } else if search == nil {
          own.schedules += 1
          own.newInterleavings += isNew ? 1 : 0
        }
        search?.learn(from: machine)
        proof.learn(signature, isOfSearch: search != nil)
        if let failure {
          schedule = machine.recordedSchedule(upTo: failure.steps)
        }
      }
      index += 1
      if let failure, let schedule {
        return FoundFailure(
          failure: failure, schedule: schedule, draws: programRun.draws, schedulesTried: index,
          seed: resolved.seed,
          strategy: index == 1 ? "baseline" : (strategy as? Portfolio)?.lastUsed ?? choice.name)
      }
      if strategy.isExhausted, !program.isGenerated {
        isExhausted = choice.isComplete && escaped.isEmpty
        break
      }
      // Without a choice, every schedule is the baseline.
      if index == 1, machine.choices == 0, !program.isGenerated { break }
    }
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

  /// Whether the budget allows for a run with an index.
  func mayGoOn(_ index: Int) -> Bool {
    guard index < resolved.configuration.schedules, run.cancellation == nil else { return false }
    guard index > 0, !isCancelled() else { return index == 0 }
    guard let duration = resolved.configuration.duration else { return true }
    return clock.now - began < duration
  }

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
    let isNew = signatures.count < Self.signatureLimit && signatures.insert(signature).inserted
    machine.forEachContendedType { contended.insert($0) }
    if machine.hasEscapes { escaped.formUnion(machine.recordedEscapes.map(\.withoutTask)) }
    return (signature, isNew)
  }

  /// Completes the report.
  func finishReport() {
    report.elapsed = clock.now - began
    guard !isReportFinished else { return }
    isReportFinished = true
    report.distinctInterleavings = signatures.count
    report.contendedActors = contended.map { TypeName.short(Takeover.typeName($0)) }.sorted()
    report.escapes = Set(escaped.map(words)).sorted()
    let hasOneSchedule = report.schedules > 0 && report.choices == 0 && escaped.isEmpty
    report.isExhaustive =
      isExhausted || isProved || (hasOneSchedule && !program.isGenerated)
  }

  /// What left the run's control, and where.
  private func words(_ escape: Escape) -> String {
    let what =
      switch escape.kind {
      case .unknownJob: "a job was handed to a native executor"
      case .foreignThread: "a task was resumed by, or ran on, a thread of its own"
      case .dispatch: "work was handed to libdispatch"
      case .thread: "a thread was started"
      }
    let frames = ([escape.site] + (machine.callers[escape.site] ?? [])).filter { $0 != 0 }
    let codes = Symbolicator.shared.places(of: frames.map { .afterCall($0) })
    // The innermost frame may be the runtime's: the user's own is what helps.
    guard let code = codes.first(where: { $0.place != nil }) ?? codes.first else { return what }
    return what + (code.function.isEmpty ? "" : " in \(code.function)")
      + (code.place.map { " (\($0))" } ?? "")
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
    environmentSeed = resolved.seed
  }
}
