import CInterleave

/// How a step was stopped that its thread did not survive.
package struct StepStop: Sendable, Hashable {
  /// What a step waits for that nobody can bring about.
  package enum Obstacle: UInt8, Sendable {
    case lock
    case semaphore
    case group
    case condition
    /// A dispatch queue that the step itself is on.
    case queue
    /// A pipe or a pair of sockets that only steps of the run have ends of.
    case file
    case barrier
  }

  package enum Cause: Sendable, Hashable {
    /// A signal, and the address that could not be accessed; 0 where there is none.
    case signal(Int32, address: UInt)
    /// The stack had no room left.
    case stackOverflow
    /// A call that ends the process, with its status.
    case exit(Int32)
    /// It did not return within the limit, in which it slept or computed.
    case hang(isAsleep: Bool)
    /// It began to wait for what will never come.
    case blocked(Obstacle)
    /// It resumed the unsafe continuation of a task once more.
    case resumedTwice(task: Int32)
  }

  package var cause: Cause
  /// Addresses within the calls that led there, innermost first.
  package var frames: [UInt]
  /// Addresses within functions that call one another in a circle, called by the first of the
  /// frames.
  package var circle: [UInt] = []
  /// The last that the run wrote to standard error.
  package var said: String
  /// It was no step, but a thread beside it.
  package var isElsewhere = false
  /// The task whose continuation it resumed once more, as far as that was noted.
  package var resumedTask: Int?

  package init(cause: Cause, frames: [UInt], said: String, resumedTask: Int? = nil) {
    self.cause = cause
    self.resumedTask = resumedTask
    self.frames = frames
    self.said = said
  }

  /// Where the function begins that an instruction belongs to; nil where that is not known.
  package static func functionStart(of instruction: UInt) -> UInt? {
    let start = il_function_start(instruction)
    return start == 0 ? nil : start
  }

  fileprivate init(of guardian: OpaquePointer) {
    let stop = il_guard_stop(guardian).pointee
    cause =
      switch stop.kind {
      case IL_STOP_EXIT: .exit(stop.code)
      case IL_STOP_HANG: .hang(isAsleep: stop.is_asleep)
      case IL_STOP_RESUMED_TWICE: .resumedTwice(task: stop.code)
      case IL_STOP_BLOCKED: .blocked(Obstacle(rawValue: UInt8(stop.code)) ?? .lock)
      default: stop.is_overflow ? .stackOverflow : .signal(stop.code, address: stop.address)
      }
    isElsewhere = stop.is_elsewhere
    resumedTask = stop.resumed_task > 0 ? Int(stop.resumed_task) - 1 : nil
    frames = withUnsafeBytes(of: stop.frames) {
      Array($0.bindMemory(to: UInt.self).prefix(stop.frame_count))
    }
    circle = withUnsafeBytes(of: stop.circle) {
      Array($0.bindMemory(to: UInt.self).prefix(stop.circle_count))
    }
    said = String(
      unsafeUninitializedCapacity: 4096,
      initializingUTF8With: { buffer in
        buffer.withMemoryRebound(to: CChar.self) {
          guard let base = $0.baseAddress else { return 0 }
          return il_guard_said(guardian, base, $0.count)
        }
      })
  }
}

/// Runs code so that a step of it that crashes, exits or hangs stops one thread and
/// nothing else.
///
/// The code runs on a thread of its own while this one waits. A step that is stopped
/// leaves its thread asleep for ever, with all that it holds; the machine that ran it
/// can be read, and used again.
package enum Containment {
  package enum Outcome<Result> {
    case finished(Result)
    case stopped(StepStop)
  }

  /// What is kept of a run that may be the process's last.
  package struct Journal {
    /// Where the machine writes the choices made if a crash must end the process.
    package var path: String
    /// What the file begins with: whole lines.
    package var head: String
    /// Is called on the thread that waits when a step takes long and may never return.
    package var stepIsSlow: () -> Void
    /// Is called there when it has returned after all.
    package var slowStepHasEnded: () -> Void

    package init(
      path: String, head: String, stepIsSlow: @escaping () -> Void,
      slowStepHasEnded: @escaping () -> Void
    ) {
      self.path = path
      self.head = head
      self.stepIsSlow = stepIsSlow
      self.slowStepHasEnded = slowStepHasEnded
    }
  }

  /// The result of a body, from its thread to the one that waits.
  private final class Box<Result>: @unchecked Sendable {
    private var body: (() -> Result)?
    let guardian: OpaquePointer
    var result: Result?

    init(_ body: @escaping () -> Result, _ guardian: OpaquePointer) {
      self.body = body
      self.guardian = guardian
    }

    /// Runs the body and lets go of it.
    ///
    /// Who waits may count who holds what the body holds, so nothing here must by then.
    @inline(never)
    func run() {
      result = body?()
      body = nil
    }
  }

  /// Runs a body on a thread of its own, with the task-locals of this one.
  ///
  /// - Parameters:
  ///   - hangLimit: For how many nanoseconds one step may compute or sleep; 0 for no limit.
  ///   - heartbeat: A file that gets a byte now and then while the body runs.
  ///   - journal: What is kept of a crash that cannot be contained.
  ///   - body: What to run; steps of machines are contained in it, and nothing else.
  package static func run<Result>(
    hangLimit: Int64, heartbeat: Int32 = -1, journal: Journal? = nil,
    _ body: @escaping () -> Result
  ) -> Outcome<Result> {
    guard let guardian = il_guard_create(hangLimit) else { return .finished(body()) }
    if let journal { il_guard_set_journal(guardian, journal.path, journal.head) }
    let box = Box(body, guardian)
    Task(executorPreference: MachineThread()) {
      il_guard_attach(box.guardian)
      box.run()
      il_guard_detach(box.guardian)
    }
    let end = wait(guardian, heartbeat, journal)
    if end == IL_END_LOST { il_leave_process(1) }
    if end == IL_END_STOPPED {
      let stop = StepStop(of: guardian)
      il_guard_bury(guardian)
      if let session = il_guard_session(guardian) { il_session_end(session) }
      return .stopped(stop)
    }
    guard let result = box.result else {
      preconditionFailure("a contained body ended without a result")
    }
    il_guard_destroy(guardian)
    return .finished(result)
  }

  /// How a thread beside the steps has crashed, on whose account the run of this thread ends.
  package static var stopElsewhere: StepStop? {
    il_current_guard().flatMap { il_guard_has_elsewhere($0) ? StepStop(of: $0) : nil }
  }

  /// Waits for the body to end, or for a step of it to be stopped.
  private static func wait(
    _ guardian: OpaquePointer, _ heartbeat: Int32, _ journal: Journal?
  ) -> il_end {
    var isSlow = false
    while true {
      let end = il_guard_wait(guardian, heartbeat)
      if end == IL_END_SLOW {
        isSlow = true
        journal?.stepIsSlow()
        continue
      }
      if isSlow, end == IL_END_GOES_ON || end == IL_END_FINISHED {
        isSlow = false
        journal?.slowStepHasEnded()
      }
      if end != IL_END_GOES_ON { return end }
    }
  }
}
