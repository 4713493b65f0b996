import InterleaveEngine

#if canImport(Darwin)
  import Darwin
#elseif canImport(Glibc)
  import Glibc
#endif

extension RunFailure {
  /// The failure of a run whose step was stopped.
  ///
  /// - Parameters:
  ///   - stop: How and where.
  ///   - trace: The run, with who let tasks go on in it.
  init(_ stop: StepStop, in trace: RunTrace) {
    var own = Self.own(Self.calls(of: stop), recurring: stop.cause == .stackOverflow)
    // What is known for certain of a step is where it went on.
    if stop.isHang, let step = trace.steps.last?.key.resume {
      let begun = Symbolicator.shared.place(of: .start(step))
      let isKnown = own.contains { $0.function == begun.function }
      if Self.isUsers(begun), !isKnown { own.append(begun) }
    }
    let place = Self.place(of: stop, in: own)
    let circle = Self.circle(of: stop)
    own = circle + own.filter { call in !circle.contains { $0.function == call.function } }
    let message = RuntimeMessage(in: stop.said)
    // Code that computes may be stopped anywhere: what it was called by is always the same.
    let code = stop.cause == .hang(isAsleep: false) ? own.last : own.first
    self.init(
      kind: stop.isHang ? .hang : .crash,
      message: Self.words(stop, message, in: own, turning: circle.count > 1),
      location: code?.place.map { FuzzFailure.SourceLocation($0, fileID: message?.fileID) },
      place: place, steps: trace.steps.count,
      isForEver: stop.isForEver, isElsewhere: stop.isElsewhere)
    // What hangs has its calls in the message.
    if !stop.isHang { callStack = own.map(\.words) }
    nameResumers(stop, in: trace)
  }

  /// The calls that led to where the step was stopped, innermost first.
  ///
  /// Code that computes is stopped anywhere, also where an instruction belongs to no line. The
  /// innermost call with a line is told by where its function begins, which is always the same.
  private static func calls(of stop: StepStop) -> [CodePlace] {
    let frames = stop.frames.map { CodeAddress(instruction: $0, isStart: false) }
    var calls = Symbolicator.shared.places(of: frames)
    guard stop.cause == .hang(isAsleep: false) else { return calls }
    let known = calls.firstIndex(where: isUsers) ?? calls.count - 1
    let starts = stop.frames.prefix(known + 1).map { StepStop.functionStart(of: $0) ?? $0 }
    let begun = Symbolicator.shared.places(of: starts.map(CodeAddress.start))
    if let first = begun.indices.first(where: { isUsers(calls[$0]) || isUsers(begun[$0]) }) {
      calls[first] = isUsers(begun[first]) ? begun[first] : calls[first]
    }
    return calls
  }

  /// The asynchronous functions whose parts call one another, in the order of their names: they
  /// have no caller in common, and which of them runs depends on the moment.
  private static func circle(of stop: StepStop) -> [CodePlace] {
    let starts = stop.circle.map { StepStop.functionStart(of: $0) ?? $0 }
    let begun = Symbolicator.shared.places(of: starts.map(CodeAddress.start))
    let seen = Symbolicator.shared.places(
      of: stop.circle.map { CodeAddress(instruction: $0, isStart: false) })
    var functions: [String: CodePlace] = [:]
    // Some parts begin with what belongs to no line.
    for part in zip(begun, seen).map({ isUsers($0) ? $0 : $1 }) where isUsers(part) {
      let known = functions[part.function]?.place?.line ?? .max
      if let line = part.place?.line, line < known { functions[part.function] = part }
    }
    return functions.values.sorted { $0.function < $1.function }
  }

  static func isUsers(_ call: CodePlace) -> Bool {
    call.place.map { !$0.file.contains("/CInterleave/") } ?? false
  }

  /// The calls that are code of the user, innermost first.
  ///
  /// - Parameter recurring: Those of the function that called itself most often come first.
  private static func own(_ frames: [CodePlace], recurring: Bool) -> [CodePlace] {
    let own = frames.filter(isUsers)
    guard recurring else { return own }
    var counts: [String: Int] = [:]
    for frame in own { counts[frame.function, default: 0] += 1 }
    let most = counts.max { ($0.value, $1.key) < ($1.value, $0.key) }?.key
    return own.filter { $0.function == most }
  }

  /// What two stops must share to be the same failure.
  ///
  /// A loop may be stopped, and a stack may overflow, at any of its lines: there, what counts
  /// is the function in which the step began, or the one that called itself.
  private static func place(of stop: StepStop, in own: [CodePlace]) -> String {
    switch stop.cause {
    case .hang, .blocked:
      return own.last.map { "in \($0.function)" } ?? ""
    case .stackOverflow:
      return "overflow in \(own.first?.function ?? "")"
    case .signal, .exit, .resumedTwice:
      return own.first.map { "\($0.place.map { "\($0)" } ?? $0.function)" } ?? ""
    }
  }

  private static func words(
    _ stop: StepStop, _ message: RuntimeMessage?, in own: [CodePlace], turning: Bool
  ) -> String {
    switch stop.cause {
    case .stackOverflow:
      return "the stack overflowed" + (own.first.map { " in \($0.function)" } ?? "")
    case .exit(let status):
      return "the code called `exit` with status \(status), which would have ended the process"
    case .hang(let isAsleep):
      return "this step did not return within the time that a step may take; "
        + (isAsleep
          ? "it slept in"
          : turning
            ? "it turned in a circle of these functions, that never suspended"
            : "it was stopped in the function that begins here")
        + trace(own)
    case .blocked(let obstacle):
      let what =
        switch obstacle {
        case .lock: "a lock that is held by a step of the same run, and no other thread"
        case .semaphore: "a semaphore that only steps of the same run know"
        case .group: "a dispatch group that only steps of the same run know"
        case .condition: "a condition that only steps of the same run know"
        case .file: "a pipe or a socket of which only steps of the same run have the other end"
        case .barrier: "a barrier to which no more come"
        case .queue: "its turn on a dispatch queue that it is on itself"
        }
      return """
        this step blocks its thread for ever: it waits for \(what)\
        \(obstacle == .queue ? "" : ", and none of them can run while it waits")
        """ + trace(own)
    case .resumedTwice:
      return "Fatal error: an unsafe continuation was resumed more than once"
    case .signal(let number, let address):
      if let message { return message.text }
      let reason = stop.frames.first.flatMap {
        Symbolicator.shared.trapReason(at: CodeAddress(instruction: $0, isStart: false))
      }
      if let reason { return "Fatal error: \(reason)" }
      return words(ofSignal: number, address: address)
    }
  }

  private static func words(ofSignal number: Int32, address: UInt) -> String {
    switch number {
    case SIGSEGV, SIGBUS:
      // Other addresses are not the same in the next process.
      address < 65536
        ? "memory was accessed at address \(address), where there is none (a null pointer?)"
        : "memory was accessed that is not there, or not to be accessed in this way"
    case SIGILL, SIGTRAP: "a check failed that says nothing in this build: the code trapped"
    case SIGFPE: "arithmetic that has no result, such as a division by zero"
    case SIGABRT: "the code called `abort`"
    case SIGPIPE: "the code wrote to a pipe or a socket that nobody reads: signal SIGPIPE"
    default: "the code sent itself signal \(number), which would have ended the process"
    }
  }

  /// The calls that led to where a step stands still.
  private static func trace(_ own: [CodePlace]) -> String {
    guard !own.isEmpty else { return "" }
    return ":"
      + own.prefix(8).map { code in
        "\n* \(code.function)" + (code.place.map { " (\($0))" } ?? "")
      }.joined()
  }
}

extension StepStop {
  /// It waited while anybody else could go on, and then nobody could.
  ///
  /// That is not known of a lock, which code that cannot be interrupted may ask for.
  fileprivate var isForEver: Bool {
    switch cause {
    case .blocked(let obstacle): obstacle != .lock
    default: false
    }
  }

  var isHang: Bool {
    switch cause {
    case .hang, .blocked: true
    case .signal, .stackOverflow, .exit, .resumedTwice: false
    }
  }
}

extension FuzzFailure.SourceLocation {
  /// A place that is known from the binary alone, which has no names of modules.
  ///
  /// - Parameter fileID: The runtime's name for the file, if it gave one.
  init(_ place: Interleaving.Place, fileID: String?) {
    let parts = place.file.split(separator: "/")
    let known = fileID.flatMap { $0.split(separator: "/").last == parts.last ? $0 : nil }
    self.init(
      fileID: known ?? parts.suffix(2).joined(separator: "/"), filePath: place.file,
      line: place.line, column: 1)
  }
}
