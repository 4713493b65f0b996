// Running: one run: what is asked for, who makes it, what is known while it goes on, how it
// failed, what it came to.

import InterleaveEngine

/// Makes runs of one program, one after the other.
///
/// A runner belongs to one thread at a time. It keeps nothing of a run but what spares telling
/// the same twice: all that is known of a run is in its ``RunOutcome``.
final class Runner {
  let program: any FuzzProgram
  let machine: Machine
  private let live: LiveRun
  private let capture: IssueCapture
  private let settings: MachineSettings
  private let checks: FuzzConfiguration.Checks
  private let slowStepLimit: Duration
  private let stateDepth: Int
  private let order: OrderPlan
  /// The run that is being made.
  private var request = RunRequest(strategy: Baseline())
  private var programRun: any ProgramRun
  private let orders = OrdersOnActors()
  private let odds = OddsOfRuns()
  /// What outcomes have told already.
  private var told = Told()
  /// What a child process has run ahead.
  var ahead = RunsAhead()

  /// - Throws: `TakeoverError` where the runtime cannot be taken over.
  init(
    _ program: any FuzzProgram, _ resolved: ResolvedConfiguration, _ capture: IssueCapture
  ) throws(TakeoverError) {
    self.program = program
    self.capture = capture
    settings = MachineSettings(resolved)
    checks = resolved.configuration.checks
    slowStepLimit = resolved.configuration.slowStepLimit
    stateDepth = resolved.configuration.stateDepth
    order = OrderPlan(resolved.configuration)
    programRun = program.makeRun(.simplest)
    machine = try Machine(settings: settings)
    live = LiveRun(machine: machine)
    machine.owner = live
    live.stop = resolved.stop
    machine.noteAwaits(checks.contains(.unsuspendedAwaits) && resolved.mode == .fuzz)
  }

  /// What observes the machine has it.
  deinit { machine.observer = nil }

  /// What the run that goes on has chosen, seen from another thread; nil where it goes on meanwhile.
  func glance() -> RunGlance? { machine.glance() }

  /// For how long runs have waited while those of others had the turn, in nanoseconds.
  var timeWaited: Int64 { machine.timeWaited }

  // MARK: A run

  /// Makes a run on this thread.
  func runHere(_ request: RunRequest) -> RunOutcome {
    var end = run(request)
    while machine.isVoid {
      machine.finish()
      _ = capture.takeStrays()
      end = run(request)
    }
    if request.terms.awaitsCrashElsewhere, live.failure == nil {
      machine.awaitCrashElsewhere(machine.settings.foreignGrace)
    }
    if end == .clean { machine.withEnvironment { live.checkFinally() } }
    for stray in capture.takeStrays() { live.fail(stray) }
    if live.failure == nil, end != .stepLimit, program.isGenerated {
      machine.withEnvironment { if let failure = programRun.judge() { live.fail(failure) } }
    }
    let outcome = judge(end)
    machine.finish()
    return outcome
  }

  private func run(_ request: RunRequest) -> RunEnd {
    begin(request)
    // A body that never ends keeps what it has for ever.
    let live = WeakLive(value: live)
    return machine.run(request.strategy, request.start) { [programRun] in
      Task(priority: .medium) {
        do {
          try await programRun.body()
        } catch {
          live.value?.bodyThrew(error)
        }
      }
    }
  }

  private func begin(_ request: RunRequest) {
    self.request = request
    let terms = request.terms
    machine.settings.environmentSeed = terms.seed ?? settings.environmentSeed
    machine.settings.randomSeed = terms.randomSeed
    machine.settings.patience = terms.patience
    machine.settings.stepLimit = terms.stepLimit ?? settings.stepLimit
    machine.settings.foreignGrace = terms.foreignGrace ?? settings.foreignGrace
    machine.settings.interruptions = max(terms.interruptions, settings.interruptions)
    machine.settings.runsWholeSteps = terms.runsWholeSteps
    machine.settings.poolWidth = terms.poolWidth ?? settings.poolWidth
    machine.canceller = request.canceller
    machine.noteUnseen(request.wants.contains(.unseen))
    live.reset()
    let inspects = request.wants.contains(.changes)
    if inspects || live.inspector != nil {
      live.inspector = inspects ? StepInspector(depth: stateDepth) : nil
    }
    if !order.isEmpty { live.doubles.order = OrderGate(order) }
    programRun = program.makeRun(request.plan)
  }

  /// The first thing that went wrong in the run that is over, and what else is wanted of it.
  private func judge(_ end: RunEnd) -> RunOutcome {
    var experience: OrderExperience?
    let failure =
      dataRace(before: live.failure) ?? live.failure
      ?? Containment.stopElsewhere.map { RunFailure($0, in: trace(of: $0)) }
      ?? machine.offence.map { RunFailure($0, in: machine.trace(withResumptions: true)) }
      ?? standstill(end, &experience)
    if failure == nil, end == .clean { noteUnseenErrors() }
    var outcome = outcome(failure)
    outcome.order = experience
    if let search = request.strategy as? Reduction { search.learn(from: machine) }
    return outcome
  }

  private func standstill(
    _ end: RunEnd, _ experience: inout OrderExperience?
  ) -> RunFailure? {
    let failure = Standstill(machine, checks: checks, isTornDown: live.isTornDown).failure(of: end)
    guard !order.isEmpty, let state = live.doubles.order?.state else { return failure }
    experience = OrderExperience(
      of: state, standstill: failure, isKnown: told.isOrderMet)
    if state.isMet { told.isOrderMet = true }
    // A run that others hold up is none that was asked for.
    return state.isHeldUp ? nil : failure
  }

  /// The first data race of the run that has just ended, unless it failed before that.
  private func dataRace(before failure: RunFailure?) -> RunFailure? {
    for race in machine.races where race.steps <= failure?.steps ?? .max {
      if let failure = RunFailure(race) { return failure }
    }
    return nil
  }

  // MARK: What it came to

  /// What the run came to whose thread was stopped.
  func outcome(of stop: StepStop) -> RunOutcome { rawOutcome(of: stop).explained(stop) }

  /// What the run came to whose thread was stopped, as far as it can be told without words.
  ///
  /// Naming places takes time, and is done by the process that remembers them.
  func rawOutcome(of stop: StepStop) -> RunOutcome {
    if stop.isHang { machine.forgetVainPauses() }
    request.wants.formUnion([.count, .schedule, .draws])
    var outcome = outcome(live.failure)
    outcome.wasStopped = true
    outcome.trace = trace(of: stop)
    return outcome
  }

  /// The run that was stopped, with who let tasks go on where that may be why.
  private func trace(of stop: StepStop) -> RunTrace {
    machine.trace(withResumptions: !stop.isHang, isStopped: true)
  }

  private func outcome(_ failure: RunFailure?) -> RunOutcome {
    let wants = request.wants
    let fails = failure != nil
    var outcome = RunOutcome(failure: failure)
    outcome.steps = machine.stepCount
    outcome.choices = machine.choices
    outcome.tasks = machine.taskCount
    outcome.wasHasty = machine.wasHasty
    outcome.hasCancelled = machine.cancellation != nil
    outcome.cancellation = live.cancellation
    outcome.isGenerated = program.isGenerated
    if request.plan.isStored { outcome.staleReason = programRun.staleReason }
    if machine.hasEscapes { outcome.escapes = machine.seenEscapes }
    if wants.contains(.count) {
      // A closure that had the outcome would make it be copied in the end.
      var contended: [UInt] = []
      machine.forEachNewContendedType { contended.append($0) }
      if !contended.isEmpty { outcome.contended = contended }
    }
    if wants.contains(.count) || wants.contains(.signature) {
      outcome.signature = wants.contains(.count) ? machine.signature : machine.signatureOfGrain
    }
    if wants.contains(.count) || wants.contains(.limits) {
      outcome.limits = machine.limits
      if machine.hasDrawn { outcome.limits.insert(.randomness) }
      outcome.followsRelation = machine.followsRelationOutside
      outcome.cameToPoints = machine.cameToPoints
    }
    if wants.contains(.odds), !fails, odds.areKnown(of: request.strategy) {
      outcome.odds =
        odds.look(at: machine, drawnBy: request.strategy).map { .known($0) } ?? .unknown
    }
    if wants.contains(.unseen) { outcome.unseen = machine.unseen }
    if wants.contains(fails ? .touchesOfFailure : .touches) {
      outcome.touched = machine.tracedSteps()
    }
    if wants.contains(.division), !fails {
      outcome.divided = machine.dividedStep(in: outcome.touched ?? machine.tracedSteps())
    }
    if fails || wants.contains(.schedule) {
      outcome.schedule = machine.recordedSchedule(upTo: failure?.steps)
    }
    if fails || wants.contains(.draws) || wants.contains(.count) && outcome.isGenerated {
      outcome.draws = programRun.draws
    }
    if wants.contains(.trace) || fails && wants.contains(.traceOfFailure) {
      outcome.trace = machine.trace()
    }
    if wants.contains(.texts) { outcome.texts = program.texts(of: programRun) }
    if let inspector = live.inspector {
      inspector.takePrinted(machine)
      outcome.sights = inspector.sights
    }
    if let end = machine.endOfInterruptions { noteEndOfInterruptions(end) }
    if wants.contains(.orders), !fails, let news = orders.look(at: machine) {
      told.noticed.orders = OrdersSeen(schedules: 1, orders: news)
    }
    if told.slowSteps != machine.slowSteps.count { noteSlowSteps() }
    if told.blockings != machine.blockings.count { noteBlockings() }
    if told.awaits != machine.awaitChanges { noteAwaits() }
    for (name, holds) in live.doubles.reached {
      told.noticed.sometimes[name] = holds ? 1 : 0
    }
    if let returned = live.doubles.outcome {
      outcome.returned = returned.hash
      if told.outcomes.count < OutcomeCounts.most, told.outcomes.insert(returned.hash).inserted {
        told.noticed.outcomes[returned.hash] = returned.text
      }
    }
    if !told.noticed.isEmpty { outcome.noticed = told.takeNoticed() }
    return outcome
  }

  // MARK: What is noticed beside

  /// Notes what tasks of the run that has just ended have thrown to nobody.
  private func noteUnseenErrors() {
    guard checks.contains(.unseenErrors) else { return }
    let unseen = machine.unseenErrors
    guard !unseen.isEmpty, told.errors.count < Observations.mostErrors else { return }
    let tasks = machine.inspectTasks()
    for found in unseen {
      let task = tasks[found.task]
      let kind = Observations.ErrorKind(
        site: task.site, caller: task.caller, type: String(reflecting: type(of: found.error)))
      guard told.errors.insert(kind).inserted else { continue }
      let made = StepNamer(machine).maker(of: task).map { ", which was made in \($0.words)" } ?? ""
      told.noticed.errors[kind] =
        "a task\(made), threw \(found.error), and nobody looked at its result"
    }
  }

  private func noteEndOfInterruptions(_ call: String) {
    guard told.endsOfInterruptions.insert(call).inserted else { return }
    told.noticed.endsOfInterruptions.insert(
      "from where a step came to \(call) on, no step of the run was interrupted inside")
  }

  private func noteSlowSteps() {
    told.slowSteps = machine.slowSteps.count
    let words = Set(machine.slowSteps.map { $0.words(above: slowStepLimit) })
    told.noticed.slowSteps = words.subtracting(told.slow)
    told.slow = words
  }
}

extension Runner {
  /// Notes where steps have blocked threads of the pool.
  private func noteBlockings() {
    told.blockings = machine.blockings.count
    guard checks.contains(.blockedSteps) else { return }
    let words = Set(
      machine.blockings.map { site in
        "a step blocked its thread of the pool for what another had still to begin: "
          + Symbolicator.shared.place(of: .afterCall(site)).words
      })
    told.noticed.blockedSteps = words.subtracting(told.blocked)
    told.blocked = words
  }

  /// Notes at which places tasks were suspended, and at which they were not.
  private func noteAwaits() {
    told.awaits = machine.awaitChanges
    for site in machine.awaits { told.noticed.awaits[site.resume] = site }
  }
}

extension RunOutcome {
  /// The same with the failure that a stop stands for, unless the run had failed before.
  func explained(_ stop: StepStop) -> RunOutcome {
    guard failure == nil, let trace else { return self }
    var outcome = self
    outcome.failure = RunFailure(stop, in: trace)
    return outcome
  }
}

extension DrawingPlan {
  /// What is drawn is compared with what the corpus stores.
  fileprivate var isStored: Bool {
    switch self {
    case .stored, .adapted: true
    case .simplest, .fresh, .replay, .tape: false
    }
  }
}

extension SlowStep {
  fileprivate func words(above limit: Duration) -> String {
    let code = Symbolicator.shared.place(of: .start(resume))
    let actor = TypeName.short(Takeover.typeName(executor))
    return "a step held \(actor.isEmpty ? "its thread" : actor) for more than "
      + "\(seconds(limit)) of real time, without suspending: \(code.words)"
  }
}

/// What the outcomes of a runner have told, and need not tell again.
private struct Told {
  var errors: Set<Observations.ErrorKind> = []
  var slow: Set<String> = []
  var endsOfInterruptions: Set<String> = []
  var blocked: Set<String> = []
  /// What bodies returned.
  var outcomes: Set<UInt64> = []
  /// How many slow steps, and places at which steps blocked, the machine had seen then.
  var slowSteps = 0
  var blockings = 0
  /// How often something had become known of awaits.
  var awaits = 0
  var isOrderMet = false
  /// What the next outcome tells.
  var noticed = Observations()

  mutating func takeNoticed() -> Observations {
    defer { noticed = Observations() }
    return noticed
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
    interruptions =
      switch configuration.interruptions {
      case .never: .never
      case .before: .before
      case .everywhere: .everywhere
      }
    switch configuration.poolWidth {
    case .automatic: variesPoolWidth = true
    case .unlimited: break
    case .threads(let width): poolWidth = width
    }
    stepLimit = configuration.stepLimit
    if let limit = configuration.timeLimit { timeLimit = Int64(clamping: limit.nanoseconds) }
    environmentSeed = resolved.seed
    foreignGrace = Int64(clamping: configuration.foreignGrace.nanoseconds)
    quietGrace = foreignGrace / 10
    natives = Natives(configuration.native)
    if configuration.checks.contains(.slowSteps) {
      slowStep = Int64(clamping: configuration.slowStepLimit.nanoseconds)
    }
  }
}

/// Belongs to the one thread on which all steps of a run are made.
private struct WeakLive: @unchecked Sendable {
  weak var value: LiveRun?
}
