extension TypedStub {
  /// A call of a stub.
  public struct Call: Sendable {
    /// The arguments.
    public let input: (repeat each Input)
    /// What it returned or threw; nil while it goes on.
    public internal(set) var result: Result<Output, Failure>?
    /// The task that called, as reports name it: `task 0.1`.
    public internal(set) var task = ""
    /// The virtual time since the run began at which it began; nil natively.
    public let start: Duration?
    /// The virtual time since the run began at which it ended; nil natively, and while it goes on.
    public internal(set) var end: Duration?
    /// It threw one of the stub's faults.
    public internal(set) var isFault = false
    /// The places of its begin and end among those of all calls of the stub.
    var begin = 0
    var finish: Int?
  }

  /// What happened to a stub.
  struct Log: Sendable {
    var calls: [Call] = []
    /// How many begins and ends there were.
    var events = 0
    var callers = CallerNames()
    /// How many calls may still go on that wait to be released.
    var releases = 0
    /// Every call that waits to be released may go on.
    var isOpen = false

    mutating func takeRelease() -> Bool {
      if isOpen { return true }
      guard releases > 0 else { return false }
      releases -= 1
      return true
    }

    /// Adds a call that begins now.
    ///
    /// - Returns: The index of the call.
    mutating func append(_ call: Call) -> Int {
      var call = call
      call.task = callers.current()
      call.begin = nextEvent()
      calls.append(call)
      return calls.count - 1
    }

    mutating func nextEvent() -> Int {
      events += 1
      return events
    }
  }

  /// All calls so far, in the order in which they began.
  public var calls: [Call] { monitor.withState { $0.calls } }

  /// Notes that a call begins.
  ///
  /// - Returns: The index of the call.
  func begin(_ input: repeat each Input) -> Int {
    let call = Call(input: (repeat each input), start: runTime())
    return monitor.withState { $0.append(call) }
  }

  /// Notes that a call has ended.
  func end(_ index: Int, _ result: Result<Output, Failure>, isFault: Bool) {
    let now = runTime()
    let call = monitor.withState { log -> Call? in
      // A call of an earlier run may end when another has begun.
      guard log.calls.indices.contains(index) else { return nil }
      log.calls[index].result = result
      log.calls[index].end = now
      log.calls[index].isFault = isFault
      log.calls[index].finish = log.nextEvent()
      return log.calls[index]
    }
    if let call { LiveRun.current?.note(text(of: call)) }
  }

  // MARK: For people

  /// A call with its arguments: `fetch(1)`.
  private func invocation(_ input: repeat each Input) -> String {
    "\(name)(\(SwiftLiteral.describeEach(repeat each input).joined(separator: ", ")))"
  }

  /// A call with what came of it: `fetch(1) -> "a", after 30 ms`.
  func text(of call: Call) -> String {
    let outcome =
      switch call.result {
      case .success(let output):
        Output.self == Void.self ? "" : " -> \(SwiftLiteral.describe(output))"
      case .failure(let error):
        " threw \(SwiftLiteral.describe(error))\(call.isFault ? ", a fault" : "")"
      case nil: " has not ended"
      }
    return invocation(repeat each call.input) + outcome + (time(of: call) ?? "")
  }

  private func time(of call: Call) -> String? {
    guard let start = call.start, let end = call.end, end > start else { return nil }
    return ", after \((end - start).spelledOut)"
  }

  /// The calls, a line for each.
  var listing: [String] {
    calls.enumerated().map { number, call in
      let start = call.start.flatMap { $0 > .zero ? " at \($0.spelledOut)" : nil } ?? ""
      return "\(number + 1). \(text(of: call)) (\(call.task)\(start))"
    }
  }
}
