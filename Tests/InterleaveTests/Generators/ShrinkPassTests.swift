import Interleave
import Testing

/// Each pass has a value that it alone makes simpler.
@Suite struct ShrinkPassTests {
  /// Shrinks the value that some choices make.
  private func shrunk<Value>(
    _ generator: Generator<Value>, from choices: [Choice], fails: (Value) -> Bool
  ) throws -> (value: Value, runs: Int) {
    let source = ChoiceSource(replaying: choices)
    try #require(fails(try source(generator)))
    var shrinker = ChoiceShrinker(source.recording)
    try shrinker.run { choices in
      let source = ChoiceSource(replaying: choices)
      return fails(try source(generator)) ? source.recording : nil
    }
    #expect(shrinker.isFixpoint)
    return (try ChoiceSource(replaying: shrinker.best.values)(generator), shrinker.runs)
  }

  private func numbers(_ values: Int...) -> [Choice] { values.map { .integer(Int128($0)) } }

  private let number = Generator<Int>.int(in: -1_000...1_000)

  @Test func manyElementsAreDeletedInFewRuns() throws {
    let list = Generator<Int>.array(of: .int(in: 0...9), count: 0...100)
    let elements = (0..<64).flatMap { [Choice.boolean(true), .integer($0 == 63 ? 9 : 1)] }
    let result = try shrunk(list, from: elements + [.boolean(false)]) { $0.contains(9) }
    #expect(result.value == [9])
    #expect(result.runs < 50, "\(result.runs)")
  }

  @Test func whatIsSimpleOnlyAsAWholeIsSimplifiedAtOnce() throws {
    let values = Generator<Int>.tuple(.tuple(number, number, number, number), number)
    let result = try shrunk(values, from: numbers(600, 35, 7, 90, 500)) { four, last in
      last == 500 && (four == (600, 35, 7, 90) || four == (0, 0, 0, 0))
    }
    #expect(result.value.0 == (0, 0, 0, 0))
  }

  @Test func aRoundOfALoopIsDeletedAlthoughNothingHoldsItTogether() throws {
    let loop = Generator<[Int]> { draw in
      var rounds: [Int] = []
      while try draw(.bool) { rounds.append(try draw(.int(in: 0...1_000))) }
      return rounds
    }
    let result = try shrunk(
      loop, from: [.boolean(true), .integer(5), .boolean(true), .integer(900), .boolean(false)]
    ) { $0.contains(900) }
    #expect(result.value == [900])
  }

  @Test func aNegativeNumberBecomesAPositiveOne() throws {
    #expect(try shrunk(number, from: numbers(-5)) { abs($0) == 5 }.value == 5)
  }

  @Test func whatMustStayEqualIsLoweredTogether() throws {
    let three = Generator<Int>.tuple(number, number, number)
    let result = try shrunk(three, from: numbers(80, 80, 80)) { $0 == $1 && $1 == $2 && $0 >= 20 }
    #expect(result.value == (20, 20, 20))
  }

  @Test func whatMustStayApartIsLoweredTogether() throws {
    let two = Generator<Int>.tuple(number, number)
    #expect(try shrunk(two, from: numbers(80, 77)) { $0 - $1 == 3 && $1 >= 10 }.value == (13, 10))
  }

  @Test func aSumMovesToTheLaterNumber() throws {
    let two = Generator<Int>.tuple(number, number)
    #expect(try shrunk(two, from: numbers(60, 40)) { $0 + $1 == 100 }.value == (0, 100))
  }

  @Test func theSimplerOfTwoValuesComesFirst() throws {
    let two = Generator<Double>.tuple(.double(in: 0...100), .double(in: 0...100))
    let result = try shrunk(two, from: [.double(9), .double(3)]) { Set([$0, $1]) == [3, 9] }
    #expect(result.value == (3, 9))
  }

  @Test func theElementsOfACountedListGoWithTheirCount() throws {
    let list = Generator<Int>.int(in: 0...20).flatMap {
      .array(of: .int(in: 0...9), count: $0...$0)
    }
    // The last element must stay: it is the one that fails.
    let choices: [Choice] = [
      .integer(3), .boolean(true), .integer(1), .boolean(true), .integer(2), .boolean(true),
      .integer(9), .boolean(false),
    ]
    #expect(try shrunk(list, from: choices) { $0.last == 9 }.value == [9])
  }
}
