extension FuzzConfiguration {
  /// What may end a campaign before all of its schedules were tried.
  public enum StopRule: Sendable, Hashable {
    /// One more schedule is unlikely to show anything new.
    ///
    /// The campaign ends once ``FuzzReport/ResidualRisk/upperBound`` is below the limit, which
    /// is above 0 and at most 1. Even where nothing new comes up that takes some schedules,
    /// about 2.7 divided by the limit: 271 for `0.01`. With generated inputs it takes 16 times
    /// as many, since 16 schedules share an input.
    case risk(below: Double)
  }
}

extension FuzzConfiguration.StopRule {
  /// Reads a rule as a setting gives it, for example `risk<0.01`.
  init?(setting text: String) {
    guard text.hasPrefix("risk<"), let limit = Double(text.dropFirst(5)), Self.isUsable(limit)
    else { return nil }
    self = .risk(below: limit)
  }

  /// A risk that a campaign can come below.
  static func isUsable(_ limit: Double) -> Bool { limit > 0 && limit <= 1 }

  /// The rule asks for no more schedules.
  func isMet(by risk: FuzzReport.ResidualRisk?) -> Bool {
    guard case .risk(let limit) = self, let risk else { return false }
    return risk.upperBound < limit
  }

  /// The campaign's end by this rule.
  var ending: FuzzReport.Ending {
    switch self {
    case .risk(let limit): .risk(below: limit)
    }
  }
}
