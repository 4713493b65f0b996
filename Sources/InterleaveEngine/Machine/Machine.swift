import CInterleave

/// Runs one schedule to its end and yields its interleaving.
///
/// A machine belongs to one thread. It starts a root task and loops: collect the
/// steps that are enabled, ask the strategy for one, run it to its end. Each step
/// is one job of the program under test, run on this thread by the runtime
/// itself; `CInterleave` hands every job that becomes ready back to the machine.
package final class Machine {
  let session: OpaquePointer
  /// The runtime has been checked.
  private var isChecked = false

  // The run's state. All of it is kept from run to run, so that nothing is
  // allocated once it has reached the size that runs need.
  let space: UnsafeMutablePointer<MachineSpace>
  let executorIndex = AddressTable()
  /// The types of actors on which tasks have met that somebody was told of, of all runs.
  let toldTypes = AddressTable()
  /// Types of actors that were made outside the run, in the order of first use.
  let outsiders = Column<UInt64>()
  let escapes = Column<Escape>()
  /// For each place at which a foreign thread let a task go on, the asynchronous
  /// callers of the first task that did: the place itself may be the runtime's.
  package internal(set) var callers: [UInt: [UInt]] = [:]
  /// For each place at which a foreign thread made a task ready, what called it.
  package internal(set) var origins: [UInt: [UInt]] = [:]
  /// Whether addresses are code of what is left alone on purpose, as far as that was asked.
  var nativeCode: [UInt: Bool] = [:]
  /// How many resumptions are noted already among the events.
  var resumersSeen = 0
  /// What all runs have shown of others who work for them.
  var acquaintance = Acquaintance()
  /// Steps that took long, of all runs.
  package internal(set) var slowSteps: Set<SlowStep> = []
  let timers = Timers()
  /// The locks that were held where steps came to points, where segments are told apart.
  let holds = Column<HeldLock>()
  /// The places in the code of the run, numbered as strategies ask for them.
  let codePlaces = CodePlaces()
  /// The tasks of the run by the addresses of their objects.
  let taskIndex = AddressTable()
  /// The same by their names, as far as somebody has asked for one among many.
  let nameIndex = AddressTable()
  /// The locks of the run by their addresses, numbered by first use.
  let lockIndex = AddressTable()
  /// What the signature of a run is made with.
  let hashing = RunHash.Scratch()
  let settingsStorage: UnsafeMutablePointer<MachineSettings>
  let notesStorage: UnsafeMutablePointer<SeldomNotes>
  /// What looks at the program around each step; nil where nothing does.
  package var observer: (any RunObserver)? {
    didSet { progress.isObserved = observer != nil }
  }
  /// Tasks that go on when the step that is running has ended.
  var rescheduled: [UnsafeContinuation<Void, Never>] = []
  /// What decides whom runs cancel; nil where nobody is to be.
  package var canceller: (any Canceller)?
  /// What belongs to the run that is going on, for those who ask from inside it; it has the machine.
  package weak var owner: AnyObject?
  // Where steps can be interrupted inside: those that are, and what goes on meanwhile.
  let parked = Column<ParkedStep>()
  let points = Column<ReachedPoint>()
  var inside = InsideState()
  var pointStrategy: (any Strategy)?
  var carrierLoop: (() -> OpaquePointer?)?
  /// Where steps have blocked threads of the pool until somebody let them go on, in all runs.
  package internal(set) var blockings: Set<UInt> = []
  /// The number of the last run within its exploration.
  package private(set) var runIndex = 0

  /// How many steps in a row the baseline gives to one task while others could
  /// run: one that polls an actor would otherwise keep those out for ever for
  /// which it waits, and no thread is held up for ever.
  static let longestStreak = 200

  /// Makes a machine.
  ///
  /// - Parameter settings: How runs are to go.
  /// - Throws: ``TakeoverError`` where the runtime cannot be taken over.
  package convenience init(settings: MachineSettings) throws(TakeoverError) {
    try Takeover.install()
    self.init(unchecked: settings)
    isChecked = true
  }

  /// Makes a machine in a runtime that has not been checked, to check it.
  init(unchecked settings: MachineSettings) {
    settingsStorage = .allocate(capacity: 1)
    settingsStorage.initialize(to: settings)
    space = MachineSpace.make(settings)
    notesStorage = .allocate(capacity: 1)
    notesStorage.initialize(to: SeldomNotes())
    var callbacks = Takeover.callbacks
    session = il_session_create(&callbacks)
    il_session_set_context(session, Unmanaged.passUnretained(self).toOpaque())
  }

  deinit {
    il_session_destroy(session)
    timers.deallocate()
    holds.deallocate()
    MachineSpace.giveBack(space)
    executorIndex.deallocate()
    toldTypes.deallocate()
    outsiders.deallocate()
    escapes.deallocate()
    codePlaces.deallocate()
    taskIndex.deallocate()
    nameIndex.deallocate()
    lockIndex.deallocate()
    hashing.deallocate()
    settingsStorage.deinitialize(count: 1)
    settingsStorage.deallocate()
    notesStorage.deinitialize(count: 1)
    notesStorage.deallocate()
    parked.deallocate()
    points.deallocate()
  }

  /// How the next run is to go.
  package var settings: MachineSettings {
    @inline(__always) _read { yield settingsStorage.pointee }
    @inline(__always) _modify { yield &settingsStorage.pointee }
  }

  /// The machine whose step runs on this thread, or nil outside of runs.
  package static var current: Machine? { Takeover.currentMachine }

  /// How many choices the run has had: moments with more than one enabled step.
  package var choices: Int { progress.choices }

  /// The run has failed, and only comes to its end.
  package var hasFailed: Bool { progress.hasFailed }

  /// Virtual time since the run began, in nanoseconds.
  package var now: Int64 { il_now(session) }

  /// For how long runs have waited while those of others had the turn, in nanoseconds of real time.
  package private(set) var timeWaited: Int64 = 0

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
    let isInside = interruptsSteps
    return RunLock.withTurn { waited in
      if waited > 0 { timeWaited += waited }
      reset()
      runIndex = start.index
      il_session_leave_natives(session, !settings.natives.isEmpty)
      strategy.begin(start)
      il_session_begin(
        session, SplitMix64.seed(settings.randomSeed ?? settings.environmentSeed, stream: 1))
      let previous = il_enter(session)
      root()
      il_leave(previous)
      precondition(tasks.count == 1, "a run starts with exactly one task (was \(tasks.count))")
      let end = (isInside ? runOnCarriers(strategy) : nil) ?? loop(strategy)
      if !isVoid { strategy.end(record) }
      return end
    }
  }

  /// The last run has come to nothing, and is to be made again.
  ///
  /// A thread that it made was taken for one of its tasks, but has to be the system's. From here on
  /// it is.
  package var isVoid: Bool { il_session_is_void(session) }

  /// Steps of the next run can be interrupted inside.
  private var interruptsSteps: Bool {
    guard settings.interruptions != .never else { return false }
    return isChecked ? Interruptions.obstacle == nil : il_carriers_obstacle() == nil
  }

  /// Ends the run, after everything that wants to look at it has done so.
  package func finish() {
    il_session_end(session)
  }

  private func reset() {
    tasks.removeAll()
    executors.removeAll()
    executorIndex.removeAll()
    recentExecutors.removeAll()
    recentExecutors.append(repeating: RecentExecutor(), count: RecentExecutor.count)
    outsiders.removeAll()
    escapes.removeAll()
    slots.removeAll()
    freeSlots.removeAll()
    queue.removeAll(isOrdered: settings.mailboxes == .asRuntime)
    timers.removeAll()
    holds.removeAll()
    steps.removeAll()
    moments.removeAll()
    touches.removeAll()
    taskIndex.removeAll()
    nameIndex.removeAll()
    lockIndex.removeAll()
    codePlaces.removeAll()
    rescheduled.removeAll()
    if !notes.isEmpty { notes = SeldomNotes() }
    resumersSeen = 0
    addExecutor(ExecutorState(identity: 0, place: IL_PLACE_GLOBAL, name: 0))
    let notesResumers = progress.notesResumers
    progress = RunState(settings: settings, isObserved: progress.isObserved)
    inside = InsideState()
    if !points.isEmpty { points.removeAll() }
    progress.notesResumers = notesResumers
    let canceller = canceller
    progress.mayCancel = canceller != nil
    canceller?.begin()
  }

  /// Something came about that should sometimes: strategies may want to go there again.
  ///
  /// - Parameter name: A hash of what it is called.
  package func noteReached(_ name: UInt64) {
    notes.reached.append(ReachedGoal(name: name, steps: steps.count))
  }

  // MARK: The loop

  private func loop(_ strategy: some Strategy) -> RunEnd {
    while true {
      takeForeign()
      if progress.hasCrashElsewhere { return .stuck }
      if progress.mayCancel { cancelIfDue() }
      collectEnabled()
      if enabled.isEmpty {
        if progress.rootHasEnded, tasks.elements.allSatisfy(\.isOver) {
          return .clean
        }
        if progress.allowsLeaks, onlyAllowedTasksGoOn { return .clean }
        if waitsAtStandstill() { continue }
        return timers.isEmpty ? .stuck : .timeLimit
      }
      if queue.count == 0, holdsTime() { continue }
      if steps.count >= progress.fairness.nextLook, isAtLimit() { return .stepLimit }
      if isFair { giveTurn() }
      var pick = 0
      if enabled.count > 1, !progress.hasFailed {
        progress.choices += 1
        pick = strategy.choose(among: EnabledSteps(machine: self))
        if pick < 0 || pick >= enabled.count { pick = refuse(pick) }
      }
      if progress.isObserved, let observer {
        performObserved(pick, observer)
      } else {
        perform(pick)
      }
      if progress.allowsLeaks, onlyAllowedTasksGoOn { return .clean }
    }
  }

  /// Does something with the run's own time and randomness in force, as a step
  /// would.
  package func withEnvironment(_ body: () -> Void) {
    let previous = il_enter(session)
    body()
    il_leave(previous)
  }

  func performObserved(_ index: Int, _ observer: some RunObserver) {
    let entry = enabled[index]
    let executor = executors[Int(entry.executor)]
    withEnvironment {
      observer.stepWillBegin(
        self, task: Int(entry.task), executor: executor.identity,
        actor: executor.place == IL_PLACE_SERIAL ? executor.identity : 0)
    }
    let parkings = inside.parkings
    perform(index)
    inside.wasLastInterrupted = parkings != inside.parkings
    withEnvironment { observer.stepDidEnd(self) }
  }

  /// Tells the machine that the run has failed: from here on it makes no choices
  /// of its own and only lets the program come to an end.
  package func fail() {
    progress.hasFailed = true
  }

  // MARK: What strategies and observers see

  /// What the run has done so far.
  package var record: RunRecord { RunRecord(machine: .passUnretained(self)) }

  /// The job of an enabled step.
  @inline(__always)
  func job(of entry: RunQueue.Entry) -> UnsafeMutablePointer<WaitingJob> {
    slots.known(at: Int(entry.slot))
  }

  func inspectEnabled(at index: Int) -> InspectedStep.StepIdentity {
    let entry = enabled[index]
    return inspect(
      StepOfTask(task: entry.task, ordinal: entry.ordinal),
      resume: UInt(bitPattern: slots[Int(entry.slot)].ready.resume), executor: entry.executor)
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
      }, cancellation: recordedCancellation(upTo: count ?? steps.count),
      poolWidth: effectivePoolWidth, randomSeed: drawnSeed)
  }

  /// How many tasks the last run has had, its first one among them.
  package var taskCount: Int { tasks.count }

  /// The executor of the step that has just ended, as an address.
  package var lastExecutorIdentity: UInt {
    steps.isEmpty ? 0 : executors[Int(steps[steps.count - 1].executor)].identity
  }
}
