import InterleaveEngine
import Testing

@Suite struct ReversalSearchTests {
  /// What a search came to, and what it met by the number of reversals.
  private struct Found {
    var search: ReversalSearch
    var levels: [Set<UInt64>]
  }

  private func search(
    _ machine: Machine, from start: any Strategy, grain: Reduction.Grain = .steps,
    _ budget: ReversalSearch.Budget, _ body: @escaping @Sendable (Notes) async -> Void
  ) -> Found {
    func run(_ strategy: any Strategy) {
      let notes = Notes()
      _ = machine.run(strategy, RunStart(index: 0, seed: 0)) { Task { await body(notes) } }
    }
    run(start)
    var search = ReversalSearch(
      from: machine.signatureOfGrain, machine.tracedSteps(), grain: grain, budget)
    var seen: Set<UInt64> = [machine.signatureOfGrain]
    var levels = [seen]
    machine.finish()
    while let strategy = search.next() {
      run(strategy)
      if levels.count == search.distance { levels.append([]) }
      if seen.insert(machine.signatureOfGrain).inserted {
        levels[search.distance].insert(machine.signatureOfGrain)
      }
      search.learn(
        machine.signatureOfGrain, stepCount: machine.stepCount, machine.tracedSteps())
      machine.finish()
    }
    return Found(search: search, levels: levels)
  }

  @Test func whatReversalsLeadToIsWhatAllSchedulesSay() async throws {
    let (problems, programs, interleavings) = try await onThread {
      let machine = try Machine(settings: MachineSettings())
      var problems: [String] = []
      var programs = 0
      var interleavings = 0
      var seed: UInt64 = 0
      while programs < 50, problems.count < 5 {
        seed += 1
        let program = ActorProgram.random(seed: seed)
        let body: @Sendable (Notes) async -> Void = { await program.run($0) }
        guard let oracle = ReversalOracle(machine, limit: 150, body), oracle.hasOneSetOfSteps,
          oracle.interleavings > 2
        else { continue }
        programs += 1
        interleavings += oracle.interleavings
        let expected = oracle.levels(from: oracle.start, reversals: 3)
        let found = search(
          machine, from: FollowOrder(oracle.startOrder), .init(reversals: 3, runs: 10_000), body)
        let levels = found.levels + Array(repeating: [], count: 4 - found.levels.count)
        if levels != expected || found.search.isCutShort
          || found.search.interleavings != expected.reduce(0, { $0 + $1.count })
        {
          problems.append(
            """
            seed \(seed): \(levels.map(\.count)), by all schedules \(expected.map(\.count)), \
            of \(oracle.interleavings)
              \(program)
            """)
        }
      }
      return (problems, programs, interleavings)
    }
    for problem in problems { Issue.record(Comment(rawValue: problem)) }
    #expect(programs == 50)
    #expect(interleavings > 300)
  }

  /// Who is on an actor or holds a lock keeps others out, wherever in its step it is interrupted.
  @Test(.enabled(if: Interruptions.obstacle == nil))
  func enoughReversalsOfPartsOfStepsLeadToEveryInterleaving() async throws {
    let (problems, programs) = try await onThread {
      var settings = MachineSettings()
      settings.interruptions = .before
      let machine = try Machine(settings: settings)
      var (problems, programs) = ([String](), 0)
      var seed: UInt64 = 0
      while programs < 20, problems.count < 5 {
        seed += 1
        let program = ActorProgram.divided(seed: seed)
        let body: @Sendable (Notes) async -> Void = { await program.run($0) }
        let all = Exploration.reduced(machine, limit: 200, grain: .segments, body)
        guard all.isExhausted, !all.isDivided, all.interleavings > 1 else { continue }
        programs += 1
        let found = search(
          machine, from: FollowOrder([], grain: .segments), grain: .segments,
          .init(reversals: 1_000, runs: 20_000, steps: .max), body
        ).search
        if found.isCutShort || found.interleavings != all.interleavings {
          problems.append(
            "seed \(seed): \(found.interleavings) of \(all.interleavings)\n  \(program)")
        }
      }
      return (problems, programs)
    }
    for problem in problems { Issue.record(Comment(rawValue: problem)) }
    #expect(programs == 20)
  }

  private let visits: @Sendable (Notes) async -> Void = { notes in
    let program = ActorProgram(
      actors: 1, root: [.group((0..<4).map { _ in [.visit(0)] })])
    await program.run(notes)
  }

  @Test func aBudgetThatEndsEarlySaysWhereItGot() async throws {
    let counts = try await onThread {
      let machine = try Machine(settings: MachineSettings())
      return [0, 1, 10, 10_000].map { runs in
        let found = search(machine, from: Baseline(), .init(reversals: 2, runs: runs), visits)
        return (
          found.search.runs, found.search.reversals, found.search.isCutShort,
          found.search.interleavings
            == found.levels.prefix(found.search.reversals + 1)
            .reduce(0) { $0 + $1.count }
        )
      }
    }
    #expect(counts[0] == (0, 0, true, true))
    #expect(counts[1] == (1, 0, true, true))
    #expect(counts[2] == (10, 1, true, true))
    #expect(counts[3].1 == 2)
    #expect(!counts[3].2)
    #expect(counts[3].3)
  }

  @Test func aRunThatIsTooLongIsNotLookedAround() async throws {
    let found = try await onThread {
      let machine = try Machine(settings: MachineSettings())
      return search(
        machine, from: Baseline(), .init(reversals: 2, runs: 100, longestRun: 3), visits
      ).search
    }
    #expect(found.isCutShort)
    #expect(found.runs == 0)
    #expect(found.reversals == 0)
    #expect(found.interleavings == 1)
  }
}
