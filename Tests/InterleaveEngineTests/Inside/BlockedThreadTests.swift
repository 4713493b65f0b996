import InterleaveBugs
import InterleaveEngine
import Testing

/// Whether a run shows that a pool with fewer threads could have starved.
@Suite(.enabled(if: Interruptions.obstacle == nil)) struct BlockedThreadTests {
  private static let held = ["starved_lock", "starved_readwrite", "starved_permit", "starved_main"]

  @Test(arguments: held)
  func whatIsHeldUntilALaterStepShowsInSomeRun(name: String) async throws {
    let program = try #require(BugProgram.named(name))
    #expect(try await runsThatCouldStarve(program.body) >= 5)
  }

  @Test(arguments: held)
  func whatIsGivenBackInTheSameStepNeverDoes(name: String) async throws {
    let program = try #require(BugProgram.named(name))
    #expect(try await runsThatCouldStarve(program.mended) == 0)
  }

  @Test func nothingIsLookedForWhereThePoolIsSaidToBeWideEnough() async throws {
    let program = try #require(BugProgram.named("starved_lock"))
    #expect(try await runsThatCouldStarve(variesPoolWidth: false, program.body) == 0)
  }

  /// Runs a program at random, in a pool with threads enough.
  ///
  /// - Returns: How many of 60 runs show it.
  private func runsThatCouldStarve(
    variesPoolWidth: Bool = true, _ body: @escaping @Sendable () async throws -> Void
  ) async throws -> Int {
    try await onThread {
      var settings = MachineSettings()
      settings.interruptions = .before
      settings.variesPoolWidth = variesPoolWidth
      let machine = try Machine(settings: settings)
      let strategy = RandomWalk()
      return (0..<60).count { index in
        let end = machine.run(strategy, RunStart(index: index, seed: UInt64(index))) {
          Task { try await body() }
        }
        #expect(end == .clean)
        return machine.record.couldStarve
      }
    }
  }
}
