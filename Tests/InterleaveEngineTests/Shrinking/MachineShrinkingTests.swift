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

  /// Three clients of one bank; fails if it is overdrawn.
  private static func runBank(
    _ machine: Machine, _ strategy: any Strategy, clients: Int = 3, seed: UInt64 = 0
  ) -> Trial {
    let outcome = Outcome()
    let end = machine.run(strategy, RunStart(index: 0, seed: seed)) {
      Task {
        let bank = Bank()
        await withTaskGroup(of: Void.self) { group in
          for _ in 0..<clients { group.addTask { await bank.withdraw(120 / clients) } }
        }
        outcome.balance = await bank.balance
      }
    }
    let schedule = machine.recordedSchedule()
    machine.finish()
    #expect(end == .clean)
    return Trial(fails: outcome.balance < 0, schedule: schedule)
  }

  /// Clients that sleep for moments so short that a timer may overtake work.
  private static func runSleepers(
    _ machine: Machine, _ strategy: any Strategy, seed: UInt64 = 0
  ) -> Trial {
    let outcome = Outcome()
    let end = machine.run(strategy, RunStart(index: 0, seed: seed)) {
      Task {
        let bank = Bank()
        await withTaskGroup(of: Void.self) { group in
          for client in 1...3 {
            group.addTask {
              try? await Task.sleep(for: .milliseconds(client))
              await bank.withdraw(40)
            }
          }
        }
        outcome.balance = await bank.balance
      }
    }
    let schedule = machine.recordedSchedule()
    machine.finish()
    #expect(end == .clean)
    return Trial(fails: outcome.balance < 0, schedule: schedule)
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

  @Test func replayIsExactWhereTimersOvertakeWork() throws {
    let machine = try Machine(settings: MachineSettings())
    var stalls = 0
    for seed in 0..<UInt64(100) {
      let schedule = Self.runSleepers(machine, RandomWalk(), seed: seed).schedule
      let again = Self.runSleepers(machine, Replay(schedule.deviations)).schedule
      #expect(again == schedule, "seed \(seed)")
      stalls += schedule.stalls
    }
    #expect(stalls > 0)
  }

  @Test func timersThatNeedNotOvertakeWorkDoSoNoMore() throws {
    let machine = try Machine(settings: MachineSettings())
    #expect(!Self.runSleepers(machine, Baseline()).fails)
    var stalls = 0
    var found = 0
    for seed in 0..<UInt64(20) {
      let trial = Self.runSleepers(machine, RandomWalk(), seed: seed)
      guard trial.fails else { continue }
      found += 1
      stalls = max(stalls, trial.schedule.stalls)
      let result = ScheduleShrinker().shrink(trial.schedule) { Self.runSleepers(machine, $0) }
      #expect(result.schedule.preemptions == 1, "seed \(seed)")
      #expect(result.schedule.stalls == 1, "seed \(seed)")
      #expect(result.deviations.count == 2, "seed \(seed)")
    }
    #expect(found > 0)
    #expect(stalls > 1)
  }

  @Test func aSearchWithoutABoundComesAcrossAllThatRandomWalksDo() throws {
    let machine = try Machine(settings: MachineSettings())
    var walked: Set<[StepKey]> = []
    var preemptions = 0
    for seed in 0..<UInt64(500) {
      let trial = Self.runBank(machine, RandomWalk(), clients: 2, seed: seed)
      walked.insert(trial.schedule.steps.map(\.key))
      preemptions = max(preemptions, trial.schedule.preemptions)
    }
    let search = BoundedSearch(maxPreemptions: preemptions)
    var searched: Set<[StepKey]> = []
    var runs = 0
    while search.advance() {
      let trial = Self.runBank(machine, search, clients: 2)
      searched.insert(trial.schedule.steps.map(\.key))
      runs += 1
    }
    #expect(search.isExhausted)
    #expect(searched.count == runs)
    #expect(walked.isSubset(of: searched))
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
    }
    #expect(found >= 50)
  }
}
