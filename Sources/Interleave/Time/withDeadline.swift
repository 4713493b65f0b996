/// Gives code a time in which it must have ended.
///
/// If it has not, it is cancelled, waited for, and its result is dropped. In a run that Interleave
/// controls the time is virtual: code that hangs is late at once.
///
/// ```swift
/// let reply = try await withDeadline(.seconds(5)) { try await client.fetch() }
/// ```
///
/// What the code returned or threw counts if it ended first, on whatever moment. If the task that
/// calls is cancelled, so is the code, and what comes of it counts. Code that does not heed being
/// cancelled is still waited for, so that it never outlives the call; where it never ends, a
/// controlled run says so, and a native one hangs.
///
/// - Parameters:
///   - limit: How long it may take; zero or less is over at once.
///   - clock: The clock that measures it.
///   - body: The code. It runs in a child task.
/// - Returns: What the code returned in time.
/// - Throws: ``DeadlineExceeded`` if it had not ended in time; else what it threw.
public func withDeadline<Value: Sendable, Measure: Clock<Duration>>(
  _ limit: Duration, clock: Measure = ContinuousClock(), fileID: String = #fileID,
  filePath: String = #filePath, line: Int = #line, column: Int = #column,
  _ body: @escaping @Sendable () async throws -> Value
) async throws -> Value {
  let location = FuzzFailure.SourceLocation(
    fileID: fileID, filePath: filePath, line: line, column: column)
  let result = await withTaskGroup(of: DeadlineEvent<Value>.self) {
    group -> Result<Value, any Error> in
    group.addTask {
      do { return .ended(.success(try await body())) } catch { return .ended(.failure(error)) }
    }
    group.addTask {
      do {
        try await clock.sleep(for: limit)
        return .late
      } catch {
        return .stopped
      }
    }
    var isLate = false
    while let event = await group.next() {
      switch event {
      case .ended(let result):
        group.cancelAll()
        return isLate ? .failure(DeadlineExceeded(limit: limit, location: location)) : result
      case .late:
        isLate = true
        group.cancelAll()
      case .stopped:
        break
      }
    }
    preconditionFailure("a group that runs a body ends with its result")
  }
  return try result.get()
}

/// What happened first, and then next.
private enum DeadlineEvent<Value: Sendable>: Sendable {
  /// The code returned or threw.
  case ended(Result<Value, any Error>)
  /// The time was over.
  case late
  /// The time is not measured any more.
  case stopped
}

/// Code had not ended in the time that it was given.
public struct DeadlineExceeded: Error, Sendable, CustomStringConvertible {
  /// How long it was given.
  public let limit: Duration
  /// The call that gave it.
  public let location: FuzzFailure.SourceLocation

  public var description: String {
    "DeadlineExceeded: what `withDeadline` at \(location) runs had not ended after "
      .ascii + limit.spelledOut
  }
}

/// An error that knows the line of the test that it is about.
protocol LocatedError: Error {
  var location: FuzzFailure.SourceLocation { get }
}

extension DeadlineExceeded: LocatedError {}
