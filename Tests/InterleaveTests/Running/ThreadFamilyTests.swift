#if os(Linux)
  import Interleave
  import InterleaveBugs
  import InterleaveEngine
  import Testing

  /// Programs of threads and locks, as tools for other languages are measured with.
  @Suite(.enabled(if: Interruptions.obstacle == nil)) struct ThreadFamilyTests {
    /// The deepest takes 370 schedules on average over 60 seeds, and 1,464 at most.
    @Test(arguments: BugProgram.threads.map(\.name))
    func eachIsFoundWithTheDefaults(name: String) async throws {
      let program = try #require(BugProgram.named(name))
      for seed in [UInt64(1), 2, 3] {
        let outcome = await fuzzed(
          schedules: 3_000, seed: seed, { $0.shrinking.runs = 50 }, named: name,
          body: program.body)
        let failure = try #require(outcome.failure, "seed \(seed): \(outcome)")
        #expect(failure.schedulesTried >= 1, "\(failure)")
      }
    }

    @Test(arguments: BugProgram.threads.map(\.name))
    func nothingIsSaidOfItsMendedTwin(name: String) async throws {
      let program = try #require(BugProgram.named(name))
      let outcome = await fuzzed(
        schedules: 300, { $0.checks.remove(.nothingInterleaved) }, named: name,
        body: program.mended)
      #expect(outcome.failure == nil, "\(outcome)")
      #expect(outcome.report.escapes.isEmpty, "\(outcome)")
    }

    @Test func theFamilyNamesEachProgramOnce() {
      let names = BugProgram.threads.map(\.name)
      #expect(names.count >= 25)
      #expect(Set(names).count == names.count)
      #expect(names.allSatisfy { $0.hasPrefix("thread_") })
    }
  }
#endif
