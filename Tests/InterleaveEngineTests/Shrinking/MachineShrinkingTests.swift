import InterleaveEngine
import Testing

/// Shrinking and replay of what a machine ran, with real actors.
@Suite struct MachineShrinkingTests {
  private actor Log {
    private var entries = 0
    func append() { entries += 1 }
  }

  private actor Bank {
    private(set) var balance = 100
    private let log = Log()

    func withdraw(_ amount: Int) async {
      guard balance >= amount else { return }
      await log.append()
      balance -= amount
    }
  }

  /// Written by the last step of a run and read after it.
  private final class Outcome: @unchecked Sendable {
    var balance = 0
  }

  private static func runBank(
    _ machine: Machine, _ strategy: any Strategy, seed: UInt64 = 0
  ) -> Trial {
    let outcome = Outcome()
    let end = machine.run(strategy, RunStart(index: 0, seed: seed)) {
      Task {
        let bank = Bank()
        await withTaskGroup(of: Void.self) { group in
          for _ in 0..<3 { group.addTask { await bank.withdraw(40) } }
        }
        outcome.balance = await bank.balance
      }
    }
    let schedule = machine.recordedSchedule()
    machine.finish()
    #expect(end == .clean)
    return Trial(fails: outcome.balance < 0, schedule: schedule, isWhole: true)
  }

  @Test func replayOfAllDeviationsIsTheVerySameSchedule() throws {
    let machine = try Machine(settings: MachineSettings())
    for seed in 0..<UInt64(200) {
      let trial = Self.runBank(machine, RandomWalk(), seed: seed)
      let replay = Replay(trial.schedule.deviations)
      let again = Self.runBank(machine, replay)
      #expect(again.schedule == trial.schedule, "seed \(seed)")
      #expect(replay.applied == trial.schedule.deviations.count, "seed \(seed)")
    }
  }

  @Test func followingTheOrderOfAScheduleIsTheVerySameSchedule() throws {
    let machine = try Machine(settings: MachineSettings())
    for seed in 0..<UInt64(200) {
      let trial = Self.runBank(machine, RandomWalk(), seed: seed)
      let again = Self.runBank(machine, FollowOrder(trial.schedule.steps.map(\.key)))
      #expect(again.schedule == trial.schedule, "seed \(seed)")
    }
  }

  @Test func theBankShrinksToOnePreemptionFromEverySeed() throws {
    let machine = try Machine(settings: MachineSettings())
    #expect(!Self.runBank(machine, Baseline()).fails)
    var found = 0
    for seed in 0..<UInt64(200) {
      let trial = Self.runBank(machine, RandomWalk(), seed: seed)
      guard trial.fails else { continue }
      found += 1
      let result = ScheduleShrinker().shrink(trial.schedule) { Self.runBank(machine, $0) }
      #expect(result.schedule.preemptions == 1, "seed \(seed)")
      #expect(result.isMinimal, "seed \(seed)")
      let again = Self.runBank(machine, Replay(result.deviations))
      #expect(again.fails && again.schedule == result.schedule, "seed \(seed)")
      if seed < 40 { print(seed, result.deviations.count, result.schedule.preemptions, result.runs, result.isMinimal, result.schedule.steps.count, trial.schedule.preemptions) }
    }
    #expect(found >= 50)
    print("found", found)
  }
}
