import InterleaveEngine

extension SplitMix64 {
  /// A number of a range, each as likely.
  ///
  /// - Parameter range: At most 2⁶⁴ values.
  mutating func uniform(in range: ClosedRange<Int128>) -> Int128 {
    let width = UInt64(range.upperBound - range.lowerBound)
    let offset =
      width == .max ? next() : next().multipliedFullWidth(by: width + 1).high
    return range.lowerBound + Int128(offset)
  }

  /// True as often as `numerator` of `denominator` times.
  mutating func chance(_ numerator: Int, in denominator: Int) -> Bool {
    below(denominator) < numerator
  }

  /// A number of a range, edges and small numbers more often.
  ///
  /// Up to 16 values are all as likely. Of a larger range 3 in 16 numbers are at its edges or
  /// next to the simplest, 1 in 16 is next to a power of two where code overflows; and of a
  /// range above 255 values, 5 in 16 (above 65,535: 10 in 16) have a random number of digits.
  ///
  /// - Parameters:
  ///   - range: At most 2⁶⁴ values.
  ///   - simplest: Its simplest value, which small numbers are counted from.
  mutating func integer(in range: ClosedRange<Int128>, simplest: Int128) -> Int128 {
    let width = range.upperBound - range.lowerBound
    if width < 16 { return uniform(in: range) }
    let kind = below(16)
    let candidate: Int128
    switch kind {
    case 0..<3:
      let edges: [Int128] = [
        range.lowerBound, range.upperBound, simplest, range.lowerBound + 1,
        range.upperBound - 1, simplest + 1, simplest - 1,
      ]
      candidate = edges[below(edges.count)]
    case 3:
      candidate = Self.landmarks[below(Self.landmarks.count)] * (chance(1, in: 2) ? 1 : -1)
    case 4..<9 where width > 255, 9..<14 where width > 65_535:
      candidate = simplest + (chance(1, in: 2) ? 1 : -1) * magnitude(upTo: width)
    default:
      return uniform(in: range)
    }
    return range.contains(candidate) ? candidate : uniform(in: range)
  }

  /// A number up to a bound, with each number of binary digits as likely.
  mutating func magnitude(upTo bound: Int128) -> Int128 {
    let digits = 128 - bound.leadingZeroBitCount
    let limit: Int128 = 1 << Int128(1 + below(min(digits, 63)))
    return uniform(in: 0...min(limit - 1, bound))
  }

  /// How many elements a collection shall have: small numbers more often, and the bounds.
  mutating func count(in range: ClosedRange<Int>) -> Int {
    let whole = Int128(range.lowerBound)...Int128(range.upperBound)
    let width = whole.upperBound - whole.lowerBound
    if width <= 10 { return Int(uniform(in: whole)) }
    switch below(16) {
    case 0: return range.lowerBound
    case 1 where width <= 256: return range.upperBound
    case 2..<8 where width <= 256: return Int(uniform(in: whole))
    default: return range.lowerBound + Int(magnitude(upTo: width))
    }
  }

  /// Numbers beside which code goes wrong.
  private static let landmarks: [Int128] = [8, 16, 32, 53, 63].flatMap { (digits: Int128) in
    let power: Int128 = 1 << digits
    return [power - 1, power, power + 1, power / 2 - 1, power / 2]
  }
}
