import InterleaveEngine
import Testing

@Suite struct MachineStrategyTests {
  private actor Counter {
    var value = 0
    func add() { value += 1 }
    func reset() { value = 0 }
  }

  private static let all: [@Sendable () -> any Strategy] = [
    { RandomWalk() }, { StratifiedWalk() }, { PCT() }, { POS() }, { URW() }, { SURW() },
    { SURW(repeatsOrders: false) }, { Guided() }, { DelayBounded() }, { PreemptionBounded() },
    { DepthFirst() },
    { Portfolio() },
  ]

  /// The signatures and lengths of some runs.
  private static func runs(of strategy: any Strategy, on machine: Machine) -> [RecordedSchedule] {
    (0..<40).map { index in
      _ = machine.run(strategy, RunStart(index: index, seed: UInt64(index) &* 77)) {
        Task {
          let (a, b) = (Counter(), Counter())
          await withTaskGroup(of: Void.self) { group in
            for _ in 0..<3 {
              group.addTask {
                await a.add()
                await b.add()
                Task { await a.add() }
              }
            }
          }
        }
      }
      defer { machine.finish() }
      return machine.recordedSchedule()
    }
  }

  @Test(arguments: all.indices)
  func aStrategyMakesTheSameRunsAgain(index: Int) async throws {
    let (first, second) = try await onThread {
      let machine = try Machine(settings: MachineSettings())
      return (
        Self.runs(of: Self.all[index](), on: machine),
        Self.runs(of: Self.all[index](), on: machine)
      )
    }
    #expect(first == second)
    #expect(Set(first).count > 5)
  }

  @Test func theRecordShowsTheStepsAndTasksOfARun() async throws {
    let (steps, tasks, children) = try await onThread {
      let machine = try Machine(settings: MachineSettings())
      _ = machine.run(Baseline(), RunStart(index: 0, seed: 0)) {
        Task {
          async let one = Counter().value
          async let other = Counter().value
          return await one + other
        }
      }
      let record = machine.record
      defer { machine.finish() }
      return (
        record.stepCount, record.taskCount,
        (0..<record.taskCount).filter { record.task($0).parent == 0 }
      )
    }
    #expect(tasks == 3)
    #expect(children == [1, 2])
    #expect(steps > 3)
  }

  @Test func tasksThatCallTheSameMethodGoOnAtTheSamePlace() async throws {
    let runs = try await onThread {
      let machine = try Machine(settings: MachineSettings())
      return (0..<2).map { index in
        let watcher = PlaceWatcher()
        _ = machine.run(watcher, RunStart(index: index, seed: 1)) {
          Task {
            let counter = Counter()
            await withTaskGroup(of: Void.self) { group in
              for _ in 0..<4 { group.addTask { await counter.add() } }
              group.addTask { await counter.reset() }
            }
          }
        }
        machine.finish()
        return watcher.places
      }
    }
    // Each run numbers its places, so that neither addresses nor offsets matter.
    #expect(runs == [[1, 1, 1, 1, 2], [1, 1, 1, 1, 2]])
  }

  /// Lets tasks begin first, and notes where they go on afterwards.
  private final class PlaceWatcher: Strategy {
    /// By number of task, the first time that all have begun.
    var places: [UInt64] = []
    func begin(_ run: RunStart) {}
    func choose(among steps: EnabledSteps) -> Int {
      let all = (0..<steps.count).map { steps[$0] }
      if let index = all.firstIndex(where: { $0.reason == .created }) { return index }
      if places.isEmpty {
        places = all.indices.sorted { all[$0].taskNumber < all[$1].taskNumber }
          .map { steps.place(at: $0) }
      }
      return 0
    }
  }
}
