import InterleaveEngine
import Synchronization
import Testing

/// Waits until nothing else can run.
private func rest() async {
  Machine.current?.nextJobWaitsForIdleness()
  await Task.yield()
}

/// Takes down what happens, in its order.
private actor IdleNotes {
  private(set) var lines: [String] = []
  func add(_ line: String) { lines.append(line) }
}

/// Jobs that run when nothing else can, and the limits of virtual time.
@Suite struct IdlenessTests {
  @Test func suchAJobRunsAfterAllOthers() async throws {
    let seen = try await forEverySeed {
      let notes = IdleNotes()
      for name in ["a", "b"] {
        Task {
          for _ in 0..<3 { await Task.yield() }
          Task { await notes.add(name) }
        }
      }
      await rest()
      return await notes.lines.sorted()
    }
    #expect(seen.allSatisfy { $0 == ["a", "b"] })
  }

  @Test func noTimerThatIsNotDueSoonGoesFirst() async throws {
    let seen = try await forEverySeed {
      let notes = IdleNotes()
      let sleeper = Task {
        try await Task.sleep(for: .seconds(1))
        await notes.add("woke")
      }
      await rest()
      let lines = await notes.lines
      try await sleeper.value
      return lines
    }
    #expect(seen.allSatisfy { $0 == [] })
  }

  @Test func ofTwoSuchJobsEitherMayGoFirst() async throws {
    let seen = try await forEverySeed(40) {
      let notes = IdleNotes()
      await withTaskGroup { group in
        for name in ["a", "b"] {
          group.addTask {
            await rest()
            await notes.add(name)
          }
        }
      }
      return await notes.lines
    }
    #expect(Set(seen) == [["a", "b"], ["b", "a"]])
  }

  @Test func anOrdinaryYieldWaitsForNobody() async throws {
    let seen = try await forEverySeed(40) {
      let notes = IdleNotes()
      let task = Task { await notes.add("a") }
      await Task.yield()
      let lines = await notes.lines
      await task.value
      return lines
    }
    #expect(Set(seen) == [[], ["a"]])
  }

  // MARK: Limits of time

  @Test func aRunEndsWhereAllSleepBeyondTheLimit() async throws {
    var settings = MachineSettings()
    settings.timeLimit = 10_000_000_000
    let within = try await controlled(settings: settings) {
      try await Task.sleep(for: .seconds(10))
    }
    #expect(within.end == .clean)
    let beyond = try await controlled(settings: settings) {
      try await Task.sleep(for: .seconds(11))
    }
    #expect(beyond.end == .timeLimit)
    #expect(beyond.value == nil)
  }

  @Test func timeAfterTheRootMayHaveALimitOfItsOwn() async throws {
    var settings = MachineSettings()
    settings.timeAfterRoot = 2_000_000_000
    for (seconds, end) in [(3, RunEnd.clean), (4, .timeLimit)] {
      let run = try await controlled(settings: settings) {
        Task { try await Task.sleep(for: .seconds(seconds)) }
        try await Task.sleep(for: .seconds(1))
      }
      #expect(run.end == end, "\(seconds)")
    }
  }

  @Test func aCancelledSleepKeepsNoRunFromItsEnd() async throws {
    var settings = MachineSettings()
    settings.timeLimit = 10_000_000_000
    let run = try await controlled(settings: settings) {
      let sleeper = Task { try await Task.sleep(for: .seconds(3_600)) }
      await Task.yield()
      sleeper.cancel()
      _ = await sleeper.result
    }
    #expect(run.end == .clean)
  }
}
