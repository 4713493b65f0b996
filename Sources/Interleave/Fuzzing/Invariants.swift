import InterleaveEngine

/// States what must hold on an actor at every suspension.
///
/// The condition is checked after every step that runs on the actor: whenever a
/// method of it suspends or returns. Other tasks may see the actor at each of
/// these moments, so its invariant must hold at all of them.
///
/// ```swift
/// try await fuzz {
///   let bank = Bank(balance: 100)
///   always(bank) { $0.balance >= 0 }
///   async let a = bank.withdraw(80)
///   async let b = bank.withdraw(80)
///   _ = await (a, b)
/// }
/// ```
///
/// - Parameters:
///   - actor: The actor to watch.
///   - message: What to say when it does not hold.
///   - holds: The condition. It must change nothing; if it throws, it does not
///     hold.
public func always<Subject: Actor>(
  _ actor: Subject, _ message: String? = nil, fileID: String = #fileID,
  filePath: String = #filePath, line: Int = #line, column: Int = #column,
  _ holds: @escaping @Sendable (isolated Subject) throws -> Bool
) {
  let location = FuzzFailure.SourceLocation(
    fileID: fileID, filePath: filePath, line: line, column: column)
  currentRun("always", location)?.add(always: invariant(actor, message, location, holds))
}

/// States what must hold on an actor when a run is over.
///
/// - Parameters:
///   - actor: The actor to look at, after all tasks have ended.
///   - message: What to say when it does not hold.
///   - holds: The condition. It must change nothing; if it throws, it does not
///     hold.
public func eventually<Subject: Actor>(
  _ actor: Subject, _ message: String? = nil, fileID: String = #fileID,
  filePath: String = #filePath, line: Int = #line, column: Int = #column,
  _ holds: @escaping @Sendable (isolated Subject) throws -> Bool
) {
  let location = FuzzFailure.SourceLocation(
    fileID: fileID, filePath: filePath, line: line, column: column)
  currentRun("eventually", location)?.add(eventually: invariant(actor, message, location, holds))
}

private func currentRun(_ name: String, _ location: FuzzFailure.SourceLocation) -> Run? {
  if let run = Run.current { return run }
  Host.current.report(
    "`\(name)` checks runs of a fuzzed body: call it inside `fuzz { ... }` or a `.fuzzed` test",
    at: location)
  return nil
}

private func invariant<Subject: Actor>(
  _ actor: Subject, _ message: String?, _ location: FuzzFailure.SourceLocation,
  _ holds: @escaping @Sendable (isolated Subject) throws -> Bool
) -> Run.Invariant {
  // No step is running when the condition is asked, so nobody else is on the
  // actor: it may be called as if from there, as `assumeIsolated` does.
  typealias Unisolated = (Subject) throws -> Bool
  let unisolated = unsafeBitCast(holds, to: Unisolated.self)
  return Run.Invariant(
    executor: Takeover.identity(of: actor.unownedExecutor), location: location, message: message,
    holds: { try unisolated(actor) })
}
