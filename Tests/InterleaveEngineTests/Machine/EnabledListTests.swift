import Testing

@testable import InterleaveEngine

/// What could run, where few jobs are copied and where many are not.
@Suite struct EnabledListTests {
  /// A queue of jobs that may all run, without some in between.
  private func withQueue(sideBySide: Int, _ body: (RunQueue) -> Void) {
    let queue = RunQueue(sideBySide: sideBySide)
    defer { queue.deallocate() }
    queue.removeAll(isOrdered: true)
    queue.addExecutor(isMailbox: false, isGlobal: true)
    for slot in 0..<Int32(40) {
      let arrival = Arrival(earliest: Int(slot), latest: Int(slot))
      queue.add(slot, RunQueue.Job(arrival, task: slot + 100, ordinal: 0, executor: 0))
    }
    for slot in stride(from: Int32(0), to: 40, by: 4) { queue.take(slot, hint: 0) }
    body(queue)
  }

  private let timer = RunQueue.Entry(slot: 77, task: 177, executor: 0, ordinal: 0)

  @Test(arguments: [4, 1_000], [0, 1, 13, 29])
  func theOneThatComesFirstIsMovedThereAndTimersComeLast(sideBySide: Int, first: Int) {
    withQueue(sideBySide: sideBySide) { queue in
      var expected = (0..<Int32(40)).filter { !$0.isMultiple(of: 4) }
      expected.insert(expected.remove(at: first), at: 0)
      expected.append(timer.slot)
      let list = EnabledList(of: queue.enabled)
      defer { list.deallocate() }
      // Each look by itself, and all of them in a row.
      for index in expected.indices {
        list.removeAll()
        list.fill(first: first)
        list.append(timer)
        #expect(list.areMany == (sideBySide == 4))
        #expect(list.count == expected.count && list[index].slot == expected[index])
      }
      #expect(expected.indices.map { list[$0].slot } == expected)
      #expect(!list.areMany)
      list.removeAll()
      list.fill(first: first)
      list.append(timer)
      #expect(list.elements.map(\.slot) == expected)
      #expect(list.elements.allSatisfy { $0.task == $0.slot + 100 })
    }
  }

  @Test(arguments: [0, 13, 29])
  func amongManyAJobIsFoundWithoutALookAtEach(first: Int) {
    withQueue(sideBySide: 4) { queue in
      let list = EnabledList(of: queue.enabled)
      defer { list.deallocate() }
      list.fill(first: first)
      list.append(timer)
      let places = queue.enabled.elements.map {
        list.index(ofSerial: queue.jobs[Int($0.slot)].serial)
      }
      #expect(places.sorted() == Array(0..<30))
      #expect(list.firstAddedIndex { $0.slot == timer.slot } == 30)
      #expect(list.firstAddedIndex { $0.slot == 1 } == nil)
      #expect(list.areMany)
      #expect(places.enumerated().allSatisfy { list[$1].slot == queue.enabled[$0].slot })
    }
  }

  // MARK: In runs

  private actor Counter {
    private var value = 0
    func add() { value += 1 }
  }

  /// Chooses as a random walk does, but looks at everything before.
  private final class Onlooker: Strategy {
    private let walk = RandomWalk()
    private(set) var most = 0

    func begin(_ run: RunStart) { walk.begin(run) }
    func choose(among steps: EnabledSteps) -> Int {
      var tasks: Set<Int> = []
      for index in 0..<steps.count { tasks.insert(steps[index].taskNumber) }
      most = max(most, tasks.count)
      return walk.choose(among: steps)
    }
  }

  private static func body() async {
    let counter = Counter()
    await withTaskGroup(of: Void.self) { group in
      for number in 0..<400 {
        group.addTask {
          await counter.add()
          if number.isMultiple(of: 5) { try? await Task.sleep(for: .milliseconds(number)) }
          await counter.add()
        }
      }
    }
  }

  private static func run(
    _ machine: Machine, _ strategy: some Strategy
  ) -> (RunEnd, RecordedSchedule) {
    let end = machine.run(strategy, RunStart(index: 1, seed: 5)) { Task { await Self.body() } }
    defer { machine.finish() }
    return (end, machine.recordedSchedule())
  }

  @Test func whoLooksAtAllOfManySeesAndChoosesTheSame() async throws {
    try await onThread {
      let machine = try Machine(settings: MachineSettings())
      let onlooker = Onlooker()
      let (end, schedule) = Self.run(machine, RandomWalk())
      #expect(end == .clean)
      #expect(Self.run(machine, onlooker).1 == schedule)
      #expect(onlooker.most > 2 * RunQueue.sideBySide)
    }
  }

  @Test func whatRanAmongManyIsReplayedStepByStep() async throws {
    try await onThread {
      let machine = try Machine(settings: MachineSettings())
      let (_, schedule) = Self.run(machine, RandomWalk())
      let replay = Replay(schedule.deviations)
      #expect(Self.run(machine, replay).1 == schedule)
      #expect(replay.applied == schedule.deviations.count && replay.applied > 500)
    }
  }
}
