import InterleaveEngine
import Testing

@testable import Interleave

/// What collided, as runs in other orders show it.
@Suite struct ExperimentsTests {
  /// A tally of what a test does, which has nothing to do with what goes wrong.
  private actor Bystander {
    private(set) var calls = 0

    func note() { calls += 1 }
  }

  private actor Counter {
    private(set) var count = 0
    private let log = Bystander()

    func increment() async {
      let old = count
      await log.note()
      count = old + 1
    }
  }

  private actor Directory {
    private var names: [Int: String] = [:]

    func store(_ name: String) { names[1] = name }
    func lookUp() -> String? { names[1] }
  }

  private actor Lock {
    private var isTaken = false
    private var waiting: [CheckedContinuation<Void, Never>] = []

    func take() async {
      guard isTaken else { return isTaken = true }
      await withCheckedContinuation { waiting.append($0) }
    }

    func release() {
      guard !waiting.isEmpty else { return isTaken = false }
      waiting.removeFirst().resume()
    }
  }

  private func report(
    _ body: @escaping @Sendable () async throws -> Void
  ) async throws -> (failure: FuzzFailure, collided: String) {
    let outcome = await fuzzed(schedules: 500, body: body)
    let failure = try #require(outcome.failure)
    let text = failure.description
    let sections = text.split(separator: "\n\n").map(String.init)
    let first = sections.firstIndex { $0.hasPrefix("What collided") }
    let last = sections.firstIndex { $0.hasPrefix("The interleaving") }
    let collided = first.flatMap { first in
      last.map { sections[first..<$0].joined(separator: "\n") }
    }
    return (failure, (collided ?? "").split(whereSeparator: \.isWhitespace).joined(separator: " "))
  }

  @Test func aLostUpdateIsNamedAndNotWhatHappensBesideIt() async throws {
    let (_, collided) = try await report {
      let counter = Counter()
      let bystander = Bystander()
      async let one: Void = {
        await bystander.note(); await counter.increment()
      }()
      async let other: Void = {
        await bystander.note(); await counter.increment()
      }()
      _ = await (one, other)
      #expect(await counter.count == 2)
    }
    #expect(collided.contains("checked at"), "\(collided)")
    #expect(collided.contains("changed `count`"), "\(collided)")
    #expect(!collided.contains("calls"), "\(collided)")
    #expect(collided.contains("By experiment: "), "\(collided)")
  }

  @Test func twoStepsInTheWrongOrderAreNamed() async throws {
    let (failure, collided) = try await report {
      let directory = Directory()
      async let name = directory.lookUp()
      async let stored: Void = directory.store("Ada")
      #expect(await name == "Ada")
      await stored
    }
    #expect(collided.contains("Task 0.0 "), "\(collided)")
    #expect(collided.contains(" ran on Directory before `names` was stored "), "\(collided)")
    #expect(collided.contains("By experiment: in the other order it passes"), "\(collided)")
    #expect(failure.kind == .expectation)
  }

  @Test func aDeadlockIsAnOrderOfTwoSteps() async throws {
    let (failure, collided) = try await report {
      let left = Lock()
      let right = Lock()
      async let one: Void = {
        await left.take()
        await right.take()
        await right.release()
        await left.release()
      }()
      async let other: Void = {
        await right.take()
        await left.take()
        await left.release()
        await right.release()
      }()
      _ = await (one, other)
    }
    #expect(failure.kind == .lostWakeUp || failure.kind == .deadlock)
    #expect(collided.contains("on Lock"), "\(collided)")
    #expect(collided.contains("By experiment: "), "\(collided)")
  }

  @Test func whatFailsInAnyOrderBlamesNoOrder() async throws {
    let (failure, collided) = try await report {
      let counter = Counter()
      async let one: Void = counter.increment()
      async let other: Void = counter.increment()
      _ = await (one, other)
      #expect(await counter.count > 2)
    }
    #expect(failure.interleaving.deviations.isEmpty)
    #expect(!collided.contains("By experiment"), "\(collided)")
    #expect(collided.contains("No two steps by themselves: "), "\(collided)")
    #expect(collided.contains("it failed as well"), "\(collided)")
  }

  @Test func theSameFailureIsExplainedInTheSameWords() async throws {
    var texts: Set<String> = []
    for _ in 0..<3 {
      let (_, collided) = try await report {
        let counter = Counter()
        async let one: Void = counter.increment()
        async let other: Void = counter.increment()
        _ = await (one, other)
        #expect(await counter.count == 2)
      }
      texts.insert(collided)
    }
    #expect(texts.count == 1, "\(texts)")
  }

  // MARK: What they may cost

  /// How many runs are asked for where each fails alike.
  private func runs(within budget: ReversalSearch.Budget) throws -> Int {
    var failing = RunOutcome.failing([1, 2, 1, 2])
    failing.schedule = failing.schedule?.deviating
    failing.touched = failing.schedule?.steps.map {
      StepTrace.Step(
        key: $0.key, cause: -1, accesses: [Access(object: 7, mode: .exclusive)])
    }
    let interleaving = try #require(failing.interleaving)
    var experiments = try #require(Experiments(on: failing, interleaving, budget))
    var count = 0
    while experiments.next() != nil {
      count += 1
      experiments.learn(failing)
    }
    return count
  }

  @Test func theyEndWithTheirRunsOrSteps() throws {
    let all = try runs(within: ReversalSearch.Budget(reversals: 1, runs: 100))
    try #require(all > 3)
    #expect(try runs(within: ReversalSearch.Budget(reversals: 1, runs: 3)) == 3)
    #expect(try runs(within: ReversalSearch.Budget(reversals: 1, runs: 100, steps: 8)) == 2)
  }

  @Test func noRacesAreLookedForInALongRun() throws {
    let all = try runs(within: ReversalSearch.Budget(reversals: 1, runs: 100))
    let few = try runs(within: ReversalSearch.Budget(reversals: 1, runs: 100, longestRun: 3))
    #expect(few < all)
  }

  // MARK: The nearest run that passes, and when the failure became likely

  private func lostUpdate() async throws -> FuzzFailure {
    try await report {
      let counter = Counter()
      async let one: Void = counter.increment()
      async let other: Void = counter.increment()
      _ = await (one, other)
      #expect(await counter.count == 2)
    }.failure
  }

  @Test func theRunThatPassesAndWasTheSameForLongestIsShown() async throws {
    let failure = try await lostUpdate()
    let passing = try #require(failure.findings?.passing, "\(failure)")
    let first = passing.firstDifference
    let (failing, other) = (failure.interleaving.steps, passing.interleaving.steps)
    #expect(first > 0 && first < failing.count && first < other.count)
    #expect(failing.prefix(first).map(\.name) == other.prefix(first).map(\.name))
    #expect(failing[first].name != other[first].name)
    #expect(
      failure.description.contains("The nearest run that passes: the same up to step \(first)"))
    #expect(other.flatMap(\.changes).contains { $0.property == "count" && $0.after == "2" })
  }

  @Test func whenNothingIsLeftToChooseTheFailureIsCertain() async throws {
    let failure = try await lostUpdate()
    let chances = try #require(failure.findings?.chances)
    let last = try #require(chances.keys.max(), "\(failure)")
    #expect(chances[last]?.passed == 0)
    #expect(chances[0]?.passed ?? 0 > 0, "from the start, some runs pass")
    #expect(Set(chances.values.map { $0.passed + $0.failed }).count == 1, "each as often")
  }

  @Test func theGreatestRiseIsTold() {
    var findings = ExperimentFindings()
    findings.chances = [
      0: .init(passed: 7, failed: 1), 3: .init(passed: 6, failed: 2),
      5: .init(passed: 0, failed: 8),
    ]
    #expect(findings.rise.map { [$0.before, $0.after] } == [3, 5])
    var failure = Sample.overdrawnFailure
    failure.findings = findings
    let text = FailureReport.render(failure, width: 100, colour: false)
    #expect(
      text.contains(
        "Of runs that go on at random after step 3, 2 of 8 fail; after step 5, 8 of 8."), "\(text)")
    findings.chances = [0: .init(failed: 8), 5: .init(failed: 8)]
    #expect(findings.rise == nil, "where it fails from the start, nothing rises")
  }
}
