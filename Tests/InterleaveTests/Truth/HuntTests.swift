import Interleave
import Testing

@testable import InterleaveBenchmarks

/// The hunt for proofs that are none: its programs, and who judges what is claimed of them.
@Suite struct HuntTests {
  private let wholeNumbers = 0..<UInt64(40)

  private func programs(sharing name: String) throws -> [HuntProgram] {
    let thing = try #require(SharedThings.place(of: name))
    return wholeNumbers.map { HuntProgram.random(seed: $0, of: [thing]) }
  }

  @Test func theSameSeedDrawsTheSameProgram() {
    let all = Array(SharedThings.all.indices)
    #expect(
      wholeNumbers.map { HuntProgram.random(seed: $0, of: all) }
        == wholeNumbers.map { HuntProgram.random(seed: $0, of: all) })
    #expect(Set(wholeNumbers.map { HuntProgram.random(seed: $0, of: all) }).count > 35)
  }

  @Test func theThingsHaveNamesOfTheirOwnAndAreManifold() {
    #expect(Set(SharedThings.all.map { $0.name }).count == SharedThings.all.count)
    #expect(SharedThings.all.count >= 40)
  }

  @Test func allThatAProgramCanDoIsDrawn() throws {
    var left = Set(
      SharedThings.all.enumerated().flatMap { place, thing in
        thing.operations.indices.map { HuntAction.use(thing: place, operation: $0) }
          + thing.waits.indices.map { HuntAction.wait(thing: place, operation: $0) }
      })
    for seed in 0..<UInt64(3_000) {
      let program = HuntProgram.random(seed: seed, of: Array(SharedThings.all.indices))
      for action in program.root.flatMap(\.all) {
        switch action {
        case .use(let thing, let operation):
          left.remove(.use(thing: program.things[thing], operation: operation))
        case .wait(let thing, let operation):
          left.remove(.wait(thing: program.things[thing], operation: operation))
        default: break
        }
      }
    }
    #expect(left == [])
  }

  @Test func whatIsSmallerIsSmallerOrAsLargeAndSimpler() throws {
    for program in try programs(sharing: "NSLock") {
      #expect(program.smaller.allSatisfy { $0.size <= program.size && $0 != program })
    }
  }

  /// A judge who is told of a claim that only the first schedule stands behind.
  @Test func aClaimOverOneScheduleIsRefuted() async throws {
    var judge = HuntJudge()
    judge.schedules = 200
    judge.nativeRuns = 0
    judge.proves = { judge, program, seed in
      var verdict = HuntJudge.Verdict()
      verdict.outcomes = await judge.fuzz(program, .baseline, 1, seed: seed).outcomes
      verdict.isClaimed = true
      verdict.interleavings = 1
      return verdict
    }
    let racing = HuntProgram(
      things: [], rooms: 1,
      root: [
        .together(
          .asyncLets,
          [
            HuntChild(place: .nowhere, actions: [.visit(0)]),
            HuntChild(place: .nowhere, actions: [.visit(0), .visit(0), .check]),
          ], then: [])
      ])
    #expect(await judge.judge(racing, seed: 1).isRefutedUnderControl)
    let alone = HuntProgram(things: [], rooms: 1, root: [.visit(0)])
    #expect(await !judge.judge(alone, seed: 1).isFalse)
    // The smallest program that races has two tasks that visit.
    let smallest = await judge.shrink(racing, seed: 1) { $0.isFalse }
    #expect(smallest.size == 5)
  }

  @Test func whatOnlyNativeRunsShowRefutesAClaimToo() async throws {
    var judge = HuntJudge()
    judge.schedules = 1
    judge.nativeRuns = 1
    judge.proves = { _, _, _ in
      var verdict = HuntJudge.Verdict()
      verdict.outcomes = ["nothing"]
      verdict.isClaimed = true
      verdict.interleavings = 1
      return verdict
    }
    let alone = HuntProgram(things: [], rooms: 1, root: [.visit(0)])
    let verdict = await judge.judge(alone, seed: 1)
    #expect(verdict.missed == ["0: after nobody\n": "randomWalk"])
    judge.schedules = 0
    #expect(await judge.judge(alone, seed: 1).missed == ["0: after nobody\n": "the real runtime"])
  }

  @Test func aHuntThatJudgedNoClaimHasShownNothing() async {
    #expect(!Hunt().hasJudged)
    var hunt = Hunt()
    hunt.judge = .brief
    hunt.judge.proves = { _, _, _ in HuntJudge.Verdict() }
    await hunt.run(.programs(3))
    #expect(hunt.isClean && !hunt.hasJudged)
  }

  @Test func aHuntComesToTheSameForTheSameSeed() async throws {
    func hunt() async -> [String] {
      var hunt = Hunt()
      hunt.judge = .brief
      hunt.mostCatches = 0
      await hunt.run(.programs(20))
      return ["\(hunt.table)"] + hunt.falseProofs.map { "\($0)" }
    }
    #expect(await hunt() == hunt())
  }
}

extension HuntAction {
  /// The action and those in it.
  fileprivate var all: [HuntAction] {
    switch self {
    case .handled(_, _, let inner): [self] + inner.flatMap(\.all)
    case .together(_, let children, let then):
      [self] + children.flatMap { $0.actions.flatMap(\.all) } + then.flatMap(\.all)
    default: [self]
    }
  }
}
