#if canImport(Darwin)
  import Darwin
#elseif canImport(Glibc)
  import Glibc
#endif

/// Where runs are stopped for a debugger.
enum StepToStopAt: Sendable, Hashable {
  /// Before one step, by its number in the report.
  case step(Int)
  /// Before each step.
  case each

  /// Reads it as a setting gives it.
  init?(setting text: String) {
    if text == "each" {
      self = .each
    } else {
      guard let number = Int(text), number > 0 else { return nil }
      self = .step(number)
    }
  }

  /// Raises SIGTRAP before a step at which to stop; a debugger goes on from there.
  ///
  /// Where there is none, that ends the process: it is no crash, of which handlers would tell, and
  /// after which they may leave the process without any.
  func stop(before step: Int) {
    switch self {
    case .step(step), .each:
      signal(SIGTRAP, SIG_DFL)
      raise(SIGTRAP)
    case .step: break
    }
  }
}
