/// Stands in for what must be opened and closed: a connection, a transaction, a lock file.
///
/// Each opened one must be closed exactly once, on every path. Closing one twice and using one
/// that is closed are issues at once; one that is still open when a fuzzed run has come to its end
/// is a failure of that run, of whatever was cancelled or thrown on the way. In an ordinary test,
/// say `expectAllClosed()` in the end.
///
/// ```swift
/// let connections = StubResource("connection", latency: .zero ... .seconds(1))
/// let connection = try await connections.open()
/// …
/// await connections.close(connection)
/// ```
///
/// ``with(fileID:filePath:line:column:_:)`` is for code under test that is given such a function.
public final class StubResource: Sendable {
  /// One that was opened.
  public struct Handle: Sendable, Hashable, CustomStringConvertible {
    /// Its place among those that were opened, from 1.
    public let number: Int
    let name: String

    public var description: String { "\(name) #\(number)" }
  }

  /// What messages call it.
  public let name: String
  private let latency: ClosedRange<Duration>
  private let faults: [any Error]
  let monitor = Monitor(ResourceLedger())

  /// Makes a resource of which nothing is open.
  ///
  /// - Parameters:
  ///   - name: What messages and reports call it.
  ///   - latency: How long opening and closing take in a fuzzed run; not negative.
  ///   - faults: Errors that opening may throw in a fuzzed run.
  public init(
    _ name: String, latency: ClosedRange<Duration> = .zero ... .zero, faults: [any Error] = []
  ) {
    precondition(
      latency.lowerBound >= .zero, "`latency` must not be negative (was \(latency.lowerBound))")
    self.name = name
    self.latency = latency
    self.faults = faults
  }

  /// How many are open now.
  public var openCount: Int { monitor.withState { $0.open.count } }

  /// Opens one.
  ///
  /// - Returns: What closes it.
  /// - Throws: `CancellationError` if the task is cancelled before it is open, or one of the
  ///   faults; then there is nothing to close.
  public func open(
    fileID: String = #fileID, filePath: String = #filePath, line: Int = #line,
    column: Int = #column
  ) async throws -> Handle {
    let source = LiveRun.current?.doubles.source
    let fault = source?.fault(among: faults.count)
    try await pause(source)
    try Task.checkCancellation()
    if let fault { throw faults[fault] }
    watchTheEnd()
    let number = monitor.withState { $0.open(at: CallSite(fileID, filePath, line, column)) }
    let handle = Handle(number: number, name: name)
    LiveRun.current?.note("\(handle) opened")
    return handle
  }

  /// Closes one; a task that is cancelled closes it all the same.
  public func close(
    _ handle: Handle, fileID: String = #fileID, filePath: String = #filePath, line: Int = #line,
    column: Int = #column
  ) async {
    let closing = monitor.withState { $0.close(handle.number) }
    LiveRun.current?.note("\(handle) closed")
    if closing == .closedBefore {
      record(
        "\(handle) must be closed once (was closed again)", listing,
        at: CallSite(fileID, filePath, line, column))
    }
    if closing == .unknown {
      record(
        "\(handle) must be open to be closed (is not one of `\(name)`)", listing,
        at: CallSite(fileID, filePath, line, column))
    }
    do { try await pause(LiveRun.current?.doubles.source) } catch {}
  }

  /// Opens one, and closes it when the body has returned or thrown.
  public func with<Result>(
    fileID: String = #fileID, filePath: String = #filePath, line: Int = #line,
    column: Int = #column,
    _ body: (Handle) async throws -> Result
  ) async throws -> Result {
    let handle = try await open(fileID: fileID, filePath: filePath, line: line, column: column)
    do {
      let result = try await body(handle)
      await close(handle, fileID: fileID, filePath: filePath, line: line, column: column)
      return result
    } catch {
      await close(handle, fileID: fileID, filePath: filePath, line: line, column: column)
      throw error
    }
  }

  private func pause(_ source: DoubleSource?) async throws {
    let latency = source?.latency(in: latency) ?? .zero
    if latency > .zero {
      try await Task.sleep(for: latency)
    } else {
      await schedulingPoint()
    }
  }

  // MARK: Expectations

  /// Expects that one is open: that it is used before it is closed.
  public func expectOpen(
    _ handle: Handle, fileID: String = #fileID, filePath: String = #filePath, line: Int = #line,
    column: Int = #column
  ) {
    guard monitor.withState({ !$0.isOpen(handle.number) }) else { return }
    record(
      "\(handle) must be open when it is used (was closed)", listing,
      at: CallSite(fileID, filePath, line, column))
  }

  /// Expects that each one that was opened is closed.
  public func expectAllClosed(
    fileID: String = #fileID, filePath: String = #filePath, line: Int = #line,
    column: Int = #column
  ) {
    if let complaint { record(complaint, listing, at: CallSite(fileID, filePath, line, column)) }
  }

  /// What is wrong at the end; nil if nothing is open.
  private var complaint: String? {
    let open = monitor.withState { $0.open }.map { "#\($0.number)" }
    guard !open.isEmpty else { return nil }
    let verb = open.count == 1 ? "was" : "were"
    return "each \(name) must be closed once (\(open.joined(separator: ", ")) \(verb) not closed)"
  }

  private var listing: [String] { monitor.withState { $0 }.lines }

  /// Has the run look, when it is over, whether something was left open.
  private func watchTheEnd() {
    guard let run = LiveRun.current, monitor.withState({ $0.beginWatching() }) else { return }
    run.doubles.checks.append { [self] in
      guard let complaint, let opening = monitor.withState({ $0.open.first }) else { return nil }
      let location = opening.location
      return RunFailure(
        kind: .expectation,
        message: ([complaint + ":"] + listing.map { "  \($0)" }).joined(separator: "\n"),
        location: location, place: "\(location.fileID):\(location.line):\(location.column)")
    }
  }
}

extension StubResource: CustomStringConvertible {
  public var description: String { "resource `\(name)`" }
}

/// What was opened and closed.
struct ResourceLedger: Sendable {
  struct Opening: Sendable {
    var number: Int
    /// The task that opened it.
    var task: String
    /// Where it was opened.
    var location: CallSite
    /// The tasks that closed it.
    var closers: [String] = []
  }

  /// What there was to close.
  enum Closing: Sendable {
    case open
    case closedBefore
    case unknown
  }

  private(set) var openings: [Opening] = []
  private var callers = CallerNames()
  private var isWatched = false

  var open: [Opening] { openings.filter(\.closers.isEmpty) }

  /// Notes that the run looks at what is left open.
  ///
  /// - Returns: It did not do so before.
  mutating func beginWatching() -> Bool {
    defer { isWatched = true }
    return !isWatched
  }

  /// Opens one.
  ///
  /// - Returns: Its number.
  mutating func open(at location: CallSite) -> Int {
    let number = openings.count + 1
    openings.append(Opening(number: number, task: callers.current(), location: location))
    return number
  }

  mutating func close(_ number: Int) -> Closing {
    guard openings.indices.contains(number - 1) else { return .unknown }
    openings[number - 1].closers.append(callers.current())
    return openings[number - 1].closers.count == 1 ? .open : .closedBefore
  }

  func isOpen(_ number: Int) -> Bool {
    openings.indices.contains(number - 1) && openings[number - 1].closers.isEmpty
  }

  /// What happened to each, for people.
  var lines: [String] {
    openings.map { opening in
      let closed =
        opening.closers.isEmpty
        ? "not closed" : "closed by \(opening.closers.joined(separator: " and "))"
      return "#\(opening.number) opened by \(opening.task) at \(opening.location), \(closed)"
    }
  }
}
