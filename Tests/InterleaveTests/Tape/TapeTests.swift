import Testing

@testable import Interleave

/// How a string of bytes is read, and how one is written.
struct TapeTests {
  @Test func valuesAreReadFromTheFrontAndChoicesFromTheBack() {
    let tape = Tape([1, 2, 3, 4, 5])
    #expect(tape.takeValue(2) == 0x0201)
    #expect(tape.pick(below: 10) == 5)
    #expect(tape.takeChoice(2) == 0x0304)
    #expect(tape.isAtEnd)
  }

  @Test func atItsEndAllIsZero() {
    let tape = Tape([7])
    #expect(tape.takeValue(8) == 7)
    #expect(tape.takeValue(8) == 0)
    #expect(tape.pick(below: 3) == 0)
  }

  @Test func aNumberIsTakenModuloWhatIsPossible() {
    #expect(Tape([200]).pick(below: 3) == 2)
    let domain = ChoiceDomain.integer(0...9, simplest: 0)
    #expect(domain.value(of: 25) == .integer(5))
  }

  @Test(arguments: [
    ChoiceDomain.integer(0...9, simplest: 0), .integer(-5...5, simplest: 2),
    .integer(Int128(Int64.min)...Int128(Int64.max), simplest: 0),
    .integer(0...Int128(UInt64.max), simplest: 7), .boolean(forced: nil),
    .double(-1...1, allowsNaN: false), .double(5...9, allowsNaN: true),
  ])
  func zeroIsTheSimplestAndEachValueHasItsNumber(domain: ChoiceDomain) {
    #expect(domain.value(of: 0) == domain.simplest)
    for number in [0, 1, 2, 9, 255, 256, 1 << 40, UInt64.max] as [UInt64] {
      let value = domain.value(of: number)
      #expect(domain.nearest(to: value) == value)
      #expect(domain.value(of: domain.number(of: value)) == value, "\(number)")
    }
  }

  @Test func theWidthIsNoMoreThanARangeNeeds() {
    #expect(ChoiceDomain.integer(3...3, simplest: 3).width == 0)
    #expect(ChoiceDomain.integer(0...255, simplest: 0).width == 1)
    #expect(ChoiceDomain.integer(0...256, simplest: 0).width == 2)
    #expect(ChoiceDomain.integer(0...Int128(UInt64.max), simplest: 0).width == 8)
    #expect(ChoiceDomain.boolean(forced: true).width == 0)
  }

  @Test func termsAreReadAsTheyAreWritten() {
    var terms = TapeTerms()
    terms.interruptsSteps = true
    terms.poolWidth = 3
    terms.seed = 0x0102_0304_0506_0708
    terms.cancellation = .init(steps: 300, victim: 4)
    for terms in [terms, TapeTerms()] {
      var writer = TapeWriter()
      #expect(terms.write(to: &writer))
      #expect(TapeTerms(from: Tape(writer.bytes)) == terms)
    }
  }

  @Test func aTapeInATapeHasItsLength() {
    let tape = Tape([2, 7, 8, 9, 0])
    #expect(tape.takeTape().takeValue(4) == 0x0807)
    #expect(tape.takeValue(1) == 9)
    let short = Tape([14, 1, 2])
    #expect(short.takeTape().takeValue(8) == 0x0201)
    #expect(short.isAtEnd)
    #expect(Tape([15, 1, 0, 6]).takeTape().takeValue(8) == 6)
  }

  @Test func aProgramIsReadAsItIsWritten() {
    func operation(_ values: [Int128]) -> Recording {
      var recording = Recording()
      recording.choices = values.map {
        RecordedChoice(value: .integer($0), domain: .integer(0...1_000, simplest: 0))
      }
      return recording
    }
    let size = ProgramSize(lanes: 2...3, operationsPerLane: 1...4, operationsBefore: 0...3)
    let long = operation(Array(repeating: 5, count: 20))
    // It has been made smaller than what was asked for.
    for lanes in [[[operation([1, 1_000]), operation([])], [long]], [[operation([3])]]] {
      let draws = Draws(prefix: [operation([2])], lanes: lanes)
      var writer = TapeWriter()
      writer.put(draws, of: size)
      let tape = Tape(writer.bytes)
      #expect(tape.takeCounts(size) == [1] + lanes.map(\.count))
      for operation in draws.prefix + draws.lanes.joined() {
        let source = ChoiceSource(tape.takeTape())
        for choice in operation.choices {
          guard case .integer(let value) = choice.value else { continue }
          #expect(source.integer(in: 0...1_000, simplest: 0, fresh: { _ in 0 }) == value)
        }
      }
      #expect(tape.isAtEnd)
    }
  }

  @Test func whatSaysNothingIsLeftOutWhereNothingIsDrawn() {
    var writer = TapeWriter()
    for pick in [0, 2, 0, 0] { writer.putPick(pick, below: 3) }
    #expect(writer.bytes == [2, 0])
  }
}
