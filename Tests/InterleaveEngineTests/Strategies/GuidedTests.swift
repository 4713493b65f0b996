import Testing

@testable import InterleaveEngine

/// Where many tasks run the same code, and what matters is which step follows which.
@Suite struct GuidedTests {
  private actor Cell {
    var value = 0
    func set() { value = 1 }
  }

  /// How many runs a strategy needs until one task sees the second of two cells set and the first
  /// one not, which twenty others set in that order; at most 400.
  private func runs(of strategy: any Strategy, seed: UInt64, on machine: Machine) -> Int {
    for index in 1...400 {
      let found = Seen()
      _ = machine.run(strategy, RunStart(index: index, seed: mix(seed, UInt64(index)))) {
        Task {
          let (first, second) = (Cell(), Cell())
          await withTaskGroup(of: Void.self) { group in
            for _ in 0..<20 {
              group.addTask {
                await first.set()
                await second.set()
              }
            }
            group.addTask {
              let early = await first.value
              await Task.yield()
              let late = await second.value
              if early == 0, late == 1 { found.isSet = true }
            }
          }
        }
      }
      machine.finish()
      if found.isSet { return index }
    }
    return 400
  }

  /// Belongs to the one thread that all steps of a run are made on.
  private final class Seen: @unchecked Sendable {
    var isSet = false
  }

  @Test func itNeedsFewerRunsThanAStrategyThatLearnsNothing() async throws {
    let (guided, drawn) = try await onThread {
      let machine = try Machine(settings: MachineSettings())
      let seeds = 1...10 as ClosedRange<UInt64>
      return (
        seeds.map { runs(of: Guided(), seed: $0, on: machine) },
        seeds.map { runs(of: POS(), seed: $0, on: machine) }
      )
    }
    #expect(guided.allSatisfy { $0 < 400 }, "\(guided)")
    #expect(2 * guided.reduce(0, +) < drawn.reduce(0, +), "\(guided) \(drawn)")
  }

  private func pair(_ first: UInt64, _ second: UInt64) -> StepPair {
    StepPair(.place, 7, first, second)
  }

  @Test func outsideOfActorsPairsOfPlacesAreTheSameInEitherOrder() {
    func differ(_ one: StepPair, _ other: StepPair) -> Bool { one.hash != other.hash }
    #expect(!differ(StepPair(.place, 0, 3, 4), StepPair(.place, 0, 4, 3)))
    #expect(!differ(StepPair(.place, 0, 3, 3), StepPair(.place, 0, 4, 4)))
    #expect(differ(StepPair(.place, 0, 3, 4), StepPair(.place, 0, 3, 5)))
    #expect(differ(StepPair(.place, 7, 3, 4), StepPair(.place, 7, 4, 3)))
    #expect(differ(StepPair(.task, 0, 3, 4), StepPair(.task, 0, 4, 3)))
    #expect(differ(StepPair(.place, 7, 3, 4), StepPair(.task, 7, 3, 4)))
  }

  @Test func whatShowsNothingNewIsNotKept() {
    let (plans, memory) = (SchedulePlans(), SeenPairs())
    var random = SplitMix64(seed: 1)
    let set = memory.note(RunRecord(ListedRun())).set
    plans.learn(SchedulePlan(wanted: [pair(1, 2)]), from: nil, SeenPairs.News(set: set))
    #expect(plans.next(&random, memory).parent == nil)
    #expect(plans.next(&random, memory).plan.isEmpty, "nothing is known to ask for")
    plans.learn(
      SchedulePlan(wanted: [pair(1, 2)]), from: nil, SeenPairs.News(newPair: pair(1, 2), set: set))
    #expect(plans.next(&random, memory).parent == 0)
  }

  @Test func aPlanIsFollowedTheLessTheMoreOftenItWas() {
    let (plans, memory) = (SchedulePlans(), SeenPairs())
    var random = SplitMix64(seed: 1)
    let set = memory.note(RunRecord(ListedRun())).set
    for second in 0..<4 as Range<UInt64> {
      plans.learn(
        SchedulePlan(wanted: [pair(1, second)]), from: nil,
        SeenPairs.News(isNewSet: true, set: set))
    }
    var uses = [0, 0, 0, 0]
    for _ in 0..<400 { uses[plans.next(&random, memory).parent ?? 0] += 1 }
    #expect(uses.allSatisfy { (80...120).contains($0) }, "\(uses)")
  }
}
