import CInterleave

/// Runs one schedule to its end and yields its interleaving.
///
/// A machine belongs to one thread. It starts a root task and loops: collect the
/// steps that are enabled, ask the strategy for one, run it to its end. Each step
/// is one job of the program under test, run on this thread by the runtime
/// itself; `CInterleave` hands every job that becomes ready back to the machine.
package final class Machine {
  package var settings: MachineSettings
  let session: OpaquePointer

  // The run's state. All of it is kept from run to run, so that nothing is
  // allocated once it has reached the size that runs need.
  let tasks = Column<TaskState>()
  let executors = Column<ExecutorState>()
  let executorIndex = AddressTable()
  /// Types of actors that were made outside the run, in the order of first use.
  let outsiders = Column<UInt64>()
  let escapes = Column<Escape>()
  /// For each place at which a foreign thread let a task go on, the asynchronous
  /// callers of the first task that did: the place itself may be the runtime's.
  package private(set) var callers: [UInt: [UInt]] = [:]
  private let slots = Column<WaitingJob>()
  private let freeSlots = Column<Int32>()
  /// Slots of the jobs that wait, in the order in which they began to.
  private let waiting = Column<Int32>()
  /// Slots of the timers, by deadline.
  private let timers = Column<Int32>()
  /// Slots of what could run now; the baseline's choice first, timers last.
  private let enabled = Column<Int32>()
  let steps = Column<RawStep>()
  /// What strategies call places in the code.
  private let codePlaces = CodePlaces()
  private let progressStorage: UnsafeMutablePointer<RunState>
  /// What looks at the program around each step; nil where nothing does.
  package var observer: (any RunObserver)?
  /// What belongs to the run that is going on, for those who ask from inside it.
  package var owner: AnyObject?

  /// How many steps in a row the baseline gives to one task while others could
  /// run: one that polls an actor would otherwise keep those out for ever for
  /// which it waits, and no thread is held up for ever.
  private static let longestStreak = 200

  /// Makes a machine.
  ///
  /// - Parameter settings: How runs are to go.
  /// - Throws: ``TakeoverError`` where the runtime cannot be taken over.
  package convenience init(settings: MachineSettings) throws(TakeoverError) {
    try Takeover.install()
    self.init(unchecked: settings)
  }

  /// Makes a machine in a runtime that has not been checked, to check it.
  init(unchecked settings: MachineSettings) {
    self.settings = settings
    progressStorage = .allocate(capacity: 1)
    progressStorage.initialize(to: RunState())
    var callbacks = Takeover.callbacks
    session = il_session_create(&callbacks)
    il_session_set_context(session, Unmanaged.passUnretained(self).toOpaque())
  }

  deinit {
    il_session_destroy(session)
    for column in [waiting, timers, enabled, freeSlots] { column.deallocate() }
    tasks.deallocate()
    executors.deallocate()
    executorIndex.deallocate()
    outsiders.deallocate()
    escapes.deallocate()
    slots.deallocate()
    steps.deallocate()
    codePlaces.deallocate()
    progressStorage.deallocate()
  }

  var progress: RunState {
    @inline(__always) _read { yield progressStorage.pointee }
    @inline(__always) _modify { yield &progressStorage.pointee }
  }

  /// The machine whose step runs on this thread, or nil outside of runs.
  package static var current: Machine? { Takeover.currentMachine }

  /// How many choices the run has had: moments with more than one enabled step.
  package var choices: Int { progress.choices }

  /// The run has failed, and only comes to its end.
  package var hasFailed: Bool { progress.hasFailed }

  /// Virtual time since the run began, in nanoseconds.
  package var now: Int64 { il_now(session) }

  /// The number of steps that have run.
  package var stepCount: Int { steps.count }

  /// Runs one schedule.
  ///
  /// - Parameters:
  ///   - strategy: What makes the choices.
  ///   - start: The run's number and seed.
  ///   - root: Makes the root task, by making exactly one task.
  /// - Returns: How the run ended.
  package func run(
    _ strategy: some Strategy, _ start: RunStart, root: () -> Void
  ) -> RunEnd {
    RunLock.withTurn {
      reset()
      strategy.begin(start)
      il_session_begin(session, SplitMix64.seed(settings.environmentSeed, stream: 1))
      let previous = il_enter(session)
      root()
      il_leave(previous)
      precondition(tasks.count == 1, "a run starts with exactly one task (was \(tasks.count))")
      let end = loop(strategy)
      strategy.end(record)
      return end
    }
  }

  /// Ends the run, after everything that wants to look at it has done so.
  package func finish() {
    il_session_end(session)
  }

  private func reset() {
    tasks.removeAll()
    executors.removeAll()
    executorIndex.removeAll()
    outsiders.removeAll()
    escapes.removeAll()
    slots.removeAll()
    freeSlots.removeAll()
    waiting.removeAll()
    timers.removeAll()
    steps.removeAll()
    executors.append(ExecutorState(identity: 0, place: IL_PLACE_GLOBAL, name: 0))
    progress = RunState()
  }

  // MARK: The loop

  private func loop(_ strategy: some Strategy) -> RunEnd {
    while true {
      takeForeign()
      collectEnabled()
      if enabled.isEmpty {
        if progress.rootHasEnded, tasks.elements.allSatisfy(\.hasEnded) { return .clean }
        if expectsForeign, il_wait_foreign(session, settings.foreignGrace) { continue }
        return .stuck
      }
      var pick = 0
      if enabled.count > 1, !progress.hasFailed {
        progress.choices += 1
        pick = strategy.choose(among: EnabledSteps(machine: .passUnretained(self)))
        precondition(
          pick >= 0 && pick < enabled.count,
          "a strategy must choose an index below \(enabled.count) (was \(pick))")
      }
      if let observer {
        performObserved(enabled[pick], baseline: enabled[0], observer)
      } else {
        perform(enabled[pick], baseline: enabled[0])
      }
      if steps.count >= settings.stepLimit || progress.instantSteps >= settings.instantLimit {
        return .stepLimit
      }
    }
  }

  /// Does something with the run's own time and randomness in force, as a step
  /// would.
  package func withEnvironment(_ body: () -> Void) {
    let previous = il_enter(session)
    body()
    il_leave(previous)
  }

  private func performObserved(
    _ slot: Int32, baseline: Int32, _ observer: some RunObserver
  ) {
    let job = slots[Int(slot)]
    let executor = executors[Int(job.executor)]
    withEnvironment {
      observer.stepWillBegin(
        self, task: Int(job.task),
        actor: executor.place == IL_PLACE_SERIAL ? executor.identity : 0)
    }
    perform(slot, baseline: baseline)
    withEnvironment { observer.stepDidEnd(self) }
  }

  /// Tells the machine that the run has failed: from here on it makes no choices
  /// of its own and only lets the program come to an end.
  package func fail() {
    progress.hasFailed = true
  }

  private func collectEnabled() {
    enabled.removeAll()
    progress.lastTaskIsEnabled = false
    var earliest = Int64.max
    if waiting.count == 1 {
      let slot = waiting[0]
      enabled.append(slot)
      progress.lastTaskIsEnabled = slots[Int(slot)].task == progress.lastTask
      earliest = slots[Int(slot)].since
    } else if !waiting.isEmpty {
      earliest = summarise()
      var first = -1
      for slot in waiting.elements where isEnabled(slots[Int(slot)]) {
        if slots[Int(slot)].task == progress.lastTask { first = enabled.count }
        enabled.append(slot)
      }
      if progress.streak >= Self.longestStreak { first = -1 }
      progress.lastTaskIsEnabled = first >= 0
      if first > 0 {
        let slot = enabled[first]
        enabled.remove(at: first)
        enabled.insert(slot, at: 0)
      }
    }
    if !timers.isEmpty { collectTimers(heldUpSince: earliest) }
  }

  /// Sums up the mailboxes in which jobs wait.
  ///
  /// - Returns: The virtual time since which the oldest job has waited.
  private func summarise() -> Int64 {
    progress.stamp += 1
    var earliest = Int64.max
    for slot in waiting.elements {
      let job = slots[Int(slot)]
      earliest = min(earliest, job.since)
      let executor = Int(job.executor)
      guard executors[executor].isMailbox else { continue }
      if executors[executor].stamp != progress.stamp {
        executors[executor].stamp = progress.stamp
        executors[executor].summary = MailboxSummary()
      }
      executors[executor].summary.add(job.arrival)
    }
    return earliest
  }

  private func isEnabled(_ job: WaitingJob) -> Bool {
    let executor = executors[Int(job.executor)]
    guard executor.isMailbox, executor.summary.count > 1, settings.mailboxes == .asRuntime else {
      return true
    }
    guard executor.summary.isMixed else { return executor.summary.allows(job.arrival) }
    for slot in waiting.elements where slots[Int(slot)].executor == job.executor {
      let other = slots[Int(slot)]
      if other.task != job.task,
        other.arrival.mustPrecede(job.arrival, lastEnd: executor.lastEnd)
      {
        return false
      }
    }
    return true
  }

  /// Adds the timers that may fire now.
  ///
  /// A step may be held up by as much as the stall, and so may the thread that
  /// serves a timer: so a timer may fire if its deadline lies no later than the
  /// stall after the moment since which the oldest waiting job or due timer has
  /// waited.
  private func collectTimers(heldUpSince earliest: Int64) {
    let next = slots[Int(timers[0])].since
    switch settings.time {
    case .whenIdle:
      if enabled.isEmpty { enabled.append(timers[0]) }
    case .adversarial:
      enabled.append(timers[0])
    case .asRuntime(let stall):
      let (limit, overflow) = min(earliest, next).addingReportingOverflow(stall)
      for slot in timers.elements {
        guard overflow || slots[Int(slot)].since <= limit else { break }
        enabled.append(slot)
      }
      if enabled.isEmpty { enabled.append(timers[0]) }
    }
  }

  private func perform(_ slot: Int32, baseline: Int32) {
    var job = slots[Int(slot)]
    let passed = slots[Int(baseline)]
    let task = Int(job.task)
    let isTimer = job.reason == .timer
    let step = RawStep(
      task: job.task, executor: job.executor, ordinal: tasks[task].steps, cause: job.cause,
      resume: UInt(bitPattern: job.ready.resume), time: 0, reason: job.reason,
      priority: job.ready.priority, enabled: Int32(enabled.count), passedTask: passed.task,
      passedOrdinal: tasks[Int(passed.task)].steps,
      passedResume: UInt(bitPattern: passed.ready.resume), passedExecutor: passed.executor,
      isPreemption: progress.lastTaskIsEnabled && job.task != progress.lastTask,
      isStall: isTimer && slot != baseline)
    if isTimer {
      remove(slot, from: timers)
      il_advance(session, job.since)
    } else {
      remove(slot, from: waiting)
    }
    freeSlots.append(slot)
    begin(job, step)
    il_run_step(session, &job.ready)
    end()
  }

  private func remove(_ slot: Int32, from list: Column<Int32>) {
    for index in 0..<list.count where list[index] == slot {
      list.remove(at: index)
      return
    }
  }

  private func begin(_ job: WaitingJob, _ step: RawStep) {
    let now = il_now(session)
    if now != progress.instant {
      progress.instant = now
      progress.instantSteps = 0
    }
    progress.instantSteps += 1
    progress.clock += 1
    let goesOn = job.task == progress.lastTask && step.enabled > 1
    progress.streak = goesOn ? progress.streak + 1 : 0
    let executor = Int(job.executor)
    if executors[executor].departures > 0 { fixDepartures(from: job.executor) }
    if job.left >= 0 { executors[Int(job.left)].departures -= 1 }
    progress.currentStep = Int32(steps.count)
    progress.currentTask = job.task
    progress.currentExecutor = job.executor
    progress.currentEnd = .suspended
    tasks[Int(job.task)].isReady = false
    tasks[Int(job.task)].lastResume = step.resume
    tasks[Int(job.task)].lastExecutor = job.executor
    steps.append(step)
    steps[steps.count - 1].time = now
    noteOrder(of: job.task, on: executor)
  }

  /// A hop that left an actor has arrived by the time that actor's next step
  /// begins: the actor was released only after the task had been queued.
  private func fixDepartures(from executor: Int32) {
    for slot in waiting.elements where slots[Int(slot)].left == executor {
      slots[Int(slot)].arrival.latest = progress.clock
      slots[Int(slot)].left = -1
    }
    executors[Int(executor)].departures = 0
  }

  private func noteOrder(of task: Int32, on executor: Int) {
    let name = tasks[Int(task)].name
    executors[executor].order = mix(
      executors[executor].order, name &+ UInt64(truncatingIfNeeded: tasks[Int(task)].steps))
    if executors[executor].lastTask >= 0, executors[executor].lastTask != task {
      executors[executor].isContended = true
    }
    executors[executor].lastTask = task
  }

  private func end() {
    progress.clock += 1
    executors[Int(progress.currentExecutor)].lastEnd = progress.clock
    tasks[Int(progress.currentTask)].steps += 1
    steps[steps.count - 1].end = progress.currentEnd
    progress.lastTask = progress.currentTask
    progress.currentStep = -1
    progress.currentTask = -1
  }

  // MARK: Jobs in

  /// A task was made.
  func taskCreated(
    _ record: UnsafeMutablePointer<il_task>, parent: UnsafeMutablePointer<il_task>?,
    site: UInt, caller: UInt, entry: UInt, isChild: Bool
  ) {
    let index = tasks.count
    record.pointee.index = UInt32(index)
    var parentIndex: Int32 = -1
    var ordinal: UInt32 = 0
    var name = mix(0, 0)
    if let parent {
      let maker = Int(parent.pointee.index)
      parentIndex = Int32(maker)
      ordinal = tasks[maker].children
      tasks[maker].children += 1
      name = mix(tasks[maker].name, UInt64(ordinal) + 1)
    }
    tasks.append(
      TaskState(
        parent: parentIndex, ordinal: ordinal, name: name, record: record, site: site,
        caller: caller, entry: entry, isChild: isChild, isSimple: record.pointee.simple))
  }

  /// A task's closure returned.
  func taskEnded(_ record: UnsafeMutablePointer<il_task>) {
    let index = Int(record.pointee.index)
    tasks[index].hasEnded = true
    tasks[index].record = nil
    if index == Int(progress.currentTask) { progress.currentEnd = .ended }
    if index == 0 { progress.rootHasEnded = true }
  }

  /// A job became ready.
  func jobReady(_ ready: il_ready) {
    let task = Int32(bitPattern: ready.task.pointee.index)
    let executor = executor(for: ready)
    progress.clock += 1
    var job = WaitingJob(
      ready: ready, task: task, executor: executor,
      arrival: Arrival(earliest: progress.clock, latest: progress.clock, priority: ready.priority),
      left: -1,
      reason: .resumed, cause: progress.currentStep, since: il_now(session))
    if executors[Int(executor)].place == IL_PLACE_MAIN || executors[Int(executor)].isCustom {
      job.arrival.priority = 0
    }
    tasks[Int(task)].isReady = true
    tasks[Int(task)].lostContinuation = false
    switch ready.arrival {
    case IL_ARRIVAL_TIMER:
      job.reason = .timer
      job.since = ready.deadline
      tasks[Int(task)].isTimer = true
      insertTimer(job)
      return
    case IL_ARRIVAL_HOP:
      job.reason = .hopped
      job.arrival.earliest = progress.clock + 1
      job.arrival.latest = .max
      if executors[Int(progress.currentExecutor)].isMailbox {
        job.left = progress.currentExecutor
        executors[Int(progress.currentExecutor)].departures += 1
      }
    case IL_ARRIVAL_CREATED:
      job.reason = .created
    case IL_ARRIVAL_FOREIGN:
      job.reason = .foreign
    default:
      break
    }
    if task == progress.currentTask {
      progress.currentEnd = ready.arrival == IL_ARRIVAL_HOP ? .hopped : .ready
    }
    waiting.append(store(job))
  }

  private func store(_ job: WaitingJob) -> Int32 {
    if let slot = freeSlots.popLast() {
      slots[Int(slot)] = job
      return slot
    }
    slots.append(job)
    return Int32(slots.count - 1)
  }

  private func insertTimer(_ job: WaitingJob) {
    var index = timers.count
    while index > 0, slots[Int(timers[index - 1])].since > job.since { index -= 1 }
    let slot = store(job)
    timers.insert(slot, at: index)
  }

  private func takeForeign() {
    var ready = il_ready()
    while il_take_foreign(session, &ready) {
      let site = UInt(bitPattern: ready.resume)
      noteEscape(.foreignThread, site: site)
      if ready.job != nil, callers[site] == nil {
        callers[site] = backtrace(of: Int(ready.task.pointee.index))
      }
      if ready.job == nil {
        taskEnded(ready.task)
      } else {
        jobReady(ready)
      }
    }
  }

  // MARK: What strategies and observers see

  /// What the run has done so far.
  package var record: RunRecord { RunRecord(machine: .passUnretained(self)) }

  var enabledCount: Int { enabled.count }

  func enabledStep(at index: Int) -> EnabledStep {
    let job = slots[Int(enabled[index])]
    return EnabledStep(
      task: tasks[Int(job.task)].name, taskNumber: Int(job.task),
      executor: executors[Int(job.executor)].name,
      ordinal: Int(tasks[Int(job.task)].steps), priority: job.ready.priority,
      reason: job.reason, continuesLastTask: job.task == progress.lastTask)
  }

  /// Where an enabled step goes on; for a new task's, where and with what it was made.
  func placeOfEnabled(at index: Int) -> UInt64 {
    let job = slots[Int(enabled[index])]
    guard job.reason == .created else {
      return codePlaces.name(of: UInt(bitPattern: job.ready.resume))
    }
    let task = tasks[Int(job.task)]
    return mix(mix(codePlaces.name(of: task.site), 2), codePlaces.name(of: task.entry))
  }

  func inspectEnabled(at index: Int) -> InspectedStep.StepIdentity {
    let job = slots[Int(enabled[index])]
    return InspectedStep.StepIdentity(
      task: Int(job.task), ordinal: Int(tasks[Int(job.task)].steps),
      resume: UInt(bitPattern: job.ready.resume), executor: Int(job.executor))
  }

  /// The index of an enabled step by its name.
  func enabledIndex(of key: StepKey) -> Int? {
    for index in 0..<enabled.count {
      let task = tasks[Int(slots[Int(enabled[index])].task)]
      if task.name == key.task, task.steps == key.ordinal { return index }
    }
    return nil
  }

  /// A hash of what distinguishes interleavings: the order of steps on each executor.
  ///
  /// Interleavings that differ only in the order of
  /// steps on different executors have the same.
  package var signature: UInt64 {
    var sum: UInt64 = 0
    for executor in executors.elements {
      sum &+= mix(executor.name, executor.order)
    }
    return sum
  }

  /// The schedule as it was run, up to the given number of steps.
  package func recordedSchedule(upTo count: Int? = nil) -> RecordedSchedule {
    RecordedSchedule(
      steps: steps.elements.prefix(count ?? steps.count).map { step in
        RecordedStep(
          key: StepKey(task: tasks[Int(step.task)].name, ordinal: step.ordinal),
          executor: executors[Int(step.executor)].name, cause: Int(step.cause),
          enabled: Int(step.enabled),
          passedOver: StepKey(
            task: tasks[Int(step.passedTask)].name, ordinal: step.passedOrdinal),
          reason: step.reason, isPreemption: step.isPreemption, isStall: step.isStall)
      })
  }

  /// The executor of the step that has just ended, as an address.
  package var lastExecutorIdentity: UInt {
    steps.isEmpty ? 0 : executors[Int(steps[steps.count - 1].executor)].identity
  }
}
