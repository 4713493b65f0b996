/// A small, fast, seeded random number generator.
///
/// SplitMix64 (Steele, Lea, Flood: "Fast splittable pseudorandom number
/// generators", OOPSLA 2014). Separate streams have separate seeds, ``seed(_:stream:)``, so
/// that drawing from one never shifts another.
public struct SplitMix64: RandomNumberGenerator, Sendable {
  private var state: UInt64

  /// Starts a stream.
  ///
  /// - Parameter seed: Any number; equal seeds give equal streams.
  public init(seed: UInt64) {
    state = seed
  }

  @inline(__always)
  public mutating func next() -> UInt64 {
    state &+= 0x9E37_79B9_7F4A_7C15
    var z = state
    z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
    z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
    return z ^ (z >> 31)
  }

  /// A number below a bound, without a division in the common case.
  ///
  /// - Parameter bound: At least 1.
  @inline(__always)
  public mutating func below(_ bound: Int) -> Int {
    Int(truncatingIfNeeded: next().multipliedFullWidth(by: UInt64(bound)).high)
  }

  /// A number in `0..<1`.
  @inline(__always)
  package mutating func fraction() -> Double {
    Double(next() >> 11) * 0x1p-53
  }

  /// The seed of the stream with the given number; the same for equal numbers.
  public static func seed(_ seed: UInt64, stream: UInt64) -> UInt64 {
    mix(mix(0x496E_7465_726C_6561, seed), stream)
  }
}
