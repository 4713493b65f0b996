#if os(Linux)
  import Examples
  import Foundation
  import Interleave
  import InterleaveEngine
  import Testing

  /// What goes wrong between callbacks, queues and tasks is found from every seed and kept, and what
  /// is mended passes.
  @Suite(.enabled(if: Interruptions.obstacle == nil), .timeLimit(.minutes(10)))
  struct CallbackTests {
    @Test(arguments: CallbackRace.all)
    func everySeedFindsTheRace(race: CallbackRace) async throws {
      for seed in UInt64(1)...20 {
        var fuzzer = fuzzer(schedules: 1_000, seed: seed)
        fuzzer.configuration.corpus = .none
        fuzzer.configuration.shrinking.runs = 0
        let outcome = await fuzzer.run(named: race.name, race.racy)
        let failure = try #require(outcome.failure, "seed \(seed)")
        #expect(failure.kind == race.kind, "seed \(seed): \(failure)")
        if race.kind == .thrownError {
          #expect(failure.message.contains(race.rule), "seed \(seed): \(failure)")
        }
      }
    }

    @Test(arguments: CallbackRace.all)
    func aRaceShrinksToOnePreemption(race: CallbackRace) async throws {
      var fuzzer = fuzzer(schedules: 1_000, seed: 1)
      fuzzer.configuration.corpus = .none
      let failure = try #require(await fuzzer.run(named: race.name, race.racy).failure)
      #expect(failure.interleaving.preemptions <= 1, "\(failure)")
    }

    @Test(arguments: CallbackRace.all)
    func theMendedTwinPasses(race: CallbackRace) async {
      var fuzzer = fuzzer(schedules: 300, seed: 1)
      fuzzer.configuration.corpus = .none
      let outcome = await fuzzer.run(named: race.name, race.mended)
      if case .failed(let failure, _) = outcome { Issue.record("\(failure)") }
      #expect(outcome.report.distinctInterleavings > 1)
      #expect(outcome.report.escapes == [])
      #expect(outcome.report.warnings == [])
    }

    @Test(arguments: CallbackRace.all)
    func theEntryOfARaceStillFails(race: CallbackRace) async throws {
      let outcome = await replay(race, race.racy)
      try expectEntryFails(outcome, as: race.kind, of: race.name)
    }

    @Test(arguments: CallbackRace.all)
    func theEntryOfARaceDoesNotFailOnceItIsMended(race: CallbackRace) async {
      let outcome = await replay(race, race.mended)
      expectEntryIsMended(outcome)
    }

    @Test func theyAreTen() {
      #expect(Set(CallbackRace.all.map(\.name)).count == 10)
    }

    /// Replays what is kept of it, and looks a little further if that passes.
    private func replay(
      _ race: CallbackRace, _ body: @escaping @Sendable () async throws -> Void
    ) async -> FuzzOutcome {
      await fuzzer(schedules: 50, seed: 1).run(
        named: race.name, fileID: "Examples/Examples.swift", body)
    }

    private func fuzzer(schedules: Int, seed: UInt64) -> Fuzzer {
      var configuration = FuzzConfiguration()
      configuration.schedules = schedules
      configuration.seed = seed
      return Fuzzer(configuration)
    }
  }
#endif
