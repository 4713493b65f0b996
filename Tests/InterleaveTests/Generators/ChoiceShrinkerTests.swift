import Interleave
import Testing

@Suite struct ChoiceShrinkerTests {
  private func shrunk<Value>(
    _ generator: Generator<Value>, fails: (Value) -> Bool
  ) throws -> Value {
    try #require(try shrink(generator, seed: 1, fails: fails)).value
  }

  @Test func aNumberIsLoweredToTheBoundaryInFewRuns() throws {
    let result = try #require(try shrink(.int(), seed: 3) { $0 >= 123_456 })
    #expect(result.value == 123_456)
    #expect(result.runs < 200)
    #expect(try shrunk(.int()) { $0 <= -77 } == -77)
    #expect(try shrunk(.int(in: 10...1_000)) { $0 > 10 } == 11)
    #expect(try shrunk(.uint64()) { $0 > 1 << 40 } == 1 << 40 + 1)
  }

  @Test func floatingPointNumbersBecomeWholeOrShort() throws {
    #expect(try shrunk(.double()) { $0 > 100.2 } == 101)
    #expect(try shrunk(.double(in: 0...1)) { $0 > 0.3 && $0 < 0.9 } == 0.5)
    #expect(try shrunk(.anyDouble) { $0.isNaN }.isNaN)
    #expect(try shrunk(.anyDouble) { $0 > 1e300 }.isFinite)
    #expect(try shrunk(.double()) { $0 < 0 } == -1)
  }

  @Test func textBecomesShortAndPlain() throws {
    #expect(try shrunk(.string()) { $0.count >= 2 } == "aa")
    #expect(try shrunk(.string()) { $0.contains("b") } == "b")
    #expect(try shrunk(.string()) { $0.uppercased().count != $0.count }.count == 1)
  }

  @Test func setsAndDictionariesBecomeSmall() throws {
    #expect(try shrunk(.set(of: .int())) { $0.count >= 3 } == [0, 1, -1])
    #expect(
      try shrunk(.dictionary(of: .int(in: 0...99), to: .bool)) { $0.values.contains(true) }
        == [0: true])
  }

  @Test func alternativesBecomeTheFirstThatFails() throws {
    let numbers = Generator<Int>.oneOf(.int(in: 0...9), .int(in: 10...99), .int(in: 100...999))
    #expect(try shrunk(numbers) { $0 >= 57 } == 57)
    #expect(try shrunk(.shuffled(1...5)) { $0.first != 1 } == [2, 1, 3, 4, 5])
  }

  @Test func whatFailsAlwaysBecomesTheSimplestValue() throws {
    for seed in 0..<50 as Range<UInt64> {
      let generator = Generator<([Int], String, Double?)>.tuple(
        .array(of: .int()), .string(), .optional(of: .double()))
      let result = try #require(try shrink(generator, seed: seed) { _ in true })
      #expect(result.value == ([], "", nil))
    }
  }

  @Test func noCandidateIsGivenTwiceAndEachAcceptedOneIsSimpler() throws {
    let lists = Generator<[Int]>.array(of: .int())
    let source = ChoiceSource(seed: 5)
    _ = try source(lists)
    var shrinker = ChoiceShrinker(source.recording)
    var refused: Set<[Choice]> = []
    while let candidate = shrinker.next() {
      let before = shrinker.best
      let attempt = ChoiceSource(replaying: candidate)
      if try attempt(lists).contains(where: { $0 > 9 }) {
        shrinker.report(.fails(attempt.recording))
        #expect(shrinker.best == before || shrinker.best.isSimpler(than: before))
      } else {
        #expect(refused.insert(candidate).inserted)
        shrinker.report(.passes)
        #expect(shrinker.best == before)
      }
    }
    #expect(shrinker.isFixpoint)
  }

  @Test func theBudgetIsKept() throws {
    let result = try #require(
      try shrink(.array(of: .int(), count: 20...40), seed: 1, budget: 10) { $0.count >= 20 })
    #expect(result.runs == 10)
    #expect(!result.isFixpoint)
  }

  @Test func aValueThatFailsOnlyAsItIsStays() throws {
    let source = ChoiceSource(seed: 9)
    _ = try source(.array(of: .int(), count: 3...5))
    var shrinker = ChoiceShrinker(source.recording)
    shrinker.run { _ in nil }
    #expect(shrinker.isFixpoint)
    #expect(shrinker.best == source.recording)
  }

  @Test func afterAnotherChangeWhatWasRefusedIsTriedAgain() throws {
    let source = ChoiceSource(replaying: [.integer(40)])
    _ = try source(.int(in: 0...100))
    var shrinker = ChoiceShrinker(source.recording)
    func run(atLeast bound: Int) {
      shrinker.run { choices in
        let attempt = ChoiceSource(replaying: choices)
        guard let value = try? attempt(.int(in: 0...100)), value >= bound else { return nil }
        return attempt.recording
      }
    }
    run(atLeast: 20)
    #expect(shrinker.best.values == [.integer(20)])
    shrinker.restart()
    run(atLeast: 10)
    #expect(shrinker.best.values == [.integer(10)])
  }
}
