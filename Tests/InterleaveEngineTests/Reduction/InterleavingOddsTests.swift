import Foundation
import InterleaveEngine
import Testing

@Suite struct InterleavingOddsTests {
  private actor Purse {
    private var balance = 100

    func withdraw(_ amount: Int) { if balance >= amount { balance -= amount } }
  }

  private static func clients(_ count: Int, on purses: Int) -> @Sendable (Notes) async -> Void {
    { _ in
      let purses = (0..<purses).map { _ in Purse() }
      await withDiscardingTaskGroup { group in
        for client in 0..<count {
          group.addTask { await purses[client % purses.count].withdraw(1) }
        }
      }
    }
  }

  /// What walks say of how many interleavings there are, on average.
  ///
  /// - Parameter kinds: The strategies that take turns.
  private static func mean(
    _ machine: Machine, _ kinds: [any Strategy], walks: Int, seed: UInt64,
    _ body: @escaping @Sendable (Notes) async -> Void
  ) -> Double? {
    let looking = OddsOfRuns()
    var odds: [InterleavingOdds] = []
    for walk in 0..<walks {
      let strategy = kinds[walk % kinds.count]
      let notes = Notes()
      let start = RunStart(index: walk, seed: SplitMix64.seed(seed, stream: UInt64(walk)))
      _ = machine.run(strategy, start) { Task { await body(notes) } }
      if let seen = looking.look(at: machine, drawnBy: strategy) { odds.append(seen) }
      machine.finish()
    }
    guard odds.count == walks else { return nil }
    let uniform = Double(odds.count { !$0.isByPlace }) / Double(walks)
    return odds.reduce(0) {
      $0 + 1 / (uniform * exp($1.uniform) + (1 - uniform) * exp($1.byPlace))
    } / Double(walks)
  }

  private static func walks(_ kind: Int) -> [any Strategy] {
    [[RandomWalk()], [StratifiedWalk()], [RandomWalk(), StratifiedWalk()]][kind]
  }

  @Test(arguments: 0..<3)
  func theMeanOverWalksIsTheNumberOfInterleavings(kind: Int) async throws {
    let ratios = try await onThread {
      let machine = try Machine(settings: MachineSettings())
      return [Self.clients(3, on: 1), Self.clients(4, on: 2), Self.clients(4, on: 4)].map { body in
        let exact = Exploration.reduced(machine, body)
        #expect(exact.isExhausted && exact.interleavings > 5)
        let mean = Self.mean(machine, Self.walks(kind), walks: 2_000, seed: 1, body)
        return (mean ?? 0) / Double(exact.interleavings)
      }
    }
    for ratio in ratios { #expect(abs(ratio - 1) < 0.15, "\(ratios)") }
  }

  /// Programs of all kinds, whose interleavings were counted by running them all.
  @Test func someHundredWalksTellTheNumberOfRandomProgramsWithinAFewFactors() async throws {
    let ratios = try await onThread {
      let machine = try Machine(settings: MachineSettings())
      var ratios: [Double] = []
      var seed: UInt64 = 0
      while ratios.count < 24 {
        seed += 1
        let program = ActorProgram.random(seed: seed)
        let body: @Sendable (Notes) async -> Void = { await program.run($0) }
        let exact = Exploration.reduced(machine, limit: 1_500, body)
        guard exact.isExhausted, exact.interleavings > 100 else { continue }
        let mean = Self.mean(
          machine, [RandomWalk(), StratifiedWalk()], walks: 300, seed: seed, body)
        ratios.append((mean ?? 0) / Double(exact.interleavings))
      }
      return ratios
    }
    let near = ratios.count { abs($0 - 1) <= 0.2 }
    #expect(near >= ratios.count / 2, "\(ratios)")
    #expect(ratios.allSatisfy { $0 > 0.2 && $0 < 5 }, "\(ratios)")
  }

  @Test func whatWasNotDrawnUniformlyTellsNothing() async throws {
    let odds = try await onThread {
      let machine = try Machine(settings: MachineSettings())
      return [Baseline() as any Strategy, POS(), RandomWalk()].map { strategy in
        _ = machine.run(strategy, RunStart(index: 0, seed: 1)) {
          Task { await Self.clients(2, on: 1)(Notes()) }
        }
        defer { machine.finish() }
        return OddsOfRuns().look(at: machine, drawnBy: strategy)
      }
    }
    #expect(odds[0] == nil && odds[1] == nil && odds[2] != nil)
  }

  /// When timers fire is no matter of which steps are independent.
  @Test func whatTheRelationDoesNotCoverTellsNothing() async throws {
    let odds = try await onThread {
      let machine = try Machine(settings: MachineSettings())
      return (1...8 as ClosedRange<UInt64>).map { seed in
        _ = machine.run(RandomWalk(), RunStart(index: 1, seed: seed)) {
          Task {
            async let sleep: Void? = try? Task.sleep(nanoseconds: 1_000)
            await Self.clients(2, on: 1)(Notes())
            _ = await sleep
          }
        }
        defer { machine.finish() }
        return (
          machine.limits.isEmpty, OddsOfRuns().look(at: machine, drawnBy: RandomWalk()) != nil
        )
      }
    }
    #expect(odds.contains { !$0.0 })
    for (isCovered, isKnown) in odds where !isCovered { #expect(!isKnown) }
  }
}
