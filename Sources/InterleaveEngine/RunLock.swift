import Synchronization

/// Lets one run at a time go on in this process.
///
/// Two fuzzed tests may share a global actor or any other state that is safe as
/// long as its executor is serial. Their runs take turns, so it stays safe.
enum RunLock {
  private static let turn = Mutex<Void>(())

  /// Waits for its turn, then runs the body.
  static func withTurn<Result>(_ body: () -> Result) -> Result {
    turn.withLock { _ in body() }
  }
}
