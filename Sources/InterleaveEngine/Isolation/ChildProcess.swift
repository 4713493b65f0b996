#if canImport(Darwin)
  import Darwin
#elseif canImport(Glibc)
  import Glibc
#endif

/// Runs code in a forked copy of this process.
///
/// The copy has one thread, which goes on with what this one was doing, and the memory as
/// it is now. It can start threads of its own; those of its parent, such as libdispatch's,
/// are not there.
package enum ChildProcess {
  /// How many children may find a lock taken by a thread that they do not have.
  private static let mostLockedOut = 50

  /// Runs a body in a child.
  ///
  /// - Parameters:
  ///   - isQuiet: Nothing that the child prints is shown.
  ///   - holding: Does something while nobody else in this process can, so that no lock that
  ///     the child needs is taken; it must call what it is passed.
  ///   - body: What the child does; its heartbeat is a file to which it must write an `h`
  ///     every few seconds as long as it lives.
  /// - Returns: What the body returned; nil where the child died or fell silent.
  package static func run(
    isQuiet: Bool, holding: (() -> Void) -> Void = { $0() },
    _ body: (_ heartbeat: Int32) -> [UInt8]
  ) -> [UInt8]? {
    for _ in 0..<mostLockedOut {
      let child = RunningChild(isQuiet: isQuiet, holding: holding) { parent in
        parent.send(body(parent.heartbeat))
      }
      guard let child else { return nil }
      var result: [UInt8]?
      while result == nil, !child.hasEnded {
        RunningChild.wait(for: [child], milliseconds: 1000)
        result = child.takeMessage()
      }
      let end = child.end(isKilled: result == nil)
      if result != nil || end != .lockedOut { return result }
    }
    return nil
  }
}
