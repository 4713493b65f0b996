import InterleaveEngine
import Testing

/// Goes from one actor of its own to the other and back.
private actor Walker {
  private let other = Stop()

  func walk() async {
    for _ in 0..<3 { await other.visit() }
  }
}

private actor Stop {
  func visit() {}
}

@Suite struct KnownStateTests {
  /// What a search within a bound came to.
  private struct Search {
    var runs = 0
    var isExhausted = false
    var followsRelation = true
    var interleavings: Set<UInt64> = []
    var outcomes: Set<[String: [String]]> = []
  }

  private func explore(
    _ machine: Machine, bound: Int, skipping: Bool, limit: Int,
    _ body: @escaping @Sendable (Notes) async -> Void
  ) -> Search {
    let search = BoundedSearch(maxPreemptions: bound, skipsKnownStates: skipping)
    var result = Search()
    while result.runs < limit, search.advance() {
      result.runs += 1
      let notes = Notes()
      _ = machine.run(search, RunStart(index: 0, seed: 0)) { Task { await body(notes) } }
      result.interleavings.insert(machine.signature)
      result.outcomes.insert(notes.lines)
      if !machine.followsRelation { result.followsRelation = false }
      machine.finish()
    }
    result.isExhausted = search.isExhausted
    return result
  }

  @Test func withinEachBoundEveryInterleavingOfRandomProgramsIsFound() async throws {
    let (wrong, searches, all, tried) = try await onThread {
      let machine = try Machine(settings: MachineSettings())
      var (wrong, searches, all, tried) = ([String](), 0, 0, 0)
      for seed in 0..<UInt64(50) {
        let program = ActorProgram.random(seed: seed)
        for bound in 0...3 {
          let plain = explore(machine, bound: bound, skipping: false, limit: 200, program.run)
          guard plain.isExhausted else { break }
          let short = explore(machine, bound: bound, skipping: true, limit: 200, program.run)
          if !short.isExhausted || !short.followsRelation
            || short.interleavings != plain.interleavings || short.outcomes != plain.outcomes
          {
            wrong.append(
              "seed \(seed), bound \(bound): \(short.interleavings.count) of "
                + "\(plain.interleavings.count) interleavings, \(short.outcomes.count) of "
                + "\(plain.outcomes.count) outcomes\n  \(program)")
          }
          searches += 1
          all += plain.runs
          tried += short.runs
        }
      }
      return (wrong, searches, all, tried)
    }
    for program in wrong { Issue.record(Comment(rawValue: program)) }
    #expect(searches > 100)
    #expect(tried < all, "\(tried) of \(all) runs")
  }

  @Test func tasksThatMeetNowhereAreNotInterleavedInEveryWay() async throws {
    let (plain, short) = try await onThread {
      let machine = try Machine(settings: MachineSettings())
      let body: @Sendable (Notes) async -> Void = { _ in
        async let one: Void = Walker().walk()
        async let other: Void = Walker().walk()
        _ = await (one, other)
      }
      return (
        explore(machine, bound: 3, skipping: false, limit: 20_000, body),
        explore(machine, bound: 3, skipping: true, limit: 20_000, body)
      )
    }
    #expect(plain.isExhausted && short.isExhausted)
    #expect(short.interleavings == plain.interleavings)
    #expect(short.outcomes == plain.outcomes)
    #expect(short.runs < plain.runs)
    // In release the optimizer merges steps, so that there is less to save.
    #if DEBUG
      #expect(short.runs * 2 < plain.runs, "\(short.runs) of \(plain.runs)")
    #endif
  }

  @Test func whatTheJobOfAYieldTouchesDoesNotDependOnTheTaskMadeBeforeIt() async throws {
    let touched = try await onThread {
      let machine = try Machine(settings: MachineSettings())
      // One child yields; the other one makes a task that is nobody's child.
      let program = ActorProgram(actors: 1, root: [.group([[.yield], [.spawnOn(0, [])]])])
      var touched: [UInt64: Set<[Access]>] = [:]
      let search = BoundedSearch(maxPreemptions: 10)
      while search.advance() {
        let notes = Notes()
        _ = machine.run(search, RunStart(index: 0, seed: 0)) { Task { await program.run(notes) } }
        let steps = machine.tracedSteps()
        // All tasks but the yield's have several steps.
        for step in steps where steps.count(where: { $0.key.task == step.key.task }) == 1 {
          touched[step.key.task, default: []].insert(step.accesses)
        }
        machine.finish()
      }
      return touched
    }
    #expect(touched.count == 1)
    #expect(touched.values.allSatisfy { $0.count == 1 })
  }
}

@Suite struct KnownStatesTests {
  /// Two steps that do not depend on each other, in a simulated search tree.
  @Test func aStateIsKnownByItsTraceAndHolder() {
    var tree = BoundedSearchTree(maxPreemptions: 0)
    // Two free choices of two; the second states of both branches are the same one.
    var runs: [[Int]] = []
    while tree.advance() {
      tree.begin()
      let first = tree.choose(
        count: 2, lastTaskIsEnabled: false, state: ReachedState(trace: 1, holder: nil))
      let second = tree.choose(
        count: 2, lastTaskIsEnabled: false, state: ReachedState(trace: 2, holder: nil))
      runs.append([first, second])
    }
    #expect(runs == [[0, 0], [1, 0], [0, 1]])
    #expect(tree.isExhausted)
  }

  @Test func anotherHolderMakesAnotherState() {
    var tree = BoundedSearchTree(maxPreemptions: 1)
    var runs: Set<[Int]> = []
    while tree.advance() {
      tree.begin()
      let first = tree.choose(
        count: 2, lastTaskIsEnabled: false, state: ReachedState(trace: 1, holder: nil))
      let second = tree.choose(
        count: 2, lastTaskIsEnabled: true,
        state: ReachedState(trace: 2, holder: first == 0 ? 7 : 8))
      runs.insert([first, second])
    }
    #expect(runs == [[0, 0], [0, 1], [1, 0], [1, 1]])
  }
}
