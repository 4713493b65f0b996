import InterleaveAtomicBugs
import InterleaveBugs
import InterleaveEngine
import Testing

/// Programs whose bugs show only where a step is interrupted inside, and correct ones.
@Suite(.enabled(if: Interruptions.obstacle == nil)) struct InsideFamilyTests {
  private static let programs = BugProgram.inside + BugProgram.insideAtomics

  @Test(arguments: programs.map(\.name))
  func eachIsFoundWithPointsAndNeverWithout(name: String) async throws {
    let program = try #require(Self.programs.first { $0.name == name })
    let interruptions = program.interruptions
    let needsAtomics = BugProgram.insideAtomics.contains { $0.name == name }
    if needsAtomics, Interruptions.obstacleAtAtomics != nil { return }
    for seed in [UInt64(1), 2, 3] {
      let found = try await onThread {
        InsideHunt().run(program.body, interruptions, RandomWalk(), seed: seed, atMost: 1_000)
      }
      #expect(found != nil, "seed \(seed)")
    }
    let whole = try await onThread {
      InsideHunt().run(program.body, .never, RandomWalk(), seed: 1, atMost: 1_000)
    }
    #expect(whole == nil, "\(whole?.description ?? "")")
  }

  @Test(arguments: programs.map(\.name))
  func noMendedTwinFails(name: String) async throws {
    let program = try #require(Self.programs.first { $0.name == name })
    let found = try await onThread {
      InsideHunt().run(program.mended, .everywhere, RandomWalk(), seed: 1, atMost: 1_000)
    }
    #expect(found == nil, "\(found?.description ?? "")")
  }

  private static let correct =
    CorrectProgram.all + CorrectProgram.atomics
    + (Interruptions.obstacleAtAtomics == nil ? CorrectProgram.turning : [])

  @Test(arguments: correct.map(\.name))
  func nothingIsSaidOfACorrectProgram(name: String) async throws {
    let program = try #require(Self.correct.first { $0.name == name })
    for interruptions in [Interruptions.before, .everywhere] {
      let walked = try await onThread {
        InsideHunt().run(program.body, interruptions, RandomWalk(), seed: 1, atMost: 100)
      }
      #expect(walked == nil, "\(walked?.description ?? "")")
      let others = try await onThread {
        InsideHunt().run(program.body, interruptions, Portfolio(), seed: 2, atMost: 50)
      }
      #expect(others == nil, "\(others?.description ?? "")")
    }
  }

  @Test func theFamilyNamesEachProgramOnce() {
    let all = BugProgram.all + Self.programs
    #expect(BugProgram.inside.count >= 30)
    #expect(Set(all.map(\.name)).count == all.count)
    #expect(Self.programs.allSatisfy { $0.need != .nothing })
    let correct = CorrectProgram.all + CorrectProgram.atomics + CorrectProgram.turning
    #expect(correct.count >= 60)
    #expect(Set(correct.map(\.name)).count == correct.count)
  }
}

extension BugProgram {
  /// Where steps are interrupted inside for its bug to be found.
  fileprivate var interruptions: Interruptions {
    switch need {
    case .nothing: .never
    case .before: .before
    case .after: .everywhere
    }
  }
}

/// Runs a program until it fails, comes to a standstill, or blocks for ever.
private final class InsideHunt: @unchecked Sendable {
  struct Find: Sendable, CustomStringConvertible {
    var schedule: Int
    var reason: String
    var description: String { "schedule \(schedule): \(reason)" }
  }

  /// What a run came to; used on one thread.
  private final class Outcome: @unchecked Sendable {
    var failure: String?
  }

  private var index = 0

  /// - Returns: The first schedule that failed, the baseline's being number 0; nil if none did.
  func run(
    _ body: @escaping @Sendable () async throws -> Void, _ interruptions: Interruptions,
    _ strategy: any Strategy, seed: UInt64, atMost count: Int
  ) -> Find? {
    let outcome = Containment.run(hangLimit: 0) { () -> Find? in
      var settings = MachineSettings()
      settings.interruptions = interruptions
      guard let machine = try? Machine(settings: settings) else {
        return Find(schedule: 0, reason: "the runtime is not known")
      }
      while self.index < count {
        if let reason = self.runOnce(machine, body, strategy, seed: seed) {
          return Find(schedule: self.index, reason: reason)
        }
        self.index += 1
      }
      return nil
    }
    switch outcome {
    case .finished(let find): return find
    case .stopped(let stop): return Find(schedule: index, reason: "stopped: \(stop.cause)")
    }
  }

  private func runOnce(
    _ machine: Machine, _ body: @escaping @Sendable () async throws -> Void,
    _ strategy: any Strategy, seed: UInt64
  ) -> String? {
    let start = RunStart(index: index, seed: SplitMix64.seed(seed, stream: UInt64(index)))
    let chosen: any Strategy = index == 0 ? Baseline() : strategy
    let outcome = Outcome()
    let end = machine.run(chosen, start) {
      Task(priority: .medium) {
        do { try await body() } catch { outcome.failure = "\(error)" }
      }
    }
    if index == 0 { strategy.end(machine.record) }
    machine.finish()
    return outcome.failure ?? (end == .clean ? nil : "the run ended \(end)")
  }
}
