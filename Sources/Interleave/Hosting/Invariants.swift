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
  let executor = Takeover.identity(of: actor.unownedExecutor)
  LiveRun.current?.watch(actor, on: executor)
  // Held weakly: its `deinit` is the program's.
  checkAlways(message, location, on: executor) { [weak actor] in
    try actor.map { try Unguarded(holds, on: $0.unownedExecutor).call($0) } ?? true
  }
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
  checkFinally(message, location) {
    try Unguarded(holds, on: actor.unownedExecutor).call(actor)
  }
}

/// States what must hold on an object of the main actor at every suspension.
///
/// ```swift
/// @Test @MainActor func neverNegative() async throws {
///   try await fuzz {
///     let cart = CartModel()
///     always(cart) { $0.count >= 0 }
///     …
///   }
/// }
/// ```
///
/// The object is not kept alive. For one that belongs to another global actor, say to which:
/// `always(store) { @StoreActor in $0.count >= 0 }`; for one that belongs to none, as a class with a
/// lock, use `always("…") { … }`. If the compiler cannot tell in time which of these is meant, name the
/// type: `always(cart) { (cart: CartModel) in … }`.
///
/// - Parameters:
///   - object: The object to watch, for example a view model.
///   - message: What to say when it does not hold.
///   - holds: The condition. It must change nothing; if it throws, it does not hold.
public func always<Subject: AnyObject & Sendable>(
  _ object: Subject, _ message: String? = nil, fileID: String = #fileID,
  filePath: String = #filePath, line: Int = #line, column: Int = #column,
  _ holds: @escaping @MainActor @Sendable (Subject) throws -> Bool
) {
  let location = FuzzFailure.SourceLocation(
    fileID: fileID, filePath: filePath, line: line, column: column)
  let main = MainActor.sharedUnownedExecutor
  LiveRun.current?.watch(object, on: Takeover.identity(of: main))
  checkAlways(message, location, on: Takeover.identity(of: main), isCheckedEverywhere: true) {
    [weak object] in try object.map { try Unguarded(holds, on: main).call($0) } ?? true
  }
}

/// States what must hold on an object of a global actor, which the condition names.
///
/// ```swift
/// always(store) { @StoreActor in $0.count >= 0 }
/// ```
///
/// It is checked after every step on that actor; after every step of all, where the condition names
/// none. The object is not kept alive.
public func always<Subject: Sendable>(
  _ object: Subject, _ message: String? = nil, fileID: String = #fileID,
  filePath: String = #filePath, line: Int = #line, column: Int = #column,
  _ holds: @escaping @isolated(any) @Sendable (Subject) throws -> Bool
) {
  let location = FuzzFailure.SourceLocation(
    fileID: fileID, filePath: filePath, line: line, column: column)
  let subject = Held(object)
  let executor = holds.isolation?.unownedExecutor
  let identity = executor.map(Takeover.identity(of:))
  if let identity, Subject.self is AnyObject.Type {
    LiveRun.current?.watch(object as AnyObject, on: identity)
  }
  checkAlways(message, location, on: identity) {
    try subject.value.map { try Unguarded(holds, on: executor).call($0) } ?? true
  }
}

/// States what must hold at every moment: anything that can be read synchronously.
///
/// ```swift
/// always("the two counters agree") { counters.hits == counters.misses }
/// ```
///
/// In a body of an actor, as the main one, the condition belongs to that actor and is checked after every
/// step on it. Elsewhere it is checked after every step of all, and keeps what it reads alive; of such a
/// campaign nothing is proved, since it sees what steps share.
///
/// - Parameters:
///   - message: What to say when it does not hold.
///   - holds: The condition. It must change nothing; if it throws, it does not hold.
public func always(
  _ message: String, fileID: String = #fileID, filePath: String = #filePath, line: Int = #line,
  column: Int = #column,
  @_inheritActorContext _ holds: @escaping @isolated(any) @Sendable () throws -> Bool
) {
  let location = FuzzFailure.SourceLocation(
    fileID: fileID, filePath: filePath, line: line, column: column)
  let executor = holds.isolation?.unownedExecutor
  checkAlways(message, location, on: executor.map(Takeover.identity(of:))) {
    try Unguarded(holds, on: executor).call()
  }
}

/// States what must hold on an object of the main actor when a run is over.
///
/// - Parameters:
///   - object: The object to look at, after all tasks have ended.
///   - message: What to say when it does not hold.
///   - holds: The condition. It must change nothing; if it throws, it does not hold.
public func eventually<Subject: AnyObject & Sendable>(
  _ object: Subject, _ message: String? = nil, fileID: String = #fileID,
  filePath: String = #filePath, line: Int = #line, column: Int = #column,
  _ holds: @escaping @MainActor @Sendable (Subject) throws -> Bool
) {
  let location = FuzzFailure.SourceLocation(
    fileID: fileID, filePath: filePath, line: line, column: column)
  checkFinally(message, location) {
    try Unguarded(holds, on: MainActor.sharedUnownedExecutor).call(object)
  }
}

/// States what must hold on an object of a global actor when a run is over.
///
/// ```swift
/// eventually(store) { @StoreActor in $0.isClosed }
/// ```
public func eventually<Subject: Sendable>(
  _ object: Subject, _ message: String? = nil, fileID: String = #fileID,
  filePath: String = #filePath, line: Int = #line, column: Int = #column,
  _ holds: @escaping @isolated(any) @Sendable (Subject) throws -> Bool
) {
  let location = FuzzFailure.SourceLocation(
    fileID: fileID, filePath: filePath, line: line, column: column)
  checkFinally(message, location) {
    try Unguarded(holds, on: holds.isolation?.unownedExecutor).call(object)
  }
}

/// States what must hold when a run is over: anything that can be read synchronously.
///
/// - Parameters:
///   - message: What to say when it does not hold.
///   - holds: The condition. It must change nothing; if it throws, it does not hold.
public func eventually(
  _ message: String, fileID: String = #fileID, filePath: String = #filePath, line: Int = #line,
  column: Int = #column,
  @_inheritActorContext _ holds: @escaping @isolated(any) @Sendable () throws -> Bool
) {
  let location = FuzzFailure.SourceLocation(
    fileID: fileID, filePath: filePath, line: line, column: column)
  checkFinally(message, location) {
    try Unguarded(holds, on: holds.isolation?.unownedExecutor).call()
  }
}

/// Adds what is checked after every step on an executor; where there is none, after every step of all.
private func checkAlways(
  _ message: String?, _ location: FuzzFailure.SourceLocation, on executor: UInt?,
  isCheckedEverywhere: Bool = false, _ holds: @escaping () throws -> Bool
) {
  currentRun("always", location)?.add(
    always: LiveRun.Invariant(
      executor: executor, isCheckedEverywhere: isCheckedEverywhere, location: location,
      message: message, holds: holds))
}

/// Adds what is checked when the run is over.
private func checkFinally(
  _ message: String?, _ location: FuzzFailure.SourceLocation,
  _ holds: @escaping () throws -> Bool
) {
  currentRun("eventually", location)?.add(
    eventually: LiveRun.Invariant(
      executor: nil, location: location, message: message, holds: holds))
}

private func currentRun(_ name: String, _ location: FuzzFailure.SourceLocation) -> LiveRun? {
  if let run = LiveRun.current { return run }
  Host.current.report(
    "`\(name)` checks runs of a fuzzed body: call it inside `fuzz { ... }` or a `.fuzzed` test",
    at: location)
  return nil
}

/// A value that is not kept alive where it is an object.
private struct Held<Value> {
  private let kept: Value?
  private weak let object: AnyObject?

  init(_ value: Value) {
    let isObject = Value.self is AnyObject.Type
    kept = isObject ? nil : value
    object = isObject ? value as AnyObject : nil
  }

  var value: Value? { kept ?? object as? Value }
}

/// A condition, to be asked while no step is running: nobody else is on its actor then, so it may be
/// called as if from there, as `assumeIsolated` does.
private struct Unguarded<Condition> {
  private let condition: Condition
  private let executor: UnownedSerialExecutor?

  /// - Parameter executor: Where it is isolated to; nil if it is so to nothing.
  init(_ condition: Condition, on executor: UnownedSerialExecutor?) {
    self.condition = condition
    self.executor = executor
  }

  func call<Subject>(_ subject: Subject) throws -> Bool {
    let condition = unsafeBitCast(condition, to: ((Subject) throws -> Bool).self)
    return try onExecutor { try condition(subject) }
  }

  func call() throws -> Bool {
    try onExecutor(unsafeBitCast(condition, to: (() throws -> Bool).self))
  }

  private func onExecutor(_ condition: () throws -> Bool) throws -> Bool {
    guard let executor else { return try condition() }
    return try Takeover.call(asIfOn: executor, condition)
  }
}
