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

extension FuzzOutcome {
  /// Something that its author should know.
  mutating func warn(_ warning: String) {
    switch self {
    case .passed(var report):
      report.warnings.append(warning)
      self = .passed(report)
    case .failed(let failure, var report):
      report.warnings.append(warning)
      self = .failed(failure, report)
    }
  }

  /// It was one order that was run, and no search.
  mutating func markAsOneOrder() {
    guard case .failed(var failure, let report) = self else { return }
    failure.isOneOrder = true
    self = .failed(failure, report)
  }
}
