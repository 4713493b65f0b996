import InterleaveEngine

/// What is known of the run that is going on: its invariants, and the
/// first thing that went wrong.
///
/// It is used on the thread of its machine alone; one object serves all runs.
final class LiveRun: RunObserver {
  let machine: Machine
  /// What is checked after each step on an executor.
  private(set) var invariants: [Invariant] = []
  /// What is checked when the run is over.
  private var finally: [Invariant] = []
  private(set) var failure: RunFailure?
  /// The tear-down of a fixture has ended.
  var isTornDown = false
  /// What test doubles and checkpoints keep of the run.
  var doubles = RunDoubles()
  /// The run asked for the whole test to be called off.
  private(set) var cancellation: (any Error)?
  /// What looks at actors around each step; nil where nothing does.
  var inspector: StepInspector? {
    didSet {
      observeIfNeeded()
      machine.notesResumers = inspector != nil
      machine.keepPrinted(inspector != nil)
    }
  }

  /// Where it is stopped for a debugger; nil where it is not.
  var stop: StepToStopAt? {
    didSet { observeIfNeeded() }
  }

  /// A condition that must hold on an executor.
  struct Invariant {
    /// After whose steps it is checked; nil for all.
    var executor: UInt?
    /// It is checked after the steps of others as well, but not within one of its executor.
    var isCheckedEverywhere = false
    var location: FuzzFailure.SourceLocation
    var message: String?
    var holds: () throws -> Bool
  }

  init(machine: Machine) {
    self.machine = machine
  }

  /// The run whose step runs on this thread.
  static var current: LiveRun? { Machine.current?.owner as? LiveRun }

  /// Forgets everything, for the next run.
  func reset() {
    if !invariants.isEmpty { invariants.removeAll() }
    if !finally.isEmpty { finally.removeAll() }
    failure = nil
    isTornDown = false
    cancellation = nil
    doubles = RunDoubles()
    observeIfNeeded()
  }

  /// Something that should come about in some runs did in this one, or was looked for.
  func reach(_ name: String, _ holds: Bool) {
    if holds, doubles.reached[name] != true {
      var hash = StableHash()
      hash.combine(name)
      machine.noteReached(hash.value)
    }
    doubles.reached[name] = doubles.reached[name] == true || holds
  }

  /// The body has come to its end with a value.
  func returned(_ value: Any) { doubles.outcome = BodyOutcome(value) }

  // MARK: What goes wrong

  func fail(_ failure: @autoclosure () -> RunFailure) {
    guard self.failure == nil else { return }
    var failure = failure()
    // A step that is running has been counted already.
    failure.steps = machine.stepCount
    self.failure = failure
    machine.fail()
  }

  /// The body threw an error.
  func bodyThrew(_ error: any Error) {
    let type = String(reflecting: Swift.type(of: error))
    // What a test framework throws to call a test off is no failure.
    guard type != "Testing.SkipInfo", !type.hasSuffix("XCTSkip") else {
      cancellation = error
      return
    }
    // Of a task that the run itself cancelled, no more can be asked.
    if error is CancellationError, machine.cancellation != nil { return }
    let isMistake = error is SpecError || error is GeneratorError
    let message = isMistake ? "\(error)" : "the body threw \(error)"
    let location = (error as? any LocatedError)?.location
    fail(
      RunFailure(
        kind: .thrownError, message: message, location: location,
        place: type + (location.map { " \($0.fileID):\($0.line)" } ?? ""), isMistake: isMistake))
  }

  // MARK: Invariants

  /// Lets the report tell what steps of an executor change in an object that belongs to it.
  func watch(_ object: AnyObject, on executor: UInt) {
    inspector?.watch(object, on: executor)
  }

  func add(always invariant: Invariant) {
    invariants.append(invariant)
    // Whether a step of the actor comes before or after decides whether it is checked.
    if let executor = invariant.executor {
      machine.noteUse(ofExecutor: executor)
    } else {
      machine.noteConditionOnAll()
    }
    machine.spareLockHolders()
    observeIfNeeded()
  }

  func add(eventually invariant: Invariant) {
    finally.append(invariant)
  }

  /// Checks what must hold on the executor of the step that has just ended.
  func checkInvariants(executor: UInt) {
    for invariant in invariants where isDue(invariant, executor) {
      check(invariant, "after this step, what must always hold does not")
    }
  }

  private func isDue(_ invariant: Invariant, _ executor: UInt) -> Bool {
    guard let own = invariant.executor, own != executor else { return true }
    return invariant.isCheckedEverywhere && !machine.hasParkedStep(onExecutor: own)
  }

  /// Checks what must hold when the run is over.
  func checkFinally() {
    for invariant in finally {
      check(invariant, "when the run was over, what must eventually hold did not")
    }
    for check in doubles.checks {
      if let failure = check() { fail(failure) }
    }
  }

  private func check(_ invariant: Invariant, _ text: String) {
    guard failure == nil else { return }
    do {
      if try invariant.holds() { return }
      fail(broken(invariant, text))
    } catch {
      fail(broken(invariant, "\(text): the condition threw \(error)"))
    }
  }

  private func broken(_ invariant: Invariant, _ text: String) -> RunFailure {
    RunFailure(
      kind: .invariant, message: invariant.message.map { "\(text): \($0)" } ?? text,
      location: invariant.location,
      place: "\(invariant.location.fileID):\(invariant.location.line)")
  }

  // MARK: Steps

  private func observeIfNeeded() {
    let isNeeded = !invariants.isEmpty || inspector != nil || stop != nil
    let observer: LiveRun? = isNeeded ? self : nil
    if machine.observer !== observer { machine.observer = observer }
  }

  func stepWillBegin(_ machine: Machine, task: Int, executor: UInt, actor: UInt) {
    stop?.stop(before: machine.stepCount + 1)
    inspector?.stepWillBegin(machine, task: task, executor: executor, actor: actor)
  }

  func stepDidEnd(_ machine: Machine) {
    inspector?.takePrinted(machine)
    if machine.wasLastStepInterrupted || machine.hasParkedLocks {
      inspector?.stopLooking()
    } else {
      inspector?.stepDidEnd(machine)
    }
    if failure == nil { checkInvariants(executor: machine.lastExecutorIdentity) }
  }
}
