extension Generator {
  /// Integers of any width, edges and small numbers more often; they shrink towards zero.
  ///
  /// - Parameter range: The values to draw from; up to 64 bits wide.
  static func integer<Integer: FixedWidthInteger & Sendable>(
    in range: ClosedRange<Integer>
  ) -> Generator<Integer> {
    let whole = Int128(range.lowerBound)...Int128(range.upperBound)
    let simplest = min(max(0, whole.lowerBound), whole.upperBound)
    return Generator<Integer> { draw in
      Integer(
        draw.integer(in: whole, simplest: simplest) { $0.integer(in: whole, simplest: simplest) })
    }
  }

  /// Integers, edges and small numbers more often; they shrink towards zero.
  ///
  /// - Parameter range: The values to draw from.
  public static func int(in range: ClosedRange<Int> = .min ... .max) -> Generator<Int> {
    integer(in: range)
  }

  /// Integers of 8 bits, edges and small numbers more often; they shrink towards zero.
  ///
  /// - Parameter range: The values to draw from.
  public static func int8(in range: ClosedRange<Int8> = .min ... .max) -> Generator<Int8> {
    integer(in: range)
  }

  /// Integers of 16 bits, edges and small numbers more often; they shrink towards zero.
  ///
  /// - Parameter range: The values to draw from.
  public static func int16(in range: ClosedRange<Int16> = .min ... .max) -> Generator<Int16> {
    integer(in: range)
  }

  /// Integers of 32 bits, edges and small numbers more often; they shrink towards zero.
  ///
  /// - Parameter range: The values to draw from.
  public static func int32(in range: ClosedRange<Int32> = .min ... .max) -> Generator<Int32> {
    integer(in: range)
  }

  /// Integers of 64 bits, edges and small numbers more often; they shrink towards zero.
  ///
  /// - Parameter range: The values to draw from.
  public static func int64(in range: ClosedRange<Int64> = .min ... .max) -> Generator<Int64> {
    integer(in: range)
  }

  /// Unsigned integers, edges and small numbers more often; they shrink towards zero.
  ///
  /// - Parameter range: The values to draw from.
  public static func uint(in range: ClosedRange<UInt> = .min ... .max) -> Generator<UInt> {
    integer(in: range)
  }

  /// Unsigned integers of 8 bits, edges and small numbers more often; they shrink towards zero.
  ///
  /// - Parameter range: The values to draw from.
  public static func uint8(in range: ClosedRange<UInt8> = .min ... .max) -> Generator<UInt8> {
    integer(in: range)
  }

  /// Unsigned integers of 16 bits, edges and small numbers more often; they shrink towards zero.
  ///
  /// - Parameter range: The values to draw from.
  public static func uint16(in range: ClosedRange<UInt16> = .min ... .max) -> Generator<UInt16> {
    integer(in: range)
  }

  /// Unsigned integers of 32 bits, edges and small numbers more often; they shrink towards zero.
  ///
  /// - Parameter range: The values to draw from.
  public static func uint32(in range: ClosedRange<UInt32> = .min ... .max) -> Generator<UInt32> {
    integer(in: range)
  }

  /// Unsigned integers of 64 bits, edges and small numbers more often; they shrink towards zero.
  ///
  /// - Parameter range: The values to draw from.
  public static func uint64(in range: ClosedRange<UInt64> = .min ... .max) -> Generator<UInt64> {
    integer(in: range)
  }

  /// Integers of 128 bits, drawn as two words; they shrink towards zero.
  ///
  /// - Parameter range: The values to draw from.
  public static func int128(
    in range: ClosedRange<Int128> = .min ... .max
  ) -> Generator<Int128> {
    let (lowest, highest) = (Int64(range.lowerBound >> 64), Int64(range.upperBound >> 64))
    return Generator<Int128> { draw in
      let high = try draw(.int64(in: lowest...highest))
      let least = high == lowest ? UInt64(truncatingIfNeeded: range.lowerBound) : 0
      let most = high == highest ? UInt64(truncatingIfNeeded: range.upperBound) : UInt64.max
      let low = try draw(.uint64(in: least...most))
      return Int128(high) << 64 | Int128(low)
    }
  }

  /// Unsigned integers of 128 bits, drawn as two words; they shrink towards zero.
  ///
  /// - Parameter range: The values to draw from.
  public static func uint128(
    in range: ClosedRange<UInt128> = .min ... .max
  ) -> Generator<UInt128> {
    let (lowest, highest) = (UInt64(range.lowerBound >> 64), UInt64(range.upperBound >> 64))
    return Generator<UInt128> { draw in
      let high = try draw(.uint64(in: lowest...highest))
      let least = high == lowest ? UInt64(truncatingIfNeeded: range.lowerBound) : 0
      let most = high == highest ? UInt64(truncatingIfNeeded: range.upperBound) : UInt64.max
      let low = try draw(.uint64(in: least...most))
      return UInt128(high) << 64 | UInt128(low)
    }
  }
}
