import Foundation
import Interleave
import Testing

private struct Lost: Error, CustomStringConvertible {
  var description: String { "the parcel is lost" }
}

/// Beats until it is cancelled.
private actor Monitor {
  private var task: Task<Void, Never>?
  private(set) var beats = 0

  func start() {
    task = Task {
      while !Task.isCancelled {
        try? await Task.sleep(for: .seconds(1))
        beat()
      }
    }
  }

  /// Waits for what will never come.
  func waitForEver() {
    task = Task {
      await withUnsafeContinuation { (_: UnsafeContinuation<Void, Never>) in }
      beat()
    }
  }

  func stop() { task?.cancel() }
  private func beat() { beats += 1 }
}

/// What outlives the body, or ends unseen.
@Suite struct LeakTests {
  private func warnings(
    _ configure: (inout FuzzConfiguration) -> Void = { _ in },
    _ body: @escaping @Sendable () async throws -> Void
  ) async -> [String] {
    let outcome = await fuzzed(schedules: 20, configure, body: body)
    #expect(outcome.failure == nil, "\(outcome)")
    return outcome.report.warnings
  }

  private static func meet() async {
    let bank = Bank(balance: 100)
    await withdrawTwice(from: bank, atOnce: true)
  }

  // MARK: Errors

  @Test func anErrorThatNobodyLooksAtIsWarnedOf() async throws {
    let warnings = await warnings {
      let task = Task { throw Lost() }
      await Self.meet()
      while !task.isCancelled, await Self.hasNotEnded() {}
    }
    try #require(warnings.count == 1, "\(warnings)")
    #expect(warnings[0].contains("threw the parcel is lost"))
    #expect(warnings[0].contains("LeakTests.swift:"))
  }

  private static func hasNotEnded() async -> Bool { false }

  @Test func anErrorThatSomebodyLooksAtIsNot() async {
    let warnings = await warnings {
      let first = Task { throw Lost() }
      let second = Task.detached { throw Lost() }
      await Self.meet()
      _ = await first.result
      try? await second.value
    }
    #expect(warnings == [])
  }

  @Test func aCancelledTaskThatThrowsSoIsNot() async {
    let warnings = await warnings {
      let task = Task { try await Task.sleep(for: .seconds(1)) }
      await Self.meet()
      task.cancel()
    }
    #expect(warnings == [])
  }

  @Test func errorsOfChildrenAreTheirParentsAffair() async {
    let warnings = await warnings {
      async let child: Void = { throw Lost() }()
      try? await withThrowingTaskGroup { group in
        group.addTask { throw Lost() }
        try await group.waitForAll()
      }
      try? await child
    }
    #expect(warnings == [])
  }

  @Test func unseenErrorsCanBeTurnedOff() async {
    let warnings = await warnings({ $0.checks.remove(.unseenErrors) }) {
      _ = Task { throw Lost() }
      await Self.meet()
    }
    #expect(warnings == [])
  }

  // MARK: Actors

  @Test func actorsThatOnlyALeakedTaskHoldsAreNamedWithIt() async throws {
    let body = { @Sendable () async -> Void in
      let monitor = Monitor()
      let other = Bank(balance: 1)
      _ = await other.withdrawAtOnce(1)
      await monitor.waitForEver()
    }
    let failure = try #require(await fuzzed(body: body).failure)
    #expect(failure.kind == .leakedTask)
    #expect(failure.message.contains("they keep alive what the body made: Monitor"), "\(failure)")
    #expect(!failure.message.contains("Bank"), "what nobody holds is gone: \(failure)")
    let quiet = await fuzzed({ $0.checks.remove(.leakedActors) }, body: body)
    #expect(quiet.failure?.kind == .leakedTask)
    #expect(quiet.failure?.message.contains("keep alive") == false)
  }

  // MARK: Tasks

  @Test func aTaskThatGoesOnAndOnIsALeak() async throws {
    let outcome = await fuzzed(
      schedules: 2,
      {
        $0.stepLimit = 500
        $0.shrinking.runs = 20
      }
    ) {
      await Monitor().start()
      await Self.meet()
    }
    #expect(outcome.failure?.kind == .leakedTask, "\(outcome)")
    #expect(outcome.failure?.message.contains("go on and on") == true)
  }

  @Test func aTaskThatIsStoppedIsNone() async {
    let outcome = await fuzzed {
      let monitor = Monitor()
      await monitor.start()
      await Self.meet()
      await monitor.stop()
    }
    #expect(outcome.failure == nil, "\(outcome)")
  }

  @Test func aTaskMayBeAllowedToGoOn() async {
    let outcome = await fuzzed {
      await allowingLeaks { await Monitor().start() }
      let idle = Monitor()
      await allowingLeaks { await idle.waitForEver() }
      let task = allowingLeaks { Task { try? await Task.sleep(for: .seconds(3600)) } }
      await Self.meet()
      _ = task
    }
    #expect(outcome.failure == nil, "\(outcome)")
    #expect(outcome.report.steps < 200 * 100, "no run waits for them")
  }

  @Test func whatIsMadeBesidesIsStillALeak() async throws {
    let outcome = await fuzzed {
      await allowingLeaks { await Monitor().waitForEver() }
      await Monitor().waitForEver()
    }
    let failure = try #require(outcome.failure)
    #expect(failure.kind == .leakedTask)
    let lines = failure.message.split(separator: "\n").filter { $0.contains("waits in") }
    #expect(lines.count == 1, "\(failure)")
  }

  @Test func whatMustHoldAtTheEndIsCheckedAllTheSame() async throws {
    let outcome = await fuzzed {
      let monitor = Monitor()
      eventually(monitor) { $0.beats > 1_000_000 }
      await allowingLeaks { await monitor.start() }
      await Self.meet()
    }
    #expect(outcome.failure?.kind == .invariant, "\(outcome)")
  }

  @Test func outsideOfARunItJustCalls() async {
    #expect(allowingLeaks { 1 } == 1)
    #expect(await allowingLeaks { await Task { 2 }.value } == 2)
  }

  // MARK: Slow steps

  @Test func aStepThatBlocksIsWarnedOf() async throws {
    let warnings = await warnings({
      $0.slowStepLimit = .milliseconds(20)
      $0.schedules = 1
    }) {
      await Blocker().block(seconds: 0.2)
      await Self.meet()
    }
    let line = try #require(warnings.first { $0.contains("a step held Blocker") }, "\(warnings)")
    #expect(line.contains("for more than 20 ms of real time"), "\(line)")
    #expect(line.contains("LeakTests.swift:"), "\(line)")
  }

  @Test func aStepThatTakesLessIsNot() async {
    let warnings = await warnings({ $0.schedules = 1 }) {
      await Blocker().block(seconds: 0.05)
      await Self.meet()
    }
    #expect(warnings == [])
  }

  @Test func slowStepsCanBeTurnedOff() async {
    let warnings = await warnings({
      $0.slowStepLimit = .milliseconds(20)
      $0.checks.remove(.slowSteps)
      $0.schedules = 1
    }) {
      await Blocker().block(seconds: 0.2)
      await Self.meet()
    }
    #expect(warnings == [])
  }
}

private actor Blocker {
  func block(seconds: Double) { Thread.sleep(forTimeInterval: seconds) }
}
