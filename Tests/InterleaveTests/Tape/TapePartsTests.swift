import InterleaveEngine
import Testing

@testable import Interleave

/// Tapes that are changed where they are read.
struct TapePartsTests {
  private static let bytes: [UInt8] = [10, 20, 30, 7, 2, 1, 0]
  /// Two values, the terms and three choices; 30 is read by nobody.
  private static let parts = TapeParts(bytes, TapeBorders(values: 2, choices: 4))

  @Test func aTapeIsTakenApartAsItIsRead() {
    #expect(Self.parts.values == [10, 20])
    #expect(Self.parts.terms == TapeTerms())
    #expect(Self.parts.choices == [1, 2, 7])
    #expect(Self.parts.bytes(limit: 64) == [10, 20, 7, 2, 1, 0])
  }

  @Test func whatWasAskedForInVainIsThereToBeChanged() {
    let parts = TapeParts([5], TapeBorders(values: 3, choices: 4))
    #expect(parts.values == [5, 0, 0])
    #expect(parts.choices.allSatisfy { $0 == 0 })
    #expect(parts.bytes(limit: 64).prefix(3) == [5, 0, 0])
  }

  @Test func whereThereIsTooLittleRoomTheLastChoicesAreLeftOut() {
    #expect(Self.parts.bytes(limit: 5) == [10, 20, 2, 1, 0])
    #expect(Self.parts.bytes(limit: 3) == [10, 20, 0])
    #expect(Self.parts.bytes(limit: 1) == [10])
    #expect(Self.parts.bytes(limit: 0) == [])
  }

  @Test func aChangedScheduleLeavesTheValuesAndASeedRepeatsIt() {
    var changed: Set<[UInt8]> = []
    for seed in 0..<200 as Range<UInt64> {
      let made = (0..<2).map { _ in
        var random = SplitMix64(seed: seed)
        var parts = Self.parts
        parts.changeSchedule(&random)
        #expect(parts.values == Self.parts.values)
        return parts.bytes(limit: 64)
      }
      #expect(made[0] == made[1])
      changed.insert(made[0])
    }
    #expect(changed.count > 50, "\(changed.count)")
  }

  @Test func changedValuesLeaveTheSchedule() {
    var byEngine = 0
    for seed in 0..<50 as Range<UInt64> {
      var random = SplitMix64(seed: seed)
      var parts = Self.parts
      parts.changeValues(&random) {
        byEngine += 1
        $0[0] = 99
      }
      #expect((parts.terms, parts.choices) == (Self.parts.terms, Self.parts.choices))
      #expect(parts.values.count == 2)
    }
    #expect((10...40).contains(byEngine), "\(byEngine)")
  }

  @Test func twoTapesMakeOneOfTheValuesOfOneAndTheScheduleOfTheOther() {
    let other = TapeParts([1, 2, 5, 5, 1], TapeBorders(values: 2, choices: 3))
    #expect(other.terms.interruptsSteps)
    var made: [TapeParts] = []
    for seed in 0..<50 as Range<UInt64> {
      var random = SplitMix64(seed: seed)
      var parts = Self.parts
      parts.cross(with: other, &random)
      made.append(parts)
    }
    #expect(made.contains { $0.values == other.values && $0.choices == Self.parts.choices })
    #expect(made.contains { $0.values == Self.parts.values && $0.choices == other.choices })
  }

  @Test func anInputIsChangedByWhatItsRunHasRead() {
    let body: @Sendable (Int) async -> Void = { amount in
      await withdrawTwice(from: Bank(balance: amount))
    }
    func run(_ bytes: [UInt8]) {
      bytes.withUnsafeBytes {
        fuzzOneInput($0, over: .int(in: 200...455), named: "isChanged", body)
      }
    }
    run([3, 0])
    var seen: Set<[UInt8]> = []
    for seed in 0..<100 as Range<UInt32> {
      var input: [UInt8] = [3, 0] + Array(repeating: 0, count: 14)
      let count = input.withUnsafeMutableBufferPointer {
        mutateOneInput($0.baseAddress!, 2, limit: 16, seed: seed)
      }
      seen.insert(Array(input.prefix(count)))
    }
    #expect(seen.contains { $0.first != 3 }, "\(seen)")
    #expect(seen.contains { $0.first == 3 && $0.dropFirst().contains { $0 != 0 } }, "\(seen)")
    // Of two that were run, one is made; of what was not, none.
    run([4, 1, 0])
    var out = [UInt8](repeating: 0, count: 16)
    let made = (0..<20 as Range<UInt32>).map { seed in
      Array(
        out.prefix(crossOverInputs([3, 0], 2, [4, 1, 0], 3, into: &out, limit: 16, seed: seed)))
    }
    #expect(made.contains { $0.first == 4 }, "\(made)")
    #expect(crossOverInputs([3, 0], 2, [9, 9, 9], 3, into: &out, limit: 16, seed: 1) == 0)
  }
}
