import Testing

@testable import InterleaveEngine

/// What a coverage-guided engine is told of the orders that a run shows.
@Suite struct OrderCountersTests {
  private actor Cell {
    private var value = 0
    func set() { value = 1 }
    func get() -> Int { value }
  }

  /// A random walk whose runs are counted.
  private final class Counted: Strategy {
    private let walk = RandomWalk()
    private let counters: OrderCounters

    init(_ counters: OrderCounters) {
      self.counters = counters
    }

    func begin(_ run: RunStart) { walk.begin(run) }
    func choose(among steps: EnabledSteps) -> Int { walk.choose(among: steps) }
    func end(_ run: RunRecord) { counters.note(run) }
  }

  /// Belongs to the one thread that all steps of a run are made on.
  private final class Seen: @unchecked Sendable {
    var value = -1
  }

  /// The counters after runs in which one sets a cell that another one reads, by what that has read.
  private func counted(seeds: Range<UInt64>) async throws -> [(seen: Int, counters: [UInt8])] {
    try await onThread {
      let machine = try Machine(settings: MachineSettings())
      let memory = UnsafeMutableBufferPointer<UInt8>.allocate(capacity: 4_096)
      defer { memory.deallocate() }
      let strategy = Counted(OrderCounters(memory))
      return seeds.map { seed in
        memory.initialize(repeating: 0)
        let seen = Seen()
        _ = machine.run(strategy, RunStart(index: 1, seed: seed)) {
          Task {
            let cell = Cell()
            async let setter: Void = cell.set()
            seen.value = await cell.get()
            await setter
          }
        }
        machine.finish()
        return (seen.value, Array(memory))
      }
    }
  }

  @Test func eachOrderHasCountersOfItsOwn() async throws {
    let runs = try await counted(seeds: 0..<40)
    let (early, late) = (runs.filter { $0.seen == 0 }, runs.filter { $0.seen == 1 })
    #expect(!early.isEmpty && !late.isEmpty)
    #expect(runs.allSatisfy { $0.counters.contains { $0 > 0 } })
    #expect(Set(early.map(\.counters)).isDisjoint(with: Set(late.map(\.counters))))
  }

  @Test func whatRunsAlikeIsCountedAlike() async throws {
    let (once, again) = (try await counted(seeds: 3..<6), try await counted(seeds: 3..<6))
    #expect(once.map(\.counters) == again.map(\.counters))
  }
}
