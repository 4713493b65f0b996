import Dispatch
import Foundation
import InterleaveEngine
import Synchronization
import Testing

@testable import Interleave

/// Runs are checked against themselves.
@Suite struct NondeterminismTests {
  /// Two tasks meet on an actor; a third does as often as it is told.
  private static func meet(_ extra: Int) async {
    let bank = Bank(balance: 100)
    await withTaskGroup { group in
      for _ in 0..<2 + extra { group.addTask { _ = await bank.withdrawAtOnce(1) } }
    }
  }

  // MARK: Passing runs

  @Test func aBodyThatChangesFromRunToRunIsWarnedOf() async throws {
    let runs = Mutex(0)
    let outcome = await fuzzed {
      let run = runs.withLock { runs in
        runs += 1
        return runs
      }
      await Self.meet(run % 3)
    }
    #expect(outcome.failure == nil, "\(outcome)")
    let warnings = outcome.report.warnings
    try #require(warnings.count == 1, "\(outcome)")
    #expect(warnings[0].hasPrefix("not deterministic"))
    #expect(warnings[0].contains("was at first "))
    #expect(warnings[0].contains("was then "))
    #expect(warnings[0].contains("something that changes from run to run"))
  }

  @Test func aBodyThatIsDifferentOnceIsSaidToKeepSomething() async throws {
    let runs = Mutex(0)
    let outcome = await fuzzed {
      let run = runs.withLock { runs in
        runs += 1
        return runs
      }
      await Self.meet(run <= 2 ? 1 : 0)
    }
    #expect(outcome.report.warnings.count == 1, "\(outcome)")
    #expect(outcome.report.warnings[0].contains("something that outlives a run"))
  }

  @Test func aBodyThatIsTheSameEachTimeIsNotWarnedOf() async {
    let outcome = await fuzzed { await Self.meet(1) }
    #expect(outcome.report.warnings == [], "\(outcome)")
  }

  @Test func aBodyThatRecordsWhatHappenedIsNotWarnedOf() async {
    let seen = Mutex<[Int]>([])
    let outcome = await fuzzed {
      await Self.meet(0)
      seen.withLock { $0.append(1) }
    }
    #expect(outcome.report.warnings == [], "\(outcome)")
    #expect(outcome.report.schedules == 200)
    // The second, tenth and hundredth schedule run twice, and count once.
    #expect(seen.withLock(\.count) == 203)
  }

  @Test func fewSchedulesAreRunTwice() {
    #expect((0..<10_001).filter(Repetition.isSample) == [1, 9, 99, 999, 9999])
  }

  // MARK: Failing runs

  @Test func aFailureThatDoesNotComeUpAgainIsNondeterministic() async throws {
    let runs = Mutex(0)
    let outcome = await fuzzed {
      let run = runs.withLock { runs in
        runs += 1
        return runs
      }
      await Self.meet(run == 5 ? 1 : 0)
      #expect(run != 5)
    }
    let failure = try #require(outcome.failure)
    #expect(failure.kind == .nondeterministic, "\(failure)")
    #expect(failure.sourceLocation?.description.hasPrefix("NondeterminismTests.swift") == true)
    #expect(failure.message.contains("* first: expectation failed"), "\(failure)")
    #expect(failure.message.contains("* then: it passed"), "\(failure)")
    #expect(failure.message.contains("was at first task 0"), "\(failure)")
    #expect(failure.message.contains("Likely cause:"), "\(failure)")
    #expect(failure.corpusFile == nil)
  }

  /// Counts what runs add to it, and is never made anew.
  private actor Total {
    private(set) var total = 0

    func add(_ amount: Int) -> Int {
      total += amount
      return total
    }
  }

  @Test func whatOutlivesARunIsNamed() async throws {
    let total = Total()
    let outcome = await fuzzed {
      async let one = total.add(130)
      async let other = total.add(130)
      _ = await (one, other)
      let sum = await total.total
      #expect(sum != 1300)
    }
    let failure = try #require(outcome.failure, "\(outcome)")
    #expect(failure.kind == .nondeterministic, "\(failure)")
    #expect(
      failure.message.hasPrefix("something outlives the run: `total` of Total began at "),
      "\(failure)")
    #expect(failure.message.contains(" in the next, with the same choices"), "\(failure)")
  }

  /// Fails by what no choice of a run decides.
  private static func failsInTheFifthRun(
    named name: String = #function
  ) async -> FuzzOutcome {
    let runs = Mutex(0)
    return await fuzzed(named: name) {
      await meet(0)
      let run = runs.withLock { runs in
        runs += 1
        return runs
      }
      #expect(run != 5)
    }
  }

  @Test func whatIsMadeAnewOutlivesNothing() async throws {
    let outcome = await Self.failsInTheFifthRun()
    let failure = try #require(outcome.failure, "\(outcome)")
    #expect(!failure.message.contains("outlives the run:"), "\(failure)")
  }

  @Test func aFailureOfTheSameStepsThatDoesNotComeUpAgainIsNondeterministic() async throws {
    let outcome = await Self.failsInTheFifthRun()
    let failure = try #require(outcome.failure)
    #expect(failure.kind == .nondeterministic)
    #expect(failure.message.contains("steps were the same"), "\(failure)")
  }

  @Test func aFailureThatComesUpAgainIsWhatItIs() async throws {
    let outcome = await fuzzed {
      let bank = Bank(balance: 100)
      await withdrawTwice(from: bank)
      #expect(await bank.balance >= 0)
    }
    #expect(outcome.failure?.kind == .expectation)
    #expect(outcome.report.warnings == [])
  }

  // MARK: Threads that runs do not control

  @Test(.unoptimised) func aThreadThatResumesATaskIsNamedAndCounted() async throws {
    let outcome = await fuzzed(schedules: 5, { $0.interruptions = .never }) {
      async let other: Void = Self.meet(0)
      await withCheckedContinuation { continuation in
        Thread.detachNewThread { continuation.resume() }
      }
      await other
    }
    #expect(outcome.failure == nil, "\(outcome)")
    let line = try #require(
      outcome.report.escapes.first { $0.hasPrefix("a task was resumed by") }, "\(outcome)")
    #expect(line.contains("which came from closure"), "\(line)")
    #expect(line.contains("NondeterminismTests.swift:"), "\(line)")
    // A thread that is faster than the task that makes it resumes nobody who waits.
    #expect(try line.contains(Regex(", [1-5] times?$")), "\(line)")
    #expect(outcome.report.description.contains("a replay may differ"))
  }

  @Test func afterAThreadTheReportOfAFailureSaysThatAReplayMayDiffer() async throws {
    let outcome = await fuzzed(schedules: 5, { $0.interruptions = .never }) {
      await withCheckedContinuation { continuation in
        Thread.detachNewThread { continuation.resume() }
      }
      await Self.meet(0)
      #expect(Bool(false))
    }
    let failure = try #require(outcome.failure)
    #expect(failure.kind == .expectation)
    #expect(failure.description.contains("A replay may differ"), "\(failure)")
  }

  @Test func aThreadThatIsLateIsNoDeadlock() async {
    let gate = DispatchSemaphore(value: 0)
    Thread.detachNewThread {
      // Later than a run takes that nobody holds up, and much sooner than the grace period.
      Thread.sleep(forTimeInterval: 0.3)
      gate.signal()
    }
    let outcome = await fuzzed(schedules: 1) {
      async let other: Void = Self.meet(0)
      await withCheckedContinuation { continuation in
        Thread.detachNewThread {
          gate.wait()
          continuation.resume()
        }
      }
      await other
    }
    #expect(outcome.failure == nil, "\(outcome)")
  }

  // MARK: The comparison

  private func step(_ task: UInt64) -> RecordedStep {
    let key = StepKey(task: task, ordinal: 0)
    return RecordedStep(
      key: key, executor: 0, cause: -1, enabled: 1, passedOver: key, reason: .created,
      isPreemption: false, isStall: false)
  }

  @Test func theFirstStepThatDiffersIsFound() {
    let difference = { (first: [UInt64], second: [UInt64], isPrefix: Bool) in
      RunOutcome.firstDifference(
        first.map(self.step), second.map(self.step), isPrefix: isPrefix)
    }
    #expect(difference([1, 2, 3], [1, 2, 3], false) == nil)
    #expect(difference([1, 2, 3], [1, 4, 3], false) == 1)
    #expect(difference([1, 2], [1, 2, 3], false) == 2)
    #expect(difference([1, 2], [1, 2, 3], true) == nil, "a failure ends the comparison")
    #expect(difference([1, 2, 3], [1, 2], true) == 2)
  }
}
