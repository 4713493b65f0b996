extension FuzzReport {
  /// How likely one more schedule is to show what no schedule has shown.
  ///
  /// Good and Turing's estimate: the part of the schedules that were the only one of their
  /// class. A class is an interleaving, as ``FuzzReport/distinctInterleavings`` counts them;
  /// where inputs or operations are generated, it is an interleaving together with them.
  ///
  /// The estimate holds for schedules that are drawn as these were, and for nothing else. A bug
  /// in a class that the strategies hardly ever draw, or never, is hardly part of the risk, or
  /// not at all; and a strategy that learns from its runs, such as the portfolio, draws later
  /// schedules otherwise than earlier ones. Schedules that were not drawn at random (the
  /// baseline, and those of systematic searches) are no part of the sample; what they showed
  /// counts as seen.
  public struct ResidualRisk: Sendable, Hashable {
    /// The estimated probability, from 0 to 1, that one more schedule is of an unseen class.
    public var estimate: Double
    /// What that probability does not exceed, with 95 % confidence; from 0 to 1.
    public var upperBound: Double
    /// The number of schedules behind the estimate.
    public var schedules: Int
    /// Inputs or operations were generated, and are part of what a class is.
    public var includesInputs: Bool

    /// Makes one of its parts.
    public init(
      estimate: Double, upperBound: Double, schedules: Int, includesInputs: Bool = false
    ) {
      self.estimate = estimate
      self.upperBound = upperBound
      self.schedules = schedules
      self.includesInputs = includesInputs
    }
  }

  /// Why no more schedules were tried.
  public enum Ending: Sendable, Hashable {
    /// A schedule failed.
    case failure
    /// As many were tried as were asked for.
    case schedules
    /// The time was up.
    case duration
    /// The risk was below what ``FuzzConfiguration/until`` asks for.
    case risk(below: Double)
    /// There were no others.
    case exhaustion
    /// The test was cancelled, or called off by its body.
    case cancellation
  }
}
