import Dispatch
import Foundation
import InterleaveBugs
import InterleaveEngine
import Testing

/// What many runs of a program came to.
private struct Findings: Sendable {
  var failures = 0
  var standstills = 0
  var firstFailure: Int?
  var traces: [RecordedSchedule] = []
  var waits: [LockWait] = []
  var preemptions = 0
}

/// What a program returned, if it did.
private final class Outcome: @unchecked Sendable { var value: Bool? }

/// Runs a program under a random walk from each of so many seeds.
private func runs(
  of program: InsideProgram, count: Int, interruptions: Interruptions,
  keepsTraces: Bool = false
) async throws -> Findings {
  try await onThread {
    var settings = MachineSettings()
    settings.interruptions = interruptions
    let machine = try Machine(settings: settings)
    var findings = Findings()
    for seed in 0..<count {
      let result = Outcome()
      let end = machine.run(RandomWalk(), RunStart(index: seed, seed: UInt64(seed))) {
        Task { result.value = await program.body() }
      }
      if result.value != true {
        findings.failures += 1
        if findings.firstFailure == nil { findings.firstFailure = seed }
      }
      if end != .clean {
        findings.standstills += 1
        if findings.waits.isEmpty { findings.waits = machine.lockWaits }
      }
      let schedule = machine.recordedSchedule()
      findings.preemptions += schedule.steps.count { $0.isPreemption && $0.passedOver.isInside }
      if keepsTraces { findings.traces.append(schedule) }
      machine.finish()
    }
    return findings
  }
}

@Suite(.enabled(if: Interruptions.obstacle == nil)) struct InterruptionTests {
  @Test(arguments: InsideProgram.faulty + InsideProgram.seldomFaulty)
  func whatGoesWrongInsideAStepIsFound(_ program: InsideProgram) async throws {
    let whole = try await runs(of: program, count: 200, interruptions: .never)
    #expect(whole.failures == 0, "no order of whole steps is wrong")
    let inside = try await runs(of: program, count: 200, interruptions: .before)
    #expect(inside.failures >= 20, "of 200 random walks, \(inside.failures) failed")
  }

  @Test(
    arguments: InsideProgram.mended + InsideProgram.seldomMended + InsideProgram.correct,
    [Interruptions.before, .everywhere])
  func whatIsMendedStaysClean(_ program: InsideProgram, _ interruptions: Interruptions) async throws
  {
    let findings = try await runs(of: program, count: 500, interruptions: interruptions)
    #expect(findings.failures == 0 && findings.standstills == 0)
  }

  @Test(
    arguments: InsideProgram.faulty + InsideProgram.seldomFaulty + InsideProgram.mended
      + InsideProgram.seldomMended + InsideProgram.correct,
    [Interruptions.before, .everywhere])
  func theSameSeedGivesTheSameRun(_ program: InsideProgram, _ interruptions: Interruptions)
    async throws
  {
    let first = try await runs(
      of: program, count: 50, interruptions: interruptions, keepsTraces: true)
    let second = try await runs(
      of: program, count: 50, interruptions: interruptions, keepsTraces: true)
    #expect(first.traces == second.traces)
  }

  @Test func aDeadlockOfLocksTellsWhoHoldsAndWhoWaits() async throws {
    let program = try #require(InsideProgram.faulty.last)
    let findings = try await runs(of: program, count: 100, interruptions: .before)
    #expect(findings.standstills > 0)
    let waits = findings.waits.filter { $0.holder != nil }
    #expect(waits.count == 2)
    #expect(Set(waits.map(\.task)) == Set(waits.compactMap(\.holder)))
    #expect(Set(waits.map(\.object)).count == 2)
    #expect(waits.allSatisfy { $0.site != 0 && $0.heldSince != 0 && $0.holder != $0.task })
  }

  @Test func noPreemptionIsMadeThatIsNotAskedFor() async throws {
    let program = try #require(InsideProgram.faulty.first)
    let whole = try await runs(of: program, count: 50, interruptions: .never)
    #expect(whole.preemptions == 0)
  }

  /// A program that comes to no point has the very choices that it has without points.
  @Test func whatComesToNoPointRunsAsWithout() async throws {
    let program = InsideProgram("actors alone") {
      let counter = Counter()
      await withTaskGroup(of: Void.self) { group in
        for _ in 0..<3 { group.addTask { for _ in 0..<3 { await counter.increment() } } }
      }
      return await counter.count == 9
    }
    let whole = try await runs(of: program, count: 50, interruptions: .never, keepsTraces: true)
    let inside = try await runs(of: program, count: 50, interruptions: .before, keepsTraces: true)
    #expect(whole.traces == inside.traces)
    #expect(whole.failures == 0)
  }

  /// A library may do so once in a process.
  @Test func whatALibraryAsksOfTheProcessIsNoPoint() async throws {
    let program = InsideProgram("a library that looks at files") {
      let ask: @Sendable () -> Void = {
        for _ in 0..<3 { _ = FileManager.default.isReadableFile(atPath: "/") }
      }
      await both(ask, ask)
      return true
    }
    let whole = try await runs(of: program, count: 20, interruptions: .never, keepsTraces: true)
    let inside = try await runs(of: program, count: 20, interruptions: .before, keepsTraces: true)
    #expect(whole.traces == inside.traces)
  }

  // MARK: Replaying and shrinking

  @Test(arguments: InsideProgram.faulty + InsideProgram.seldomFaulty)
  func aFoundScheduleIsReplayed(_ program: InsideProgram) async throws {
    let findings = try await runs(
      of: program, count: 100, interruptions: .before, keepsTraces: true)
    let index = try #require(findings.firstFailure)
    let schedule = findings.traces[index]
    let replayed = try await onThread {
      var settings = MachineSettings()
      settings.interruptions = .before
      let machine = try Machine(settings: settings)
      let replay = Replay(schedule.deviations)
      _ = machine.run(replay, RunStart(index: 0, seed: 0)) { Task { _ = await program.body() } }
      defer { machine.finish() }
      return (machine.recordedSchedule(), replay.applied)
    }
    #expect(replayed.0 == schedule)
    #expect(replayed.1 == schedule.deviations.count)
  }

  /// Where parts of steps are taken for wholes, none ends before the environment is asked for.
  @Test func whatIsDrawnOfPartsIsReplayedWhereTheEnvironmentIsAskedFor() async throws {
    let differ = try await onThread {
      var settings = MachineSettings()
      settings.interruptions = .before
      let machine = try Machine(settings: settings)
      func order(under strategy: any Strategy, _ seed: UInt64) -> [String] {
        let notes = LockedNotes()
        let ask: @Sendable (String) -> Void = { name in
          for _ in 0..<2 where getenv("PATH") != nil { notes.add(name) }
        }
        _ = machine.run(strategy, RunStart(index: 0, seed: seed)) {
          Task { await both({ ask("one") }, { ask("other") }) }
        }
        return notes.all
      }
      return (0..<50 as Range<UInt64>).filter { seed in
        let first = order(under: RandomWalk(grain: .segments), seed)
        let deviations = machine.recordedSchedule().deviations
        machine.finish()
        defer { machine.finish() }
        return order(under: Replay(deviations), seed) != first
      }
    }
    #expect(differ.isEmpty)
  }

  @Test func whatIsInterruptedFollowsNoRelation() async throws {
    let limits = try await onThread {
      var settings = MachineSettings()
      settings.interruptions = .before
      let machine = try Machine(settings: settings)
      let program = InsideProgram.faulty[3]
      return [Baseline() as any Strategy, Interrupter()].map { strategy in
        _ = machine.run(strategy, RunStart(index: 0, seed: 0)) {
          Task { _ = await program.body() }
        }
        defer { machine.finish() }
        return machine.limits.contains(.interruptions)
      }
    }
    #expect(limits == [false, true])
  }

  /// Who is woken but finds that another one came first waits a second time: that is another place of
  /// its step.
  @Test func aScheduleInWhichAStepIsWokenInVainIsReplayed() async throws {
    let differ = try await onThread {
      var settings = MachineSettings()
      settings.interruptions = .before
      let machine = try Machine(settings: settings)
      func signature(under strategy: any Strategy, _ seed: UInt64) -> UInt64 {
        _ = machine.run(strategy, RunStart(index: 0, seed: seed)) {
          Task {
            let room = DispatchSemaphore(value: 1)
            await withTaskGroup(of: Void.self) { group in
              for _ in 0..<4 {
                group.addTask {
                  for _ in 0..<2 {
                    room.block()
                    room.signal()
                  }
                }
              }
            }
          }
        }
        return machine.signature
      }
      return (0..<100 as Range<UInt64>).filter { seed in
        let first = signature(under: RandomWalk(), seed)
        let deviations = machine.recordedSchedule().deviations
        machine.finish()
        defer { machine.finish() }
        return signature(under: Replay(deviations), seed) != first
      }
    }
    #expect(differ.isEmpty)
  }

  @Test func aPortfolioInterruptsStepsFromTheFirstRunsOnButNotInAll() async throws {
    let interruptions = try await onThread {
      var settings = MachineSettings()
      settings.interruptions = .before
      let machine = try Machine(settings: settings)
      let portfolio = Portfolio()
      let program = InsideProgram.faulty[3]
      return (0..<116).map { index in
        _ = machine.run(portfolio, RunStart(index: index, seed: UInt64(index))) {
          Task { _ = await program.body() }
        }
        defer { machine.finish() }
        return machine.recordedSchedule().interruptions
      }
    }
    #expect(interruptions.prefix(4).contains { $0 > 0 }, "\(interruptions)")
    // The search by delays and one run of sixteen have whole steps.
    let later = interruptions.dropFirst(16).count { $0 > 0 }
    #expect(later > 10 && later <= 97, "\(later) of 100")
  }

  @Test func aSearchInterruptsNoMoreThanItMay() async throws {
    let found = try await onThread {
      var settings = MachineSettings()
      settings.interruptions = .before
      let machine = try Machine(settings: settings)
      return [0, 1, 2].map { most in
        let search = BoundedSearch(maxPreemptions: 2, maxInterruptions: most)
        var interruptions: Set<Int> = []
        var schedules: Set<RecordedSchedule> = []
        while search.advance() {
          _ = machine.run(search, RunStart(index: 0, seed: 0)) {
            Task { _ = await InsideProgram.faulty[3].body() }
          }
          let schedule = machine.recordedSchedule()
          interruptions.insert(schedule.interruptions)
          #expect(schedules.insert(schedule).inserted, "no schedule is tried twice")
          machine.finish()
        }
        return (interruptions.sorted(), search.isExhausted)
      }
    }
    #expect(found.map(\.0) == [[0], [0, 1], [0, 1, 2]])
    #expect(found.map(\.1) == [true, true, true])
  }

  // MARK: Bounds

  @Test func whoTurnsInCirclesInsideComesToTheLimit() async throws {
    let ends = try await onThread {
      var settings = MachineSettings()
      settings.interruptions = .before
      settings.stepLimit = 300
      let machine = try Machine(settings: settings)
      return (0..<5).map { seed in
        let flag = Flag()
        let end = machine.run(RandomWalk(), RunStart(index: seed, seed: UInt64(seed))) {
          Task { await both({ flag.waitForever() }, { flag.waitForever() }) }
        }
        machine.finish()
        flag.isOver = true
        return end
      }
    }
    #expect(ends.allSatisfy { $0 == .stepLimit })
  }

  @Test func stacksAreKeptForLaterAndNoMoreThanThat() async throws {
    let program = InsideProgram.mended[3]
    let free = try await onThread {
      var settings = MachineSettings()
      settings.interruptions = .before
      let machine = try Machine(settings: settings)
      return (0..<100).map { seed in
        _ = machine.run(RandomWalk(), RunStart(index: seed, seed: UInt64(seed))) {
          Task { _ = await program.body() }
        }
        machine.finish()
        return machine.freeCarriers
      }
    }
    #expect(free.allSatisfy { $0 >= 1 && $0 <= 16 })
  }
}

private actor Counter {
  private(set) var count = 0
  func increment() { count += 1 }
}

/// Something that is polled behind a lock.
private final class Flag: @unchecked Sendable {
  private let notes = LockedNotes()
  var isOver = false

  func waitForever() {
    while !isOver, notes.all.isEmpty {}
  }
}
