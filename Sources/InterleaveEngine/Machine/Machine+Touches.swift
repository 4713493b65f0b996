import CInterleave

/// Something that a step touched, as the machine stores it.
struct Touch {
  var object: UInt
  var mode: AccessMode
}

/// When the job of a step arrived, when the step began, and where what it touched
/// begins in the list of all touches.
struct StepMoments {
  var earliest: Int
  var latest: Int
  var begin: Int
  var firstTouch: Int
  /// How many touches there were when another step made the job ready.
  var causeTouches: Int
}

/// Names what steps touch, within one run: a small number for what the machine
/// knows, and a large one, in the order of first use, for a lock.
enum TouchedObject {
  case executor(Int32)
  case mailbox(Int32)
  case task(Int32)
  case result(Int32)
  case cancellation(Int32)
  case randomness
  case time

  @inline(__always) var name: UInt {
    switch self {
    case .executor(let index): UInt(index) << 7 | 1 << 4
    case .mailbox(let index): UInt(index) << 7 | 2 << 4
    case .task(let index): UInt(index) << 7 | 3 << 4
    case .result(let index): UInt(index) << 7 | 4 << 4
    case .randomness: 5 << 4
    case .time: 6 << 4
    case .cancellation(let index): UInt(index) << 7 | 7 << 4
    }
  }

  /// No number of an executor or task comes near to this.
  static let firstLock: UInt = 1 << 32

  /// How many places a list needs that is indexed by ``place(of:)``.
  static func places(executors: Int, tasks: Int) -> Int { max(executors, tasks) << 3 }

  /// The place of a name of no lock in a list without large gaps.
  @inline(__always)
  static func place(of name: UInt) -> Int { Int(name >> 4) }
}

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
    switch kind {
    case IL_TOUCH_LOCK:
      touches.append(Touch(object: lockNumber(UInt(bitPattern: object)), mode: .exclusive))
    case IL_TOUCH_RANDOM:
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
      if let task = known { touch(.cancellation(Int32(task)), .first) }
    default:
      touchChildren(of: progress.currentTask)
    }
  }

  /// Whether a task is cancelled is known to its own steps, and to whoever asks for it.
  private func touchCancellation(of task: Int32) {
    touch(.task(task), .exclusive)
    touch(.cancellation(task), .exclusive)
    tasks[Int(task)].isSeenCancelled = true
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
    return limits
  }

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
    switch kind >> 4 {
    case 1, 2:
      let executor = executors[index]
      name = executor.maker >= 0 ? executor.name : UInt64(executor.identity)
    case 3, 4, 7: name = tasks[index].name
    default: name = 0
    }
    return Access(object: mix(name, kind), mode: touch.mode)
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
      var mailbox: UInt64?
      var latest = moments[index].latest
      if executor.isMailbox, progress.settings.mailboxes == .asRuntime {
        mailbox = UInt64(step.executor)
        if step.reason == .hopped, step.cause >= 0,
          executors[Int(steps[Int(step.cause)].executor)].isMailbox
        {
          let release = next[Int(step.cause)]
          latest = release < 0 ? .max : moments[release].begin
        }
      }
      return StepTrace.Step(
        key: key(ofStep: index), cause: Int(step.cause), mailbox: mailbox,
        earliest: moments[index].earliest, latest: latest, accesses: accesses(ofStep: index))
    }
  }

  /// A hash of what distinguishes this interleaving from others: which steps ran, and
  /// in which order those that depend on each other did.
  ///
  /// Runs that differ only in the order of independent steps have the same. A step's
  /// hash is made of its name and of the hashes of the steps on which it depends; an
  /// object remembers the sum of those that touched it in either of two ways. Locks are
  /// left out: libraries take some of theirs only at first use, which would make the
  /// first run differ from all others.
  package var signature: UInt64 {
    if progress.hashedSteps == steps.count { return progress.hash }
    progress.hash = computeSignature(withLocks: false)
    progress.hashedSteps = steps.count
    return progress.hash
  }

  /// A hash of what determines how the run can go on: its ``signature`` so far, with
  /// locks; nil where the dependency relation does not cover the run.
  var traceHash: UInt64? { followsRelation ? computeSignature(withLocks: true) : nil }

  /// Nothing was noticed in the run that the dependency relation does not cover, or that
  /// makes switching to another task more or less than one preemption.
  ///
  /// After ``longestStreak`` steps in a row, a task is no longer preempted by another.
  package var followsRelation: Bool { limits.isEmpty && steps.count < Self.longestStreak }

  /// Hashes the run so far.
  ///
  /// - Parameter withLocks: The order in which locks were taken counts, too.
  private func computeSignature(withLocks: Bool) -> UInt64 {
    let end = withLocks ? UInt.max : TouchedObject.firstLock
    let places = TouchedObject.places(executors: executors.count, tasks: tasks.count)
    sums.removeAll()
    sums.append(repeating: ObjectSum(), count: places + (withLocks ? progress.locks : 0) + 1)
    hashes.removeAll()
    var total: UInt64 = 0
    for index in 0..<steps.count {
      let step = steps.known(at: index).pointee
      let key = mix(
        tasks.known(at: Int(step.task)).pointee.name, UInt64(truncatingIfNeeded: step.ordinal))
      let executor = executorObject(ofStep: index).name
      let timeMode: AccessMode = step.reason == .timer ? .exclusive : .first
      let range = touchesOfStep(index)
      var gathered =
        gather(executor, .exclusive) &+ gather(TouchedObject.task(step.task).name, .exclusive)
      if progress.hasTimers { gathered &+= gather(TouchedObject.time.name, timeMode) }
      if step.cause >= 0 { gathered &+= mix(4, hashes[Int(step.cause)]) }
      for index in range {
        let touch = touches.known(at: index).pointee
        if touch.object < end { gathered &+= gather(touch.object, touch.mode) }
      }
      let hash = mix(key, gathered)
      leave(hash, executor, .exclusive)
      leave(hash, TouchedObject.task(step.task).name, .exclusive)
      if progress.hasTimers { leave(hash, TouchedObject.time.name, timeMode) }
      for index in range {
        let touch = touches.known(at: index).pointee
        if touch.object < end { leave(hash, touch.object, touch.mode) }
      }
      hashes.append(hash)
      total &+= hash
    }
    guard let (task, steps) = cancellation else { return total }
    return mix(total, mix(tasks[task].name, hashes[steps - 1]))
  }

  /// Where the sums of an object lie: locks behind all that the machine names.
  @inline(__always)
  private func place(of object: UInt) -> Int {
    guard object >= TouchedObject.firstLock else { return TouchedObject.place(of: object) }
    return TouchedObject.places(executors: executors.count, tasks: tasks.count)
      + Int(object & (TouchedObject.firstLock - 1))
  }

  /// What those left at an object on which an access depends.
  @inline(__always)
  private func gather(_ object: UInt, _ mode: AccessMode) -> UInt64 {
    // Whoever touched it without a conflict must leave no trace here.
    let sum = sums.known(at: place(of: object)).pointee
    return switch mode {
    case .exclusive: mix(mix(1, sum.first), sum.second)
    case .first: mix(2, sum.second)
    case .second: mix(3, sum.first)
    }
  }

  @inline(__always)
  private func leave(_ hash: UInt64, _ object: UInt, _ mode: AccessMode) {
    let sum = sums.known(at: place(of: object))
    if mode != .second { sum.pointee.first &+= hash }
    if mode != .first { sum.pointee.second &+= hash }
  }
}

/// The sums of the hashes of the steps that touched an object: of those in the first
/// mode or exclusively, and of those in the second or exclusively.
struct ObjectSum {
  var first: UInt64 = 0
  var second: UInt64 = 0
}
