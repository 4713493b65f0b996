import InterleaveEngine

/// Lets the tasks that a closure makes be alive when a fuzzed body has ended, and what those
/// make in their turn.
///
/// For tasks that are meant to go on: a heartbeat, an observer, a pool of workers. All others
/// are still checked. Once nothing but such tasks is left, the run is over. Outside of fuzzed
/// bodies it just calls the closure.
///
/// ```swift
/// try await fuzz {
///   let monitor = Monitor()
///   await allowingLeaks { await monitor.startHeartbeat() }
///   …
/// }
/// ```
///
/// - Parameter body: What makes the tasks.
/// - Returns: What the closure returns.
/// - Throws: What the closure throws.
public func allowingLeaks<Result>(
  isolation: isolated (any Actor)? = #isolation, _ body: () async throws -> Result
) async rethrows -> Result {
  let before = Machine.current?.allowLeaks(true) ?? false
  defer { _ = Machine.current?.allowLeaks(before) }
  return try await body()
}

/// The same for a closure that does not wait.
///
/// - Parameter body: What makes the tasks.
/// - Returns: What the closure returns.
/// - Throws: What the closure throws.
public func allowingLeaks<Result>(_ body: () throws -> Result) rethrows -> Result {
  let before = Machine.current?.allowLeaks(true) ?? false
  defer { _ = Machine.current?.allowLeaks(before) }
  return try body()
}
