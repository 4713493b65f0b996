import Foundation
import InterleaveEngine
import Testing

/// Whether a failure is called minimal where preemptions may be inside of steps, too.
@Suite(.enabled(if: Interruptions.obstacle == nil)) struct InsideMinimalityTests {
  /// What two tasks did, behind a lock of which the order of whole steps is all that matters.
  private final class Log: @unchecked Sendable {
    private let lock = NSLock()
    private var entries = ""
    private var isOpen = false
    private var wasEntered = false

    func add(_ entry: String) { entries += entry }

    /// Opens and closes in one section, or in two between which another task may come.
    func openAndClose(inOne: Bool) {
      if inOne {
        lock.withLock {
          isOpen = true
          isOpen = false
        }
      } else {
        lock.withLock { isOpen = true }
        lock.withLock { isOpen = false }
      }
    }

    func look() { lock.withLock { if isOpen { wasEntered = true } } }

    var isWrong: Bool { entries == "abab" || wasEntered }
  }

  /// A task that goes there and comes back can be preempted on its way.
  private actor Room {
    func visit() {}
  }

  private static func run(_ machine: Machine, _ strategy: any Strategy, inOne: Bool) -> Trial {
    let log = Log()
    let end = machine.run(strategy, RunStart(index: 0, seed: 0)) {
      Task {
        await withTaskGroup(of: Void.self) { group in
          group.addTask {
            log.openAndClose(inOne: inOne)
            log.add("a")
            await Room().visit()
            log.add("a")
          }
          group.addTask {
            log.look()
            log.add("b")
            await Room().visit()
            log.add("b")
          }
        }
      }
    }
    #expect(end == .clean)
    defer { machine.finish() }
    return Trial(
      fails: log.isWrong, schedule: machine.recordedSchedule(),
      followsRelation: machine.followsRelationOutside)
  }

  private func shrunk(
    inOne: Bool, interruptsSteps: Bool, mergesStates: Bool = false
  ) async throws -> ScheduleShrinker.Result {
    try await onThread {
      var settings = MachineSettings()
      settings.interruptions = .before
      let machine = try Machine(settings: settings)
      let search = BoundedSearch(maxPreemptions: 2, maxInterruptions: 0)
      var failing: RecordedSchedule?
      while failing == nil, search.advance() {
        let trial = Self.run(machine, search, inOne: inOne)
        if trial.fails { failing = trial.schedule }
      }
      return ScheduleShrinker(mergesStates: mergesStates, interruptsSteps: interruptsSteps)
        .shrink(try #require(failing)) { Self.run(machine, $0, inOne: inOne) }
    }
  }

  @Test(arguments: [false, true])
  func whatFailsWithFewerPreemptionsInsideAStepKeepsItFromBeingMinimal(merges: Bool) async throws {
    let result = try await shrunk(inOne: false, interruptsSteps: true, mergesStates: merges)
    #expect(result.schedule.preemptions == 2 && result.schedule.interruptions == 0)
    #expect(!result.isMinimal)
    #expect(result.shownBound == 0)
  }

  @Test(arguments: [false, true])
  func whereNothingFailsInsideAStepEitherItIsMinimal(merges: Bool) async throws {
    let result = try await shrunk(inOne: true, interruptsSteps: true, mergesStates: merges)
    #expect(result.schedule.preemptions == 2 && result.schedule.interruptions == 0)
    #expect(result.isMinimal)
  }

  @Test func whereNoStepIsInterruptedWholeStepsAreAll() async throws {
    let result = try await shrunk(inOne: false, interruptsSteps: false)
    #expect(result.schedule.preemptions == 2)
    #expect(result.isMinimal)
  }
}
