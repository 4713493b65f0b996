import InterleaveEngine

/// States what must hold on an actor at every suspension.
///
/// The condition is checked after every step that runs on the actor: whenever a
/// method of it suspends or returns. Other tasks may see the actor at each of
/// these moments, so its invariant must hold at all of them.
///
/// The actor is not kept alive: when nobody else holds it any more, its `deinit` runs, and nothing is
/// checked after that.
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
  currentRun("always", location)?.add(
    always: LiveRun.Invariant(
      executor: Takeover.identity(of: actor.unownedExecutor), location: location, message: message,
      // Held weakly: its `deinit` is the program's.
      holds: { [weak actor] in try actor.map { try unisolated(holds)($0) } ?? true }))
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
  currentRun("eventually", location)?.add(
    eventually: LiveRun.Invariant(
      executor: Takeover.identity(of: actor.unownedExecutor), location: location, message: message,
      holds: { try unisolated(holds)(actor) }))
}

private func currentRun(_ name: String, _ location: FuzzFailure.SourceLocation) -> LiveRun? {
  if let run = LiveRun.current { return run }
  Host.current.report(
    "`\(name)` checks runs of a fuzzed body: call it inside `fuzz { ... }` or a `.fuzzed` test",
    at: location)
  return nil
}

/// The condition, to be asked while no step is running: nobody else is on the actor then, so it may
/// be called as if from there, as `assumeIsolated` does.
private func unisolated<Subject: Actor>(
  _ holds: @escaping @Sendable (isolated Subject) throws -> Bool
) -> (Subject) throws -> Bool {
  unsafeBitCast(holds, to: ((Subject) throws -> Bool).self)
}
