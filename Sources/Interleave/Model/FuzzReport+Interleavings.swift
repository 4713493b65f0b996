import Foundation

extension FuzzReport {
  /// How many interleavings there are, by estimate, and how many of them were tried.
  ///
  /// Interleavings are what a proof counts (<doc:Proofs>): schedules that differ in more than the
  /// order of independent steps. Each walk that draws uniformly says how many there are by how likely
  /// walks come to its interleaving, and on average that is right; but a few that are hardly ever
  /// drawn may weigh as much as all others. So ``lowerBound`` and ``upperBound`` count more than the
  /// ``estimate``. With bounds of two standard errors, the number was between them in 1,254 of 1,500
  /// campaigns over programs whose number is known; these are of two and a half.
  public struct InterleavingEstimate: Codable, Sendable, Hashable {
    /// The mean over the schedules that were looked at, and at least as many as were tried.
    public var estimate: Double
    /// There are hardly fewer.
    public var lowerBound: Double
    /// There are hardly more.
    public var upperBound: Double
    /// How many were tried.
    public var tried: Int
    /// The number of schedules behind the estimate.
    public var schedules: Int
    /// Steps could be interrupted inside, of which this count knows nothing: it is one of whole
    /// steps.
    public var areOfWholeSteps: Bool

    /// Makes one of its parts.
    public init(
      estimate: Double, lowerBound: Double, upperBound: Double, tried: Int, schedules: Int,
      areOfWholeSteps: Bool = false
    ) {
      self.estimate = estimate
      self.lowerBound = lowerBound
      self.upperBound = upperBound
      self.tried = tried
      self.schedules = schedules
      self.areOfWholeSteps = areOfWholeSteps
    }
  }
}

extension FuzzReport.InterleavingEstimate: CustomStringConvertible {
  /// As far as this from the estimate, the bounds leave it a number.
  private static let preciseRatio = 1.3
  /// Farther from each other, they say nothing but how many digits it has.
  private static let widestRange = 10.0

  public var description: String { words }

  /// How many there are, as precisely as is known, and how many were tried.
  var words: String {
    let kind = areOfWholeSteps ? "interleavings of whole steps" : "interleavings"
    return "\(number) \(kind), of which \(grouped(tried)) \(tried == 1 ? "was" : "were") tried"
      + (isRange ? " (\(percent(part)))" : "")
  }

  private var part: Double { estimate > 0 ? min(1, Double(tried) / estimate) : 1 }
  private var isRange: Bool { upperBound / max(1, lowerBound) <= Self.widestRange }

  private var number: String {
    if max(upperBound / max(1, estimate), estimate / max(1, lowerBound)) <= Self.preciseRatio {
      return "about \(Self.rounded(estimate))"
    }
    if isRange { return "between \(Self.rounded(lowerBound)) and \(Self.rounded(upperBound))" }
    return "in the order of 10^\(Int(log10(max(1, estimate)).rounded()))"
  }

  /// With two digits that count.
  private static func rounded(_ number: Double) -> String {
    guard number >= 100 else { return grouped(Int(number.rounded())) }
    guard number < 1e15 else {
      let exponent = Int(log10(number))
      return String(format: "%.1f * 10^%d", number / pow(10, Double(exponent)), exponent)
    }
    let unit = pow(10, floor(log10(number)) - 1)
    return grouped(Int((number / unit).rounded() * unit))
  }
}
