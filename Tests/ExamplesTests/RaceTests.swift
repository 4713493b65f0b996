import Interleave
import InterleaveCommand
import Testing

/// What is racy is found, whatever the seed; what is mended passes.
@Suite struct RaceTests {
  @Test(arguments: Showcase.all)
  func everySeedFindsTheRace(showcase: Showcase) async {
    for seed in UInt64(0)..<20 {
      let outcome = await fuzzer(schedules: 100, seed: seed)
        .run(named: showcase.name, showcase.racy)
      #expect(outcome.failure?.kind == showcase.kind, "seed \(seed)")
      #expect(outcome.failure?.isMinimal == true, "seed \(seed)")
    }
  }

  @Test func everySeedShrinksTheBankToOnePreemption() async throws {
    for seed in UInt64(0)..<100 {
      let outcome = await fuzzer(schedules: 100, seed: seed)
        .run(named: "bank", Showcase.bank.racy)
      let failure = try #require(outcome.failure, "seed \(seed)")
      #expect(failure.kind == .invariant)
      #expect(failure.interleaving.preemptions == 1, "seed \(seed)")
      #expect(failure.interleaving.deviations.count == 1, "seed \(seed)")
      #expect(failure.isMinimal, "seed \(seed)")
      let report = "\(failure)"
      var parts = [
        "Task 0.1 checked at Bank.swift:", "task 0.0 changed",
        "guard balance >= amount else { return false }", "Bank.withdraw",
      ]
      #if DEBUG
        // The optimiser gives the line of the check to what comes after the `await`, too.
        parts.append("balance -= amount")
      #endif
      for part in parts { #expect(report.contains(part), "seed \(seed)") }
    }
  }

  @Test(arguments: Showcase.all)
  func theMendedTwinPasses(showcase: Showcase) async throws {
    let outcome = await fuzzer(schedules: 1_000, seed: 1)
      .run(named: showcase.name, showcase.mended)
    guard case .passed(let report) = outcome else {
      Issue.record(outcome.failure.map { "\($0)" } ?? "")
      return
    }
    #expect(report.isExhaustive || report.schedules == 1_000)
    #expect(report.distinctInterleavings > 1)
    #expect(report.escapes == [])
    #expect(report.warnings == [])
  }

  private func fuzzer(schedules: Int, seed: UInt64) -> Fuzzer {
    var configuration = FuzzConfiguration()
    configuration.schedules = schedules
    configuration.seed = seed
    configuration.corpus = .none
    return Fuzzer(configuration)
  }
}
