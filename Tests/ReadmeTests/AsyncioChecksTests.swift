import Dispatch
import Foundation
import Interleave
import Testing

#if canImport(Glibc)
  import Glibc
#elseif canImport(Darwin)
  import Darwin
#endif

private struct Offline: Error, Equatable {}

/// Fuzzes what is meant to show something, and keeps nothing of it.
private func outcome(
  _ configuration: FuzzConfiguration = FuzzConfiguration(), schedules: Int = 20,
  of body: @escaping @Sendable () async throws -> Void
) async -> FuzzOutcome {
  var configuration = configuration
  configuration.schedules = schedules
  configuration.seed = 1
  configuration.corpus = .none
  return await Fuzzer(configuration).run(named: "asyncio", body)
}

/// Two tasks that meet, so that something is interleaved.
private func meet() async {
  let store = Store()
  async let first: Void = store.write("a")
  await store.write("b")
  await first
}

/// Holds its executor.
private actor Parser {
  func parse(microseconds: UInt32) { usleep(microseconds) }
}

/// asyncio's guards and what its debug mode surfaces, row by row of the README's table.
struct AsyncioChecksTests {
  // MARK: Timeout guard

  @Test(.controlled) func whatIsLateIsCancelled() async throws {
    #expect(try await withDeadline(.seconds(5)) { "in time" } == "in time")
    await #expect(throws: DeadlineExceeded.self) {
      try await withDeadline(.seconds(5)) { try await Task.sleep(for: .seconds(6)) }
    }
  }

  // MARK: Time limit of a test

  @Test func aTestThatHangsFailsAtOnce() async {
    let outcome = await outcome {
      await meet()
      await withUnsafeContinuation { (_: UnsafeContinuation<Void, Never>) in }
    }
    #expect(outcome.failure?.kind == .lostWakeUp)
  }

  // MARK: Left-over tasks

  @Test func whatGoesOnIsLeftOver() async throws {
    try await expectNoLeftovers {
      let poller = Poller()
      await poller.start()
      await poller.stop()
    }
    await withKnownIssue {
      try await expectNoLeftovers { await Poller().start() }
    }
  }

  // MARK: Debug mode

  @Test func eachCheckIsOnUnlessItIsTakenOut() async {
    var configuration = FuzzConfiguration()
    let checked = await outcome(configuration, of: Self.leavesATask)
    #expect(checked.failure?.kind == .leakedTask)
    configuration.checks.remove(.leakedTasks)
    let unchecked = await outcome(configuration, of: Self.leavesATask)
    #expect(unchecked.failure == nil)
  }

  private static func leavesATask() async {
    let gate = Stub<Int, Void>("gate", .whenReleased(.returns(())))
    _ = Task { try await gate(1) }
    await meet()
  }

  // MARK: Debug mode: never awaited

  @Test func aTaskThatNobodyAwaitsMustEnd() async {
    let outcome = await outcome {
      let gate = Stub<Int, Void>("gate", .whenReleased(.returns(())))
      _ = Task { try await gate(1) }
      await meet()
    }
    #expect(outcome.failure?.kind == .leakedTask)
  }

  // MARK: Debug mode: exception never retrieved

  @Test func anErrorThatNobodyLooksAtIsWarnedOf() async {
    let outcome = await outcome {
      _ = Task { throw Offline() }
      await meet()
    }
    #expect(outcome.report.warnings.contains { $0.contains("Offline") })
    let seen = await fuzzWithALook()
    #expect(seen.report.warnings == [])
  }

  private func fuzzWithALook() async -> FuzzOutcome {
    await outcome {
      let task = Task { throw Offline() }
      await meet()
      _ = await task.result
    }
  }

  // MARK: Debug mode: slow callback

  @Test func aStepThatHoldsItsExecutorIsWarnedOf() async {
    var configuration = FuzzConfiguration()
    configuration.slowStepLimit = .milliseconds(100)
    let outcome = await outcome(configuration, schedules: 1) {
      await Parser().parse(microseconds: 200_000)
      await meet()
    }
    #expect(outcome.report.warnings.contains { $0.contains("a step held Parser") })
  }

  // MARK: Debug mode: call from another thread

  @Test func whatAnotherThreadDoesHasEscaped() async {
    var configuration = FuzzConfiguration()
    // Else a thread that a run makes is a task of the run.
    configuration.interruptions = .never
    let outcome = await outcome(configuration, schedules: 2) {
      await meet()
      await withCheckedContinuation { continuation in
        Thread.detachNewThread { continuation.resume() }
      }
    }
    #expect(outcome.report.escapes.contains { $0.contains("a thread was started") })
  }

  // MARK: Debug mode: unclosed resource

  @Test func whatIsLeftOpenFailsTheRun() async {
    let outcome = await outcome {
      let connections = StubResource("connection")
      _ = try await connections.open()
      await meet()
    }
    #expect(outcome.failure?.message.contains("must be closed once") == true)
  }

  // MARK: Debug mode: task destroyed while pending

  @Test func aContinuationThatIsDroppedIsALeak() async {
    let outcome = await outcome {
      _ = Task { await withCheckedContinuation { (_: CheckedContinuation<Void, Never>) in } }
      await meet()
    }
    #expect(outcome.failure?.kind == .leakedContinuation)
  }
}
