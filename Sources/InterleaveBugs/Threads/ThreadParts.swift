import Foundation

/// Runs closures, each on a thread of its own, until all have ended.
package func onThreads(_ bodies: [@Sendable () -> Void]) {
  for thread in bodies.map(JoinableThread.init) { thread.join() }
}

package func onThreads(_ bodies: @Sendable () -> Void...) { onThreads(bodies) }

/// The same closure on some threads, which are told their numbers.
package func onThreads(_ count: Int, _ body: @escaping @Sendable (Int) -> Void) {
  onThreads((0..<count).map { number in { body(number) } })
}

/// A thread of the system's that can be waited for.
package final class JoinableThread {
  #if canImport(Darwin)
    private var thread: pthread_t?
  #else
    private var thread = pthread_t()
  #endif

  package init(_ body: @escaping @Sendable () -> Void) {
    pthread_create(&thread, nil, work, Unmanaged.passRetained(ThreadWork(body)).toOpaque())
  }

  package func join() {
    #if canImport(Darwin)
      if let thread { pthread_join(thread, nil) }
    #else
      pthread_join(thread, nil)
    #endif
  }
}

/// What a thread is to do.
private final class ThreadWork: Sendable {
  let body: @Sendable () -> Void
  init(_ body: @escaping @Sendable () -> Void) { self.body = body }
}

#if canImport(Darwin)
  private func work(_ work: UnsafeMutableRawPointer) -> UnsafeMutableRawPointer? {
    Unmanaged<ThreadWork>.fromOpaque(work).takeRetainedValue().body()
    return nil
  }
#else
  private func work(_ work: UnsafeMutableRawPointer?) -> UnsafeMutableRawPointer? {
    if let work { Unmanaged<ThreadWork>.fromOpaque(work).takeRetainedValue().body() }
    return nil
  }
#endif

/// A value behind a lock, with a condition that says that it has changed.
package final class ChangingValue<Value>: @unchecked Sendable {
  private let condition = NSCondition()
  private var value: Value

  package init(_ value: Value) {
    self.value = value
  }

  package func get() -> Value { change { $0 } }

  /// Does something with the value under the lock.
  package func change<Result>(_ body: (inout Value) -> Result) -> Result {
    condition.lock()
    defer { condition.unlock() }
    return body(&value)
  }

  /// The same, and lets all go on who wait.
  package func tell<Result>(_ body: (inout Value) -> Result) -> Result {
    condition.lock()
    defer { condition.unlock() }
    let result = body(&value)
    condition.broadcast()
    return result
  }

  /// Waits as long as something holds, and does something then.
  ///
  /// - Parameter looksAgain: Who was woken looks whether it holds; else once is enough.
  package func wait<Result>(
    while holds: (Value) -> Bool, looksAgain: Bool = true,
    then body: (inout Value) -> Result
  ) -> Result {
    condition.lock()
    defer { condition.unlock() }
    if looksAgain {
      while holds(value) { condition.wait() }
    } else if holds(value) {
      condition.wait()
    }
    let result = body(&value)
    condition.broadcast()
    return result
  }
}

/// A lock that is given in sections, by its own name.
package final class Section: @unchecked Sendable {
  private let lock = NSLock()
  package init() {}

  package func callAsFunction<Result>(_ body: () -> Result) -> Result {
    lock.lock()
    defer { lock.unlock() }
    return body()
  }
}
