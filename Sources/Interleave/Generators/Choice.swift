/// One typed decision of a generator.
///
/// Whatever is generated follows from a sequence of these, so that it can be stored, replayed
/// and shrunk without knowing its type (MacIver, Donaldson: "Test-case reduction via test-case
/// generation: insights from the Hypothesis reducer", ECOOP 2020).
package enum Choice: Sendable, Hashable {
  case integer(Int128)
  case boolean(Bool)
  /// A floating-point number, by its bits, so that NaN equals itself.
  case double(bits: UInt64)

  package static func double(_ value: Double) -> Choice {
    .double(bits: value.bitPattern)
  }
}

extension Choice: LosslessStringConvertible {
  /// The choice as text: `5`, `true`, `2.0`.
  package var description: String {
    switch self {
    case .integer(let value): "\(value)"
    case .boolean(let value): "\(value)"
    case .double(let bits): "\(Double(bitPattern: bits))"
    }
  }

  /// Reads a choice as ``description`` writes it.
  package init?(_ description: String) {
    if let value = Int128(description) {
      self = .integer(value)
    } else if let value = Bool(description) {
      self = .boolean(value)
    } else if let value = Double(description) {
      self = .double(value)
    } else {
      return nil
    }
  }
}

/// What a choice is made from, and which of it is simplest.
package enum ChoiceDomain: Sendable, Hashable {
  /// The integers of a range; the nearer to `simplest`, the simpler.
  case integer(ClosedRange<Int128>, simplest: Int128)
  /// Both truth values, false being simpler; or just one, where there is nothing to decide.
  case boolean(forced: Bool?)
  /// The floating-point numbers of a range, and NaN if it is allowed.
  case double(ClosedRange<Double>, allowsNaN: Bool)

  /// The simplest value.
  package var simplest: Choice {
    switch self {
    case .integer(_, let simplest): .integer(simplest)
    case .boolean(let forced): .boolean(forced ?? false)
    case .double(let range, _): .double(Self.simplest(of: range))
    }
  }

  /// The value itself if it is one of these, the nearest one if there is such, or else the
  /// simplest.
  package func nearest(to choice: Choice) -> Choice {
    switch (self, choice) {
    case (.integer(let range, _), .integer(let value)):
      return .integer(min(max(value, range.lowerBound), range.upperBound))
    case (.boolean(nil), .boolean):
      return choice
    case (.double(let range, let allowsNaN), .double(let bits)):
      let value = Double(bitPattern: bits)
      if value.isNaN { return allowsNaN ? choice : simplest }
      return .double(min(max(value, range.lowerBound), range.upperBound))
    default:
      return simplest
    }
  }

  /// How far a value is from the simplest: 0 is simplest, and equal only for values that are
  /// equally simple.
  package func complexity(of choice: Choice) -> UInt128 {
    switch (self, choice) {
    case (.integer(_, let simplest), .integer(let value)):
      value < simplest
        ? UInt128(simplest - value) * 2 + 1 : UInt128(value - simplest) * 2
    case (.boolean(nil), .boolean(let value)): value ? 1 : 0
    case (.double, .double(let bits)):
      choice == simplest ? 0 : 1 + Self.complexity(of: Double(bitPattern: bits))
    default: 0
    }
  }

  private static func simplest(of range: ClosedRange<Double>) -> Double {
    if range.contains(0) { return 0 }
    let inner =
      range.lowerBound > 0
      ? range.lowerBound.rounded(.up) : range.upperBound.rounded(.down)
    if range.contains(inner) { return inner }
    return range.lowerBound > 0 ? range.lowerBound : range.upperBound
  }

  /// Whole numbers by size, then fractions by their binary digits, then what is not finite.
  private static func complexity(of value: Double) -> UInt128 {
    let sign: UInt128 = value.sign == .minus ? 1 : 0
    if value.isNaN { return 1 << 120 }
    let magnitude = value.magnitude
    if magnitude.isInfinite { return (1 << 110) + sign }
    if magnitude.rounded(.towardZero) == magnitude {
      return UInt128(magnitude.bitPattern) * 2 + sign
    }
    let digits = fractionDigits(of: magnitude)
    return (UInt128(digits) << 90) + UInt128(magnitude.bitPattern) * 2 + sign
  }

  /// How many binary digits follow the point; at least 1 for a fraction.
  private static func fractionDigits(of value: Double) -> Int {
    let lowest = Int(value.ulp.exponent) + value.significandBitPattern.trailingZeroBitCount
    let trailing = value.significandBitPattern == 0 ? Int(value.exponent) : lowest
    return max(1, -trailing)
  }
}
