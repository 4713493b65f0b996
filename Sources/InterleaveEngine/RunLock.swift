import CInterleave

/// Lets one run at a time go on in this process.
///
/// Two fuzzed tests may share a global actor or any other state that is safe as
/// long as its executor is serial. Their runs take turns, so it stays safe. A turn
/// belongs to no thread: that of a run whose thread was stopped is given on by
/// whoever buries it.
package enum RunLock {
  /// Waits for its turn, then runs the body.
  ///
  /// - Parameter body: Is told how long that took, in nanoseconds of real time.
  static func withTurn<Result>(_ body: (_ waited: Int64) -> Result) -> Result {
    let waited = il_turn_take()
    defer { il_turn_give() }
    return body(waited)
  }

  /// How many runs wait for their turn.
  package static var waiting: Int { Int(il_turn_waiters()) }
}
