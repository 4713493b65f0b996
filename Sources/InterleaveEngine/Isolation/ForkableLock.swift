import CInterleave

/// A lock that a forked process can give back although another process took it.
///
/// The library's `Mutex` knows the thread that holds it by its number in the system, which
/// is another one in a forked process.
package final class ForkableLock: @unchecked Sendable {
  private let lock = il_lock_create()

  package init() {}

  /// Waits until nobody else has the lock, then runs the body.
  package func withLock<Result, Failure: Error>(
    _ body: () throws(Failure) -> Result
  ) throws(Failure) -> Result {
    il_lock_take(lock)
    defer { il_lock_give(lock) }
    return try body()
  }
}
