import InterleaveEngine
import Testing

@testable import Interleave

/// Makes a failure small by runs that no machine makes.
@Suite(.serialized) struct FailureShrinkerTests {
  private func found(
    _ outcome: RunOutcome, cancellation: RecordedCancellation? = nil
  ) -> FoundFailure {
    var found = FoundFailure(outcome, schedulesTried: 3, seed: 8)
    found.schedule = found.schedule.deviating
    found.schedule.cancellation = cancellation
    return found
  }

  private func shrink(
    _ found: FoundFailure, isGenerated: Bool = false, _ maker: Answers
  ) throws -> ShrunkFailure {
    let resolved = try ResolvedConfiguration(of: "shrinking") { $0.shrinking.runs = 100 }
    let test = TestIdentity(suite: "S", name: "t()", arguments: "", filePath: "/p/T.swift")
    let progress = ShrinkingProgress(of: found, in: test)
    defer { progress.end() }
    let runs = SettlingRuns(maker, progress, seed: found.seed, beside: found.failure)
    var shrinker = FailureShrinker(
      found, resolved, isGenerated: isGenerated, hasEscapes: false, runs)
    return shrinker.shrink()
  }

  @Test func aFailureThatComesUpOtherwiseIsMadeSmaller() throws {
    let maker = Answers { _, _ in .failing([2, 1]) }
    let shrunk = try shrink(found(.failing([1, 2, 1, 2])), maker)
    #expect(shrunk.schedule == .of([2, 1]))
    #expect(shrunk.isMinimal)
  }

  @Test func anotherFailureIsNotTaken() throws {
    let maker = Answers { _, _ in .failing([2], place: "T.swift:99") }
    let shrunk = try shrink(found(.failing([1, 2])), maker)
    #expect(shrunk.schedule == RecordedSchedule.of([1, 2]).deviating)
  }

  @Test func draftsAreGivenUpSoonAndOnTheTermsOfTheFailure() throws {
    let maker = Answers { _, _ in .passing() }
    _ = try shrink(found(.failing([1, 2])), maker)
    #expect(!maker.requests.isEmpty)
    #expect(maker.requests.allSatisfy { $0.terms.patience == .hasty })
    #expect(maker.requests.allSatisfy { $0.terms.stepLimit == 5_000 })
    #expect(maker.requests.allSatisfy { $0.terms.seed == 8 })
  }

  @Test func aFailureWithoutItsCancellationIsBetter() throws {
    let cancellation = RecordedCancellation(task: 1, after: StepKey(task: 2, ordinal: 0))
    let without = Answers { _, _ in .failing([2, 1]) }
    let shrunk = try shrink(found(.failing([1, 2, 1]), cancellation: cancellation), without)
    #expect(shrunk.schedule.cancellation == nil)
    #expect(without.requests.allSatisfy { $0.canceller == nil })

    let with = Answers { request, _ in
      guard request.canceller != nil else { return .passing() }
      var outcome = RunOutcome.failing([1, 2, 1])
      outcome.schedule?.cancellation = cancellation
      return outcome
    }
    let kept = try shrink(found(.failing([1, 2, 1]), cancellation: cancellation), with)
    #expect(kept.schedule.cancellation == cancellation)
    #expect(!with.requests.filter { $0.canceller == nil }.isEmpty, "it was tried without")
  }

  @Test func whatFailsByNotHappeningMustFailWithTheTimeThatCounts() throws {
    func answers(inTime: RunOutcome) -> Answers {
      Answers { request, _ in
        request.terms.patience == .hasty ? .failing([2, 1], kind: .deadlock) : inTime
      }
    }
    let original = found(.failing([1, 2, 1, 2], kind: .deadlock))
    let sure = try shrink(original, answers(inTime: .failing([2, 1], kind: .deadlock)))
    #expect(sure.schedule == .of([2, 1]))
    let unsure = try shrink(original, answers(inTime: .passing()))
    #expect(unsure.schedule == original.schedule)
    #expect(!unsure.isMinimal)
  }

  @Test func draftsOfAProgramAreToldAhead() throws {
    func draws(_ numbers: [Int128]) -> Draws {
      Draws(
        inputs: Recording(
          choices: numbers.map {
            RecordedChoice(value: .integer($0), domain: .integer(0...9, simplest: 0))
          }))
    }
    var failing = RunOutcome.failing([2, 1])
    failing.draws = draws([7])
    let maker = Answers { request, _ in
      guard case .replay(let draft) = request.plan else { return .passing() }
      // It fails from 3 on.
      guard case .integer(let number)? = draft.inputs?.values.first, number >= 3 else {
        return .passing([1, 2])
      }
      var outcome = RunOutcome.failing([2, 1])
      outcome.draws = draft
      return outcome
    }
    let shrunk = try shrink(found(failing), isGenerated: true, maker)
    #expect(shrunk.draws.inputs?.values == [.integer(3)])
    #expect(maker.expected.contains { $0 > 2 })
    #expect(maker.expected.last == 0, "nothing is expected in the end")
  }

  // MARK: Where runs are made

  @Test func onlySoManyThreadsAreLost() throws {
    let test = TestIdentity(suite: "S", name: "t()", arguments: "", filePath: "/p/T.swift")
    let found = found(.failing(kind: .hang))
    let progress = ShrinkingProgress(of: found, in: test)
    defer { progress.end() }
    let maker = Answers { _, _ in
      var outcome = RunOutcome.failing(kind: .hang)
      outcome.wasStopped = true
      return outcome
    }
    let runs = SettlingRuns(maker, progress, seed: 0, beside: found.failure)
    runs.place = .thread(hangLimit: 1)
    for _ in 0..<300 { _ = runs.run(.replay(found.schedule, found.draws)) }
    #expect(maker.requests.count == 200)
  }

  @Test func aChildThatIsLostIsReplaced() throws {
    let test = TestIdentity(suite: "S", name: "t()", arguments: "", filePath: "/p/T.swift")
    let found = found(.failing(kind: .crash))
    let progress = ShrinkingProgress(of: found, in: test)
    defer { progress.end() }
    let maker = Answers { _, count in count < 3 ? .notMade : .failing(kind: .crash) }
    let runs = SettlingRuns(maker, progress, seed: 0, beside: found.failure)
    runs.place = .child(hangLimit: 1)
    let outcome = runs.run(.replay(found.schedule, found.draws))
    #expect(outcome.failure?.kind == .crash)
    #expect(maker.requests.count == 3)
  }
}
