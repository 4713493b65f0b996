/// What a task does outside of all actors between two calls of them.
///
/// Without it, a task that leaves one actor for another goes there at once, and
/// nobody who comes later can overtake it.
func think() {
  // A call that the compiler must not leave out needs the task to be back.
  _ = withUnsafeCurrentTask { $0?.isCancelled }
}

/// A value on an actor of its own: each access is a step, and atomic by itself.
///
/// After each access the caller is back outside, as after any call in whose result
/// something is computed.
actor Cell<Value: Sendable> {
  private var value: Value

  init(_ value: Value) {
    self.value = value
  }

  private func read() -> Value { value }
  private func write(_ value: Value) { self.value = value }
  private func modify<Result: Sendable>(_ body: @Sendable (inout Value) -> Result) -> Result {
    body(&value)
  }

  nonisolated func get() async -> Value {
    let value = await read()
    think()
    return value
  }

  nonisolated func set(_ value: Value) async {
    await write(value)
    think()
  }

  /// Works on the value in one step.
  nonisolated func update<Result: Sendable>(
    _ body: @escaping @Sendable (inout Value) -> Result
  ) async -> Result {
    let result = await modify(body)
    think()
    return result
  }
}

extension Cell where Value: Equatable {
  /// Sets the value if it is the expected one, in one step.
  nonisolated func exchange(_ expected: Value, for new: Value) async -> Bool {
    await update { (value: inout Value) -> Bool in
      guard value == expected else { return false }
      value = new
      return true
    }
  }
}

/// A lock that is waited for without blocking a thread, first come first served.
actor AsyncLock {
  private var isHeld = false
  private var waiters: [CheckedContinuation<Void, Never>] = []

  func lock() async {
    guard isHeld else {
      isHeld = true
      return
    }
    await withCheckedContinuation { waiters.append($0) }
  }

  func unlock() {
    if waiters.isEmpty {
      isHeld = false
    } else {
      waiters.removeFirst().resume()
    }
  }
}

/// Something that takes a step and does nothing else.
actor Work {
  private(set) var count = 0
  func step() { count += 1 }
}
