/// What came of fuzzing a body.
public enum FuzzOutcome: Sendable {
  /// Nothing failed.
  case passed(FuzzReport)
  /// Something failed, and was made as small as it could be.
  case failed(FuzzFailure, FuzzReport)

  /// The failure, if there is one.
  public var failure: FuzzFailure? {
    if case .failed(let failure, _) = self { failure } else { nil }
  }

  /// What was run.
  public var report: FuzzReport {
    switch self {
    case .passed(let report), .failed(_, let report): report
    }
  }
}

extension FuzzOutcome: CustomStringConvertible {
  /// The report of the failure, or what was run.
  public var description: String {
    switch self {
    case .passed(let report): "passed: \(report)"
    case .failed(let failure, _): failure.description
    }
  }
}
