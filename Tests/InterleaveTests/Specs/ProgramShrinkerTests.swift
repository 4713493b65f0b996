import Testing

@testable import Interleave

/// Programs whose operations are single numbers, shrunk without running anything.
@Suite struct ProgramShrinkerTests {
  @Test func lanesAndOperationsThatDoNotMatterAreDropped() {
    let shrunk = shrink(draws([3, 4], [[1, 9, 2], [9], [5, 6]])) { draft in
      draft.lanes.count { $0.contains(9) } >= 2
    }
    #expect(shrunk == draws([], [[9], [9]]))
  }

  @Test func operationsThatNeedNotBeConcurrentMoveIntoThePrefix() {
    let shrunk = shrink(draws([], [[7, 9], [9]])) { draft in
      (draft.prefix + draft.lanes.joined()).contains(7) && draft.lanes.count { $0.contains(9) } >= 2
    }
    #expect(shrunk == draws([7], [[9], [9]]))
  }

  @Test func lanesThatNeedNotBeConcurrentBecomeOne() {
    let shrunk = shrink(draws([], [[1], [2], [3]])) { draft in
      draft.lanes.count >= 2 && Set(draft.prefix + draft.lanes.joined()) == [1, 2, 3]
    }
    #expect(shrunk.count == 3 && shrunk.lanes.count == 2)
  }

  @Test func lanesAreJoinedWhereTheirOperationsMustStayInLanes() {
    let shrunk = shrink(draws([], [[1], [2], [3]])) { draft in
      draft.prefix.isEmpty && draft.lanes.count >= 2 && Set(draft.lanes.joined()) == [1, 2, 3]
    }
    #expect(shrunk.count == 3 && shrunk.lanes.count == 2)
  }

  @Test func theLaneOfSimplerOperationsComesFirst() {
    let shrunk = shrink(draws([], [[9], [3]])) { draft in
      draft.lanes.count == 2 && Set(draft.lanes.joined()) == [3, 9]
    }
    #expect(shrunk == draws([], [[3], [9]]))
  }

  @Test func halvesOfALaneAreDroppedInFewRuns() {
    var runs = 0
    let long = draws([], [Array(repeating: 5, count: 64), [9]])
    let shrunk = shrink(long) { draft in
      runs += 1
      return draft.lanes.count == 2 && draft.lanes.contains([9])
    }
    #expect(shrunk.count == 2)
    // One by one it would take more than sixty.
    #expect(runs < 40, "\(runs)")
  }

  @Test func whatDoublesDrewIsLowered() {
    var failing = recordings(draws([], [[1], [2]]))
    failing.doubles = recording(80)
    var shrinker = ProgramShrinker(failing)
    #expect(
      shrinker.shrink(while: { true }) { draft in
        guard let doubles = draft.doubles, draft.count == 2 else { return nil }
        var drawn = recordings(numbers(draft))
        guard case .integer(let value)? = doubles.values.first, value > 20 else { return nil }
        drawn.doubles = recording(Int(value))
        return drawn
      })
    #expect(shrinker.best.doubles == recording(21))
  }

  @Test func operationsThatOnlyMatterTogetherAreDroppedTogether() {
    let shrunk = shrink(draws([], [[1, 2], [9]])) { draft in
      let all = draft.prefix + draft.lanes.joined()
      return all.contains(9) && all.contains(1) == all.contains(2)
    }
    #expect(shrunk == draws([9], []))
  }

  @Test func equalValuesAreLoweredTogether() {
    let shrunk = shrink(draws([], [[8], [8]])) { draft in
      let all = draft.prefix + draft.lanes.joined()
      return all.count == 2 && draft.lanes.count == 2 && all[0] == all[1] && all[0] > 2
    }
    #expect(shrunk == draws([], [[3], [3]]) || shrunk == draws([], [[4], [4]]))
  }

  @Test func oneOperationTakesThePlaceOfTwoThatDoAsMuch() {
    let shrunk = shrink(draws([1], [[1], [1]])) { draft in
      draft.lanes.count == 2 && (draft.prefix + draft.lanes.joined()).reduce(0, +) > 2
    }
    #expect(shrunk == draws([], [[1], [2]]))
  }

  @Test func nothingIsTriedOnceTheBudgetIsSpent() {
    var shrinker = ProgramShrinker(recordings(draws([3], [[4], [5]])))
    let didChange = shrinker.shrink(while: { false }) { _ in
      Issue.record("nothing may be run")
      return nil
    }
    #expect(!didChange)
  }

  /// A program of numbers.
  private struct Numbers: Equatable {
    var prefix: [Int]
    var lanes: [[Int]]
    var count: Int { prefix.count + lanes.reduce(0) { $0 + $1.count } }
  }

  private func draws(_ prefix: [Int], _ lanes: [[Int]]) -> Numbers {
    Numbers(prefix: prefix, lanes: lanes)
  }

  private func shrink(_ failing: Numbers, fails: (Numbers) -> Bool) -> Numbers {
    var shrinker = ProgramShrinker(recordings(failing))
    _ = shrinker.shrink(while: { true }) { draft in
      let numbers = numbers(draft)
      return fails(numbers) ? recordings(numbers) : nil
    }
    return numbers(shrinker.best)
  }

  private func recordings(_ numbers: Numbers) -> Draws {
    Draws(
      prefix: numbers.prefix.map(recording), lanes: numbers.lanes.map { $0.map(recording) })
  }

  private func recording(_ number: Int) -> Recording {
    Recording(choices: [
      RecordedChoice(
        value: .integer(Int128(number)), domain: .integer(0...100, simplest: 0))
    ])
  }

  private func numbers(_ draws: Draws) -> Numbers {
    func number(_ recording: Recording) -> Int {
      guard case .integer(let value)? = recording.values.first else { return 0 }
      return Int(value)
    }
    return Numbers(
      prefix: draws.prefix.map(number), lanes: draws.lanes.map { $0.map(number) })
  }
}
