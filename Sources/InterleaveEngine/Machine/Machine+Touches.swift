import CInterleave

extension Machine {
  // MARK: Recording

  /// Notes that the running step touches something.
  @inline(__always)
  func touch(_ object: TouchedObject, _ mode: AccessMode) {
    touches.append(Touch(object: object.name, mode: mode))
  }

  /// The number by which a lock goes in this run: addresses differ from run to run.
  private func lockNumber(_ address: UInt) -> UInt {
    if let known = lockIndex[address] { return TouchedObject.firstLock | UInt(known) }
    progress.locks += 1
    lockIndex.set(address, to: progress.locks)
    return TouchedObject.firstLock | UInt(progress.locks)
  }

  /// What is made where a lock was before is another one: whether memory is used again is left to
  /// the allocator.
  private func forgetLock(_ address: UInt) {
    guard lockIndex[address] != nil else { return }
    progress.locks += 1
    lockIndex.set(address, to: progress.locks)
  }

  /// Notes that the running step uses what an actor's steps use: it depends on all of them.
  ///
  /// - Parameter identity: The actor's executor, which need not have run a step.
  package func noteUse(ofExecutor identity: UInt) {
    guard progress.currentStep >= 0 else { return }
    if let known = executorIndex[identity] {
      touch(.executor(Int32(known)), .exclusive)
    } else {
      touches.append(Touch(object: lockNumber(identity), mode: .exclusive))
    }
  }

  /// Notes that something is asked after every step from now on: all steps depend on each other.
  package func noteConditionOnAll() { progress.limits.insert(.conditions) }

  /// What was used before its first step goes by the name of its executor from now on.
  func adoptUses(ofExecutor identity: UInt, as object: TouchedObject) {
    guard let provisional = lockIndex[identity] else { return }
    let name = TouchedObject.firstLock | UInt(provisional)
    for index in 0..<touches.count where touches[index].object == name {
      touches[index].object = object.name
    }
  }

  /// A step called something that touches tasks, locks or randomness.
  func touched(_ kind: il_touch, _ object: UnsafeMutableRawPointer?) {
    guard progress.currentStep >= 0 else { return }
    defer { noteHandled() }
    switch kind {
    case IL_TOUCH_LOCK:
      let name = lockNumber(UInt(bitPattern: object))
      touches.append(Touch(object: name, mode: .exclusive))
      if progress.notesResumers { noteLock(Int(name & (TouchedObject.firstLock - 1))) }
    case IL_TOUCH_LOCK_MADE: forgetLock(UInt(bitPattern: object))
    case IL_TOUCH_CHANNEL:
      touches.append(Touch(object: lockNumber(UInt(bitPattern: object)), mode: .exclusive))
    case IL_TOUCH_RANDOM:
      progress.hasDrawn = true
      touch(.randomness, .exclusive)
    case IL_TOUCH_AWAITED:
      guard let task = taskIndex[UInt(bitPattern: object)] else { return }
      touch(.result(Int32(task)), .first)
      tasks[task].isAwaited = true
    case IL_TOUCH_CANCELLED:
      guard let task = taskIndex[UInt(bitPattern: object)] else { return }
      touchCancellation(of: Int32(task))
      touchChildren(of: Int32(task))
    case IL_TOUCH_LET_FINISHED:
      guard let task = child(ofLet: object) else { return }
      touchCancellation(of: task)
      touchChildren(of: task)
    case IL_TOUCH_LOOKED:
      let known = object.map { taskIndex[UInt(bitPattern: $0)] } ?? Int(progress.currentTask)
      if let task = known {
        touch(.cancellation(Int32(task)), .first)
        if progress.notesResumers { noteLook(at: task) }
      }
    default:
      touchChildren(of: progress.currentTask)
    }
  }

  /// A step has done something that others see while it handled its cancellation.
  @inline(__always)
  func noteHandled() { noteHandled(il_step_handlers(session)) }

  /// The same where it is known how many handlers its task has.
  @inline(__always)
  func noteHandled(_ handlers: UInt32) {
    if handlers > progress.handlers { progress.handlers = handlers }
  }

  /// What the running step did comes to an end, or to where it can be interrupted.
  ///
  /// If it has taken away what handled its cancellation, after something that others see, it may have
  /// been cancelled between the two.
  @inline(__always)
  func settleHandled() {
    if progress.handlers > 0 { settleHandlers() }
  }

  private func settleHandlers() {
    let isLess = progress.currentEnd == .ended || il_step_handlers(session) < progress.handlers
    let task = tasks.pointer(at: Int(progress.currentTask))
    if isLess, task.pointee.endOfHandling < 0 {
      task.pointee.endOfHandling = progress.currentStep
    }
    progress.handlers = 0
  }

  /// Whether a task is cancelled is known to its own steps, and to whoever asks for it.
  private func touchCancellation(of task: Int32) {
    touch(.task(task), .exclusive)
    touch(.cancellation(task), .exclusive)
    tasks[Int(task)].isSeenCancelled = true
    if progress.notesResumers { noteEvent(.cancelled, task: Int(task)) }
  }

  /// A step asks whether a task is cancelled.
  private func noteLook(at task: Int) {
    guard let record = tasks[task].record, !tasks[task].hasEnded, !tasks[task].isSimple,
      il_is_cancelled(record)
    else {
      return
    }
    noteEvent(.asked, task: task)
  }

  /// The task of an `async let` of the running task, unless it has ended.
  private func child(ofLet address: UnsafeMutableRawPointer?) -> Int32? {
    let parent = progress.currentTask
    let children = Int(parent) + 1..<max(Int(parent) + 1, tasks.count)
    return children.first {
      tasks[$0].parent == parent && !tasks[$0].hasEnded
        && tasks[$0].record?.pointee.async_let == address
    }.map { Int32($0) }
  }

  /// A cancelled task passes that on to its children.
  private func touchChildren(of parent: Int32) {
    guard tasks[Int(parent)].children > 0 else { return }
    for index in Int(parent) + 1..<tasks.count
    where tasks[index].parent == parent && tasks[index].isChild && !tasks[index].hasEnded {
      touchCancellation(of: Int32(index))
      touchChildren(of: Int32(index))
    }
  }

  // MARK: What a run was

  /// What was noticed in the run that the dependency relation does not cover.
  package var limits: ReductionLimits {
    var limits = progress.limits
    if hasEscapes { limits.insert(.escapes) }
    if !il_sees_awaits() || !Takeover.seesStreams { limits.insert(.blindness) }
    if unseen != nil { limits.insert(.sharing) }
    if il_session_slept_by_clocks(session) { limits.insert(.clocks) }
    if steps.count >= progress.settings.stepLimit { limits.insert(.length) }
    if inside.takesSegments { limits.formUnion(limitsOfSegments) }
    return limits
  }

  /// The run has drawn random numbers.
  package var hasDrawn: Bool { progress.hasDrawn }

  /// What its random numbers were made from, where it drew any and they were its own.
  var drawnSeed: UInt64? { hasDrawn ? progress.settings.randomSeed : nil }

  /// Has it noted by what steps may share something unseen; that takes a ``SharingWatch``.
  package func noteUnseen(_ notes: Bool) { il_session_note_unseen(session, notes) }

  /// The first that the run did by which steps may share something unseen, while a
  /// ``SharingWatch`` was kept.
  package var unseen: UnseenSharing? { UnseenSharing(il_session_unseen(session)) }

  func key(ofStep index: Int) -> StepKey {
    StepKey(task: tasks[Int(steps[index].task)].name, ordinal: steps[index].ordinal)
  }

  /// The object that stands for the executor of a step: all that is outside of
  /// actors is one.
  func executorObject(ofStep index: Int) -> TouchedObject {
    let executor = steps.known(at: index).pointee.executor
    return .executor(executors.known(at: Int(executor)).pointee.isMailbox ? executor : 0)
  }

  func touchesOfStep(_ index: Int) -> Range<Int> {
    let end =
      index + 1 < steps.count ? moments.known(at: index + 1).pointee.firstTouch : touches.count
    return moments.known(at: index).pointee.firstTouch..<end
  }

  /// What a step touched.
  func accesses(ofStep index: Int) -> [Access] {
    let own = touchesOfStep(index)
    var accesses: [Access] = []
    accesses.reserveCapacity(own.count + 3)
    accesses.append(access(Touch(object: executorObject(ofStep: index).name, mode: .exclusive)))
    accesses.append(
      access(Touch(object: TouchedObject.task(steps[index].task).name, mode: .exclusive)))
    accesses.append(
      access(
        Touch(
          object: TouchedObject.time.name,
          mode: steps[index].reason == .timer ? .exclusive : .first)))
    for touch in own { accesses.append(access(touches[touch])) }
    if inside.takesSegments, let access = accessToSuspension(ofSegment: index) {
      accesses.append(access)
    }
    return accesses
  }

  /// Gives a touched object a name that outlives the run.
  private func access(_ touch: Touch) -> Access {
    guard touch.object < TouchedObject.firstLock else {
      return Access(object: UInt64(touch.object), mode: touch.mode, isLock: true)
    }
    let index = Int(touch.object >> 7)
    let kind = UInt64(touch.object & 0x7F)
    let name: UInt64
    var isOutside = false
    switch kind >> 4 {
    case 1, 2:
      let executor = executors[index]
      isOutside = executor.maker < 0 && executor.identity != 0
      name = executor.maker >= 0 ? executor.name : UInt64(executor.identity)
    case 3, 4, 7: name = tasks[index].name
    default: name = 0
    }
    return Access(object: mix(name, kind), mode: touch.mode, isOutside: isOutside)
  }

  /// The steps of the run and what each of them touched.
  package func tracedSteps() -> [StepTrace.Step] {
    var next: [Int] = Array(repeating: -1, count: steps.count)
    var following: [Int32: Int] = [:]
    for index in stride(from: steps.count - 1, through: 0, by: -1) {
      next[index] = following[steps[index].executor] ?? -1
      following[steps[index].executor] = index
    }
    return (0..<steps.count).map { index in
      let step = steps[index]
      let executor = executors[Int(step.executor)]
      let mailbox =
        executor.isMailbox && progress.settings.mailboxes == .asRuntime
        ? UInt64(step.executor) : nil
      return StepTrace.Step(
        key: key(ofStep: index), cause: Int(step.cause), mailbox: mailbox,
        earliest: moments[index].earliest,
        latest: mailbox == nil
          ? moments[index].latest : latestArrival(ofStep: index) { next[$0] },
        accesses: accesses(ofStep: index))
    }
  }

  /// The last moment at which a step may have arrived in its mailbox, had it not run before.
  ///
  /// - Parameter next: The step that came after a step on its executor; -1 for none.
  func latestArrival(ofStep index: Int, next: (Int) -> Int) -> Int {
    let step = steps[index]
    guard step.reason == .hopped, step.cause >= 0,
      executors[Int(steps[Int(step.cause)].executor)].isMailbox
    else { return moments[index].latest }
    let release = next(Int(step.cause))
    return release < 0 ? .max : moments[release].begin
  }
}
