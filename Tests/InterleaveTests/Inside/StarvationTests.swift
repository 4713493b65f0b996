import Dispatch
import Foundation
import Interleave
import InterleaveBugs
import InterleaveEngine
import Testing

/// Programs that block the threads of the pool, while what they wait for needs one.
@Suite(.enabled(if: Interruptions.obstacle == nil)) struct StarvationTests {
  @Test(arguments: BugProgram.starvation.map(\.name), [UInt64(1), 2, 3])
  func eachIsFoundWithTheDefaultSettings(name: String, seed: UInt64) async throws {
    let program = try #require(BugProgram.named(name))
    let outcome = await fuzzed(schedules: 1_000, seed: seed, body: program.body)
    let failure = try #require(outcome.failure, "\(outcome)")
    #expect(failure.kind == .poolStarvation, "\(failure)")
    #expect(failure.schedulesTried <= 60, "\(failure.schedulesTried)")
    #expect(failure.interleaving.poolWidth == 1, "\(failure)")
    #expect(failure.interleaving.preemptions <= 1 && failure.isMinimal, "\(failure)")
    #expect(failure.message.contains(", but finds no thread"), "\(failure)")
    #expect(!failure.message.contains("the runtime"), "\(failure)")
    #expect(failure.message.contains("is blocked in "), "\(failure)")
  }

  @Test(arguments: BugProgram.starvation.map(\.name))
  func noMendedTwinFails(name: String) async throws {
    let program = try #require(BugProgram.named(name))
    let outcome = await allowed(schedules: 300, .automatic, body: program.mended)
    #expect(outcome.failure == nil, "\(outcome)")
    let narrow = await allowed(schedules: 100, 1, body: program.mended)
    #expect(narrow.failure == nil, "\(narrow)")
  }

  @Test(arguments: BugProgram.starvation.map(\.name))
  func noneFailsWithThreadsEnough(name: String) async throws {
    let program = try #require(BugProgram.named(name))
    let outcome = await allowed(schedules: 100, .unlimited, body: program.body)
    #expect(outcome.failure == nil, "\(outcome)")
  }

  @Test(arguments: BugProgram.starvation.map(\.name))
  func theSameSeedGivesTheSameReport(name: String) async throws {
    let program = try #require(BugProgram.named(name))
    let first = await fuzzed(seed: 7, body: program.body).failure
    let second = await fuzzed(seed: 7, body: program.body).failure
    #expect(first?.description == second?.description)
    #expect(first?.interleaving == second?.interleaving)
  }

  @Test func theFamilyHasTenProgramsAtLeast() {
    #expect(BugProgram.starvation.count >= 10)
    #expect(Set(BugProgram.starvation.map(\.name)).count == BugProgram.starvation.count)
  }

  // MARK: Who waits for whom

  @Test func itIsToldWhoWaitsWhereForWhatAndWhoFindsNoThread() async throws {
    let program = try #require(BugProgram.named("starved_lock"))
    let failure = try #require(await fuzzed(body: program.body).failure)
    let lines = failure.message.split(separator: "\n")
    #expect(lines.first?.hasPrefix("each thread of the pool is blocked") == true)
    let blocked = try #require(lines.first { $0.contains("is blocked in") })
    #expect(blocked.contains("by a lock that task 0."), "\(blocked)")
    #expect(blocked.contains("HeldAcross.swift:"), "\(blocked)")
    let helper = try #require(lines.first { $0.contains("would let one of them go on") })
    #expect(helper.contains("but finds no thread: it is at"), "\(helper)")
    #expect(helper.contains("HeldAcross.swift:"), "\(helper)")
    #expect(
      lines.last
        == "The pool had 1 thread, as on a machine with 1 core, or with more where other code blocks the rest."
    )
    #expect(failure.description.contains("1 thread in the pool"), "\(failure)")
  }

  // MARK: The corpus

  @Test func anEntryKeepsTheWidthAndIsReplayed() async throws {
    let program = try #require(BugProgram.named("starved_task"))
    try await withTemporaryFolder { folder in
      let first = await fuzzed({ $0.corpus = .at(folder) }, body: program.body)
      let file = try #require(first.failure?.corpusFile)
      let text = try String(contentsOfFile: file, encoding: .utf8)
      #expect(text.contains("\"version\": 2"), "\(text)")
      #expect(text.contains("\"poolWidth\": 1"), "\(text)")
      let second = await fuzzed({ $0.corpus = .at(folder) }, body: program.body)
      #expect(second.failure?.kind == .poolStarvation)
      #expect(second.report.schedules == 0, "it is replayed before anything else")
      let mended = await fuzzed(
        {
          $0.corpus = .at(folder)
          $0.checks.remove(.nothingInterleaved)
        }, body: program.mended)
      #expect(mended.failure == nil, "\(mended)")
    }
  }

  @Test func aReplayStringKeepsTheWidth() async throws {
    let program = try #require(BugProgram.named("starved_actor"))
    let failure = try #require(await fuzzed(body: program.body).failure)
    let string = try #require(failure.replayString)
    let again = await fuzzed({ $0.replaying = string }, body: program.body)
    #expect(again.failure?.kind == .poolStarvation, "\(again)")
    #expect(again.failure?.interleaving.poolWidth == 1)
  }
}

/// Fuzzes a body in which there may be no choice.
private func allowed(
  schedules: Int, _ width: FuzzConfiguration.PoolWidth,
  body: @escaping @Sendable () async throws -> Void
) async -> FuzzOutcome {
  await fuzzed(
    schedules: schedules,
    {
      $0.poolWidth = width
      $0.checks.remove(.nothingInterleaved)
    }, body: body)
}
