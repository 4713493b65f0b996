import InterleaveEngine

extension Generator {
  /// Truth values, both as likely; they shrink towards false.
  public static var bool: Generator<Bool> {
    Generator<Bool> { draw in draw.boolean { $0.chance(1, in: 2) } }
  }

  /// Finite floating-point numbers; they shrink towards zero, and to whole numbers.
  ///
  /// - Parameter range: The values to draw from; may reach to infinity.
  public static func double(
    in range: ClosedRange<Double> = -Double
      .greatestFiniteMagnitude...Double
      .greatestFiniteMagnitude
  ) -> Generator<Double> {
    Generator<Double> { draw in
      draw.double(in: range, allowsNaN: false) { $0.double(in: range) }
    }
  }

  /// All floating-point numbers, with infinities, NaN and negative zero.
  public static var anyDouble: Generator<Double> {
    Generator<Double> { draw in
      draw.double(in: -Double.infinity...Double.infinity, allowsNaN: true) { random in
        random.chance(1, in: 16)
          ? .nan : random.double(in: -Double.infinity...Double.infinity)
      }
    }
  }

  /// Finite floating-point numbers of 32 bits; they shrink towards zero, and to whole numbers.
  ///
  /// - Parameter range: The values to draw from; may reach to infinity.
  public static func float(
    in range: ClosedRange<Float> = -Float.greatestFiniteMagnitude...Float.greatestFiniteMagnitude
  ) -> Generator<Float> {
    Generator<Float> { draw in
      let wide = Double(range.lowerBound)...Double(range.upperBound)
      let value = draw.double(in: wide, allowsNaN: false) { $0.double(in: wide) }
      return min(max(Float(value), range.lowerBound), range.upperBound)
    }
  }

  /// All floating-point numbers of 32 bits, with infinities, NaN and negative zero.
  public static var anyFloat: Generator<Float> {
    anyDouble.map { Float($0) }
  }
}

extension SplitMix64 {
  /// A floating-point number of a range: 1 in 4 is an edge or a number that code trips over,
  /// 1 in 4 a small whole number, 1 in 4 any bits, else each stretch of the range is as likely.
  fileprivate mutating func double(in range: ClosedRange<Double>) -> Double {
    let candidate: Double
    switch below(4) {
    case 0:
      let edges = [
        range.lowerBound, range.upperBound, 0, -0.0, 1, -1, 0.1, 0.5, .ulpOfOne,
        .leastNonzeroMagnitude, .leastNormalMagnitude, 0x1p53, 0x1p53 + 2, 0x1p63, 1e308,
      ]
      candidate = edges[below(edges.count)]
    case 1: candidate = Double(below(2_001) - 1_000)
    case 2: candidate = Double(bitPattern: next())
    default: return stretch(of: range)
    }
    return !candidate.isNaN && range.contains(candidate) ? candidate : stretch(of: range)
  }

  private mutating func stretch(of range: ClosedRange<Double>) -> Double {
    let lower = max(range.lowerBound, -Double.greatestFiniteMagnitude)
    let upper = min(range.upperBound, Double.greatestFiniteMagnitude)
    guard lower <= upper else { return range.lowerBound }
    let unit = Double(next() >> 11) * 0x1p-53
    return min(max(lower * (1 - unit) + upper * unit, lower), upper)
  }
}
