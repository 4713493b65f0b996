/// A stub that may throw any error.
///
/// See ``TypedStub`` for what it does.
public typealias Stub<each Input: Sendable, Output: Sendable> =
  TypedStub<repeat each Input, Output, any Error>

/// A stub that does not throw.
///
/// See ``TypedStub`` for what it does.
public typealias NonthrowingStub<each Input: Sendable, Output: Sendable> =
  TypedStub<repeat each Input, Output, Never>

/// Stands in for an async function: answers as it is told, and records its calls.
///
/// Use it as a closure, or behind the methods of a double that you write:
///
/// ```swift
/// struct ServerDouble: Server {
///   let fetch = Stub<Int, String>("fetch", .computes { id in "user \(id)" })
///   let count = NonthrowingStub<Int>("count", .returns(3))
///
///   func user(_ id: Int) async throws -> String { try await fetch(id) }
///   var userCount: Int { get async { await count() } }
/// }
/// ```
///
/// In a fuzzed run each call is a scheduling point: anything else may go on before the answer
/// comes. A stub with a `latency` takes a time of that range, in virtual time, and one with
/// `faults` now and then throws one of them instead of its answer. Both are drawn by the run: they
/// are replayed with a failure, kept in the corpus, and shrunk to the shortest latency and the
/// fewest faults. In an ordinary test a call only yields: latency is zero and there are no
/// faults.
///
/// After the calls, say what must have happened: `expectAwaitedOnce()`,
/// `expectAwaited(inOrder:)`, `expectOverlap(atMost:)` and so
/// on. Each records an issue that lists the calls. A stub that is made outside of a fuzzed body
/// begins anew with each run.
public final class TypedStub<each Input: Sendable, Output: Sendable, Failure: Error>: Sendable {
  /// What a call does.
  public typealias Answer = StubAnswer<repeat each Input, Output, Failure>

  /// What messages call it.
  public let name: String
  private let answer: Answer
  private let latency: ClosedRange<Duration>
  private let faults: [Failure]
  private let madeAt: CallSite
  let monitor: Monitor<Log>

  /// Makes a stub.
  ///
  /// - Parameters:
  ///   - name: What messages and reports call it.
  ///   - answer: What it does with a call.
  ///   - latency: How long a call takes in a fuzzed run, in virtual time; not negative.
  ///   - faults: Errors that a call in a fuzzed run may throw instead, before it does anything
  ///     else.
  public init(
    _ name: String, _ answer: Answer, latency: ClosedRange<Duration> = .zero ... .zero,
    faults: [Failure] = [], fileID: String = #fileID, filePath: String = #filePath,
    line: Int = #line,
    column: Int = #column
  ) {
    precondition(
      latency.lowerBound >= .zero, "`latency` must not be negative (was \(latency.lowerBound))")
    self.name = name
    self.answer = answer
    self.latency = latency
    self.faults = faults
    madeAt = CallSite(fileID, filePath, line, column)
    monitor = Monitor(Log())
  }

  /// Calls the stub.
  ///
  /// - Throws: What it is told to throw, one of its faults, or `CancellationError` where a call
  ///   that waits is cancelled.
  public func callAsFunction(_ input: repeat each Input) async throws(Failure) -> Output {
    let source = LiveRun.current?.doubles.source
    let fault = source?.fault(among: faults.count).map { faults[$0] }
    let latency = source?.latency(in: latency) ?? .zero
    let index = begin(repeat each input)
    do throws(Failure) {
      try await pause(for: latency)
      if let fault { throw fault }
      let output = try await perform(chosen(for: index), repeat each input)
      end(index, .success(output), isFault: false)
      return output
    } catch {
      end(index, .failure(error), isFault: fault != nil)
      throw error
    }
  }

  /// Lets calls go on that wait to be released, those that came first before others.
  ///
  /// - Parameter count: How many; where fewer wait, later calls are released at once.
  public func release(_ count: Int = 1) {
    monitor.withState { $0.releases += count }
  }

  /// Lets all calls go on that wait to be released, and all later ones.
  public func releaseAll() {
    monitor.withState { $0.isOpen = true }
  }

  /// Waits until a number of calls have begun: what is in flight then can be relied on.
  ///
  /// - Parameter count: How many, in all; at least 1.
  /// - Throws: `CancellationError` if the task is cancelled meanwhile.
  public func waitForCalls(_ count: Int = 1) async throws {
    guard await monitor.wait(until: { $0.calls.count >= count }) else {
      throw CancellationError()
    }
  }

  // MARK: What happens in a call

  /// The time before the answer: always a scheduling point.
  private func pause(for latency: Duration) async throws(Failure) {
    guard latency > .zero else { return await schedulingPoint() }
    do {
      try await Task.sleep(for: latency)
    } catch {
      if let cancellation = Self.cancellation { throw cancellation }
    }
  }

  /// The answer to a call.
  private func chosen(for index: Int) -> Answer {
    guard answer.kind == .inTurn else { return answer }
    if index >= answer.parts.count {
      let number = "\(answer.parts.count) answer\(answer.parts.count == 1 ? "" : "s")"
      record("`\(name)` has \(number), but was called once more", listing, at: madeAt)
    }
    return answer.parts[min(index, answer.parts.count - 1)]
  }

  private func perform(
    _ answer: Answer, _ input: repeat each Input
  ) async throws(Failure) -> Output {
    if let result = answer.result { return try result.get() }
    if let body = answer.body { return try await body(repeat each input) }
    if answer.kind == .released, let next = answer.parts.first {
      try await wait { $0.takeRelease() }
      return try await perform(next, repeat each input)
    }
    while true { try await wait { _ in false } }
  }

  /// Waits until something holds of the calls.
  ///
  /// - Throws: `CancellationError` if the task is cancelled, where the stub may throw that.
  private func wait(
    until attempt: @escaping @Sendable (inout Log) -> Bool
  ) async throws(Failure) {
    let heedsCancellation = Self.cancellation != nil
    let isMet = await monitor.wait(heedsCancellation: heedsCancellation, until: attempt)
    if !isMet, let cancellation = Self.cancellation { throw cancellation }
  }

  /// What a cancelled call throws; nil where the stub must not throw that.
  private static var cancellation: Failure? { CancellationError() as? Failure }
}

extension TypedStub: CustomStringConvertible {
  public var description: String { "stub `\(name)`" }
}

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
