import Synchronization

/// What the cases of a parameterised test have come to, of what is only worth telling of all.
///
/// A case may well interleave nothing, as that of no clients at all; only where none does has the
/// test proved nothing, and that is told once.
final class FuzzedCases: Sendable {
  /// The cases of the test that goes on.
  @TaskLocal static var current: FuzzedCases?

  private struct State {
    var hasInterleaved = false
    var failure: (FuzzFailure, isInherited: Bool)?
    var warning: FuzzReport?
  }

  private let state = Mutex(State())

  /// Takes from what a case has come to what is told once, at the end.
  ///
  /// - Returns: The failure of the case is told then.
  func take(_ outcome: inout FuzzOutcome, isInherited: Bool) -> Bool {
    if let failure = outcome.failure, failure.kind == .nothingInterleaved {
      state.withLock { $0.failure = $0.failure ?? (failure, isInherited) }
      return true
    }
    guard case .passed(var report) = outcome,
      let index = report.warnings.firstIndex(where: { $0.hasPrefix(PassedRuns.nothing) })
    else {
      state.withLock { $0.hasInterleaved = true }
      return false
    }
    let warning = report.warnings.remove(at: index)
    outcome = .passed(report)
    state.withLock { state in
      if state.warning == nil { state.warning = FuzzReport(warnings: [warning]) }
    }
    return false
  }

  /// That no case has interleaved anything, as a failure.
  var failure: (FuzzFailure, isInherited: Bool)? {
    state.withLock { $0.hasInterleaved ? nil : $0.failure }
  }

  /// That no case has interleaved anything, where that is only worth a warning.
  var warning: FuzzReport? {
    state.withLock { $0.hasInterleaved || $0.failure != nil ? nil : $0.warning }
  }
}
