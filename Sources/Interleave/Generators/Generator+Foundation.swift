public import Foundation
import InterleaveEngine

extension Generator {
  /// Dates, to the millisecond; they shrink towards the start of 2001 (UTC).
  ///
  /// - Parameter range: The dates to draw from; from 1901 to 2100 unless given.
  public static func date(
    in range: ClosedRange<Date> = Date(
      timeIntervalSinceReferenceDate: -3_155_673_600)...Date(
        timeIntervalSinceReferenceDate: 3_155_760_000)
  ) -> Generator<Date> {
    let lower = (range.lowerBound.timeIntervalSinceReferenceDate * 1_000).rounded(.up)
    let upper = (range.upperBound.timeIntervalSinceReferenceDate * 1_000).rounded(.down)
    guard lower <= upper else { return Generator<Date> { _ in range.lowerBound } }
    let whole = Int128(lower)...Int128(upper)
    let simplest = min(max(0, whole.lowerBound), whole.upperBound)
    return Generator<Date> { draw in
      let milliseconds = draw.integer(in: whole, simplest: simplest) { random in
        let landmark = landmarkDates[random.below(landmarkDates.count)]
        return random.chance(1, in: 8) && whole.contains(landmark)
          ? landmark : random.integer(in: whole, simplest: simplest)
      }
      return Date(timeIntervalSinceReferenceDate: Double(milliseconds) / 1_000)
    }
  }

  /// Random UUIDs (version 4); they shrink to as many zeros as such a one can have.
  public static var uuid: Generator<UUID> {
    Generator<UUID> { draw in
      let words = (0..<2).map { _ in
        UInt64(
          draw.integer(in: 0...Int128(UInt64.max), simplest: 0) { Int128($0.next()) })
      }
      var bytes = words.flatMap { word in
        (0..<8).map { UInt8(truncatingIfNeeded: word >> UInt64(56 - 8 * $0)) }
      }
      bytes[6] = bytes[6] & 0x0F | 0x40
      bytes[8] = bytes[8] & 0x3F | 0x80
      return bytes.withUnsafeBytes { UUID(uuid: $0.load(as: uuid_t.self)) }
    }
  }

  /// Durations, to the nanosecond, whole units more often; they shrink towards zero.
  ///
  /// - Parameter range: The durations to draw from; less than 292 years each.
  public static func duration(
    in range: ClosedRange<Duration> = .zero ... .seconds(60)
  ) -> Generator<Duration> {
    let whole = range.lowerBound.nanoseconds...range.upperBound.nanoseconds
    let simplest = min(max(0, whole.lowerBound), whole.upperBound)
    return Generator<Duration> { draw in
      let nanoseconds = draw.integer(in: whole, simplest: simplest) { random in
        let value = random.integer(in: whole, simplest: simplest)
        let unit = [1, 1_000, 1_000_000, 1_000_000_000][random.below(4)] as Int128
        let rounded = value / unit * unit
        return whole.contains(rounded) ? rounded : value
      }
      return .nanoseconds(Int64(nanoseconds))
    }
  }

  /// Bytes; they shrink to fewer, and towards zeros.
  ///
  /// - Parameter count: How many bytes there may be.
  public static func data(count: ClosedRange<Int> = 0...32) -> Generator<Data> {
    .array(of: .uint8(), count: count).map { Data($0) }
  }
}

/// In milliseconds since the start of 2001: the start of 1970, the end of 32-bit time, the leap
/// day of 2000, the day after it, the last second of 1999.
private let landmarkDates: [Int128] = [
  -978_307_200_000, 1_169_176_447_000, -26_524_800_000, -26_438_400_000, -31_622_401_000,
]

extension Duration {
  var nanoseconds: Int128 {
    Int128(components.seconds) * 1_000_000_000 + Int128(components.attoseconds / 1_000_000_000)
  }
}
