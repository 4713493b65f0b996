import CInterleave

#if canImport(Darwin)
  import Darwin
#elseif canImport(Glibc)
  import Glibc
#endif

/// A stretch of work that Ctrl-C and SIGTERM end early, and not the process.
///
/// That holds for the first of them in a process. Any signal after it ends the process, as it
/// would without us; and where it was a SIGTERM, the process ends by it once the work is over.
package struct Interrupts {
  /// Somebody at a terminal can end the work.
  package let canBeEnded: Bool
  private let before: Int32

  /// Begins the stretch; to be followed by ``end()``.
  package init() {
    before = il_interrupt()
    canBeEnded = il_interrupts_begin()
  }

  /// The work is to come to its end.
  package var haveCome: Bool { before == 0 && il_interrupt() != 0 }

  /// The process is to come to its end.
  package var endTheProcess: Bool { haveCome && il_interrupt() == SIGTERM }

  /// Ends the stretch.
  package func end() { il_interrupts_end() }
}
