import InterleaveEngine
import Testing

/// To strategies, what a step does from one of its points to the next is as much as a step.
@Suite(.enabled(if: Interruptions.obstacle == nil)) struct PointStrategyTests {
  private static let all: [@Sendable () -> any Strategy] = [
    { RandomWalk() }, { StratifiedWalk() }, { PCT() }, { POS() }, { URW() }, { SURW() },
    { SURW(repeatsOrders: false) }, { Guided() }, { DelayBounded() }, { PreemptionBounded() },
    { Portfolio() },
  ]

  private static let looks = 4

  /// How often one task, which looks several times in one step, saw what the other changes.
  private static func timesSeen(by strategy: any Strategy) throws -> Set<Int> {
    var settings = MachineSettings()
    settings.interruptions = .before
    let machine = try Machine(settings: settings)
    var seen: Set<Int> = []
    for index in 0..<200 {
      let changes = LockedNotes()
      let found = LockedNotes()
      _ = machine.run(strategy, RunStart(index: index, seed: UInt64(index) &* 77)) {
        Task {
          await both(
            { for _ in 0..<looks where !changes.all.isEmpty { found.add("seen") } },
            { changes.add("changed") })
        }
      }
      seen.insert(found.all.count)
      machine.finish()
    }
    return seen
  }

  @Test(arguments: all.indices)
  func aStepIsInterruptedAtEachOfItsPoints(strategy index: Int) async throws {
    let times = try await onThread { try Self.timesSeen(by: Self.all[index]()) }
    #expect(times == Set(0...Self.looks))
  }
}
