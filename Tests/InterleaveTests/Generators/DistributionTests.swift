import Foundation
import Interleave
import Testing

/// How often values are drawn: 10,000 of fixed seeds, each share within 2 points of a hundred
/// unless stated.
@Suite struct DistributionTests {
  private let count = 10_000

  private func share<Value>(
    of generator: Generator<Value>, _ isCounted: (Value) -> Bool
  ) throws -> Double {
    Double(try samples(generator, count: count).count(where: isCounted)) / Double(count)
  }

  private func expect(
    _ share: Double, near expected: Double, within tolerance: Double = 0.02,
    at location: SourceLocation = #_sourceLocation
  ) {
    #expect(abs(share - expected) <= tolerance, "\(share)", sourceLocation: location)
  }

  @Test func smallRangesAreUniform() throws {
    for value in -2...3 {
      expect(try share(of: .int(in: -2...3)) { $0 == value }, near: 1.0 / 6)
    }
  }

  @Test func aRangeIsFilledAndNeverLeft() throws {
    let values = try samples(.int(in: -50...50), count: count)
    #expect(Set(values) == Set(-50...50))
    let bytes = try samples(.uint8(), count: count)
    #expect(Set(bytes) == Set(UInt8.min ... .max))
  }

  @Test func edgesOfALargeRangeAreDrawnMoreOften() throws {
    expect(try share(of: .int()) { $0 == .max }, near: 0.027, within: 0.01)
    expect(try share(of: .int()) { $0 == .min }, near: 0.027, within: 0.01)
    expect(try share(of: .int()) { $0 == 0 }, near: 0.04, within: 0.02)
    expect(try share(of: .uint64()) { $0 == .max }, near: 0.027, within: 0.02)
    expect(try share(of: .int(in: 10...100_000)) { $0 == 10 }, near: 0.1, within: 0.05)
    expect(try share(of: .int32()) { $0 == .max || $0 == .min }, near: 0.055, within: 0.02)
    #expect(try share(of: .int128()) { $0 == .max || $0 == .min } > 0)
  }

  @Test func smallNumbersOfALargeRangeAreDrawnMoreOften() throws {
    let small = try share(of: .int()) { abs(Double($0)) < 1_000 }
    expect(small, near: 0.22, within: 0.04)
    let large = try share(of: .int()) { abs(Double($0)) > 0x1p60 }
    expect(large, near: 0.25, within: 0.03)
  }

  @Test func numbersAroundOverflowAreDrawn() throws {
    #expect(try share(of: .int()) { $0 == Int(Int32.max) + 1 } > 0)
    #expect(try share(of: .int()) { $0 == 256 } > 0)
  }

  @Test func truthValuesAreEven() throws {
    expect(try share(of: .bool) { $0 }, near: 0.5)
  }

  @Test func floatingPointNumbersCoverTheirKinds() throws {
    let unit: ClosedRange<Double> = 0...1
    #expect(try samples(.double(in: unit), count: count).allSatisfy(unit.contains))
    expect(try share(of: .double(in: unit)) { $0 == 0 || $0 == 1 }, near: 0.084, within: 0.03)
    expect(try share(of: .double(in: unit)) { $0 > 0 && $0 < 0.5 }, near: 0.6, within: 0.15)
    #expect(try samples(.double(), count: count).allSatisfy(\.isFinite))
    expect(try share(of: .anyDouble) { $0.isNaN }, near: 1.0 / 16)
    #expect(try share(of: .anyDouble) { $0.isInfinite } > 0)
    #expect(try share(of: .anyDouble) { $0 == 0 && $0.sign == .minus } > 0)
    #expect(try share(of: .anyDouble) { $0.isSubnormal } > 0)
    let floats = try samples(Generator<Float>.float(in: -1...1), count: count)
    #expect(floats.allSatisfy { abs($0) <= 1 })
  }

  @Test func charactersAreOfTheirRepertoire() throws {
    #expect(try samples(.character(from: .ascii), count: count).allSatisfy { $0.isASCII })
    expect(try share(of: .character()) { $0.isASCII }, near: 0.62)
    let drawn = Set(try samples(.character(), count: count))
    for trap in ["e\u{301}", "👨‍👩‍👧‍👦", "ß", "\u{202E}", "\r\n", "\0"] as [Character] {
      #expect(drawn.contains(trap), "\(trap)")
    }
  }

  @Test func collectionsHaveEveryCount() throws {
    for expected in 0...4 {
      expect(
        try share(of: .array(of: .bool, count: 0...4)) { $0.count == expected }, near: 0.2)
    }
    #expect(
      Set(try samples(.string(count: 2...20, from: .ascii), count: count).map(\.count))
        == Set(2...20))
    #expect(
      Set(try samples(.set(of: .int(), count: 0...5), count: count).map(\.count)) == Set(0...5))
    let dictionaries = Generator<[Int: Bool]>.dictionary(of: .int(), to: .bool, count: 1...3)
    #expect(Set(try samples(dictionaries, count: count).map(\.count)) == Set(1...3))
    #expect(try samples(.data(count: 3...3), count: 100).allSatisfy { $0.count == 3 })
  }

  @Test func choicesAreEvenOrByWeight() throws {
    let three = Generator<Int>.oneOf(.just(1), .just(2), .just(3))
    for value in 1...3 { expect(try share(of: three) { $0 == value }, near: 1.0 / 3) }
    for value in [5, 6] { expect(try share(of: .element(of: [5, 6])) { $0 == value }, near: 0.5) }
    let weighted = Generator<Int>.frequency((6, .just(1)), (0, .just(2)), (4, .just(3)))
    expect(try share(of: weighted) { $0 == 1 }, near: 0.6)
    #expect(try share(of: weighted) { $0 == 2 } == 0)
    expect(try share(of: .optional(of: .int())) { $0 == nil }, near: 0.25)
  }

  @Test func subsetsKeepOrderAndHaveEverySize() throws {
    let subsets = try samples(.subset(of: 1...4), count: count)
    #expect(Set(subsets).count == 16)
    #expect(subsets.allSatisfy { $0 == $0.sorted() })
  }

  @Test func everyOrderIsAsLikely() throws {
    let orders = Dictionary(grouping: try samples(.shuffled([1, 2, 3]), count: count)) { $0 }
    #expect(orders.count == 6)
    for order in orders.values { expect(Double(order.count) / Double(count), near: 1.0 / 6) }
  }

  @Test func datesDurationsAndIdentifiersCoverTheirRange() throws {
    let range = Date(timeIntervalSince1970: 0)...Date(timeIntervalSince1970: 1_000_000)
    #expect(try samples(.date(in: range), count: count).allSatisfy(range.contains))
    #expect(try samples(.date(), count: count).contains(Date(timeIntervalSince1970: 0)))
    let short: ClosedRange<Duration> = .milliseconds(-5) ... .seconds(2)
    let durations = try samples(.duration(in: short), count: count)
    #expect(durations.allSatisfy(short.contains))
    #expect(durations.contains(.zero) && durations.contains(.seconds(1)))
    #expect(Set(try samples(.uuid, count: count)).count == count)
  }
}
