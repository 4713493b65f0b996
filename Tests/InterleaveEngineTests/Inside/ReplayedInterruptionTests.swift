import Foundation
import InterleaveBugs
import InterleaveEngine
import Testing

/// A schedule is replayed as it was, wherever else steps can be interrupted then: what it names tells
/// only which kinds of places must be there.
@Suite(.enabled(if: Interruptions.obstacle == nil)) struct ReplayedInterruptionTests {
  private struct Program: Sendable, CustomTestStringConvertible {
    var name: String
    var body: @Sendable () async throws -> Void
    var testDescription: String { name }
  }

  private static let programs =
    [Program(name: "a group's children with locks and handlers", body: handledChildren)]
    + (BugProgram.inside + BugProgram.threads).map { Program(name: $0.name, body: $0.mended) }
    + CorrectProgram.all.map { Program(name: $0.name, body: $0.body) }

  @Test(arguments: programs)
  private func aScheduleIsReplayedWhereverStepsCanBeInterrupted(program: Program) async throws {
    let differences = try await onThread {
      let machine = try Machine(settings: MachineSettings())
      func run(
        _ strategy: some Strategy, _ interruptions: Interruptions, seed: UInt64
      ) -> RecordedSchedule {
        machine.settings.interruptions = interruptions
        _ = machine.run(strategy, RunStart(index: 0, seed: seed)) {
          Task { try? await program.body() }
        }
        defer { machine.finish() }
        return machine.recordedSchedule()
      }
      // What happens once in a process has happened.
      _ = run(RandomWalk(), .everywhere, seed: 0)
      var differences: [String] = []
      for seed in 0..<20 as Range<UInt64> {
        for interruptions in [Interruptions.before, .everywhere] {
          let walked = run(RandomWalk(), interruptions, seed: seed)
          let least = Interruptions(of: walked.deviations)
          for other in [Interruptions.before, .everywhere] where other >= least {
            let replayed = run(Replay(walked.deviations), other, seed: seed)
            if replayed.steps != walked.steps {
              differences.append("seed \(seed), \(interruptions), replayed \(other)")
            }
          }
        }
      }
      return differences
    }
    #expect(differences.isEmpty)
  }

  /// Both take a lock, one of them where it is told of its cancellation as well.
  private static let handledChildren: @Sendable () async throws -> Void = {
    let lock = NSLock()
    await withTaskGroup(of: Void.self) { group in
      group.addTask {
        await withTaskCancellationHandler {
          lock.withLock {}
          lock.withLock {}
        } onCancel: {
          lock.withLock {}
        }
      }
      group.addTask { lock.withLock {} }
      await group.next()
      group.cancelAll()
    }
  }
}
