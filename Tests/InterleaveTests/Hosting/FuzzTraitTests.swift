import Testing

@testable import Interleave

/// `.fuzzed`, as the one who runs the tests sees it.
@Suite(.enabled(if: !fixturesAreEnabled)) struct FuzzTraitTests {
  /// The lines that say that a test recorded an issue or a warning.
  private func records(_ result: ProgramResult) -> [String] {
    result.output.split(separator: "\n").filter { $0.contains(" recorded a") }.map(String.init)
  }

  @Test func eachSettingOfTheTraitMayBeGivenAlone() {
    let seeded: FuzzTrait = .fuzzed(seed: 3)
    #expect(seeded.configuration.seed == 3)
    #expect(seeded.configuration.schedules == FuzzConfiguration().schedules)
    let shared: FuzzTrait = .fuzzed(workers: 2)
    #expect(shared.configuration.workers == 2)
    #expect(shared.configuration.until == nil)
    let impatient: FuzzTrait = .fuzzed(cancellation: .anyTask)
    #expect(impatient.configuration.cancellation == .anyTask)
    let timed: FuzzTrait = .fuzzed(schedules: 9, duration: .seconds(2), time: .adversarial)
    #expect(timed.configuration.schedules == 9)
    #expect(timed.configuration.duration == .seconds(2))
    #expect(timed.configuration.time == .adversarial)
    let inside: FuzzTrait = .fuzzed(strategy: .pct, interruptions: .before)
    #expect(inside.configuration.strategy.name == "pct")
    #expect(inside.configuration.interruptions == .before)
    let plain: FuzzTrait = .fuzzed
    #expect(plain.configuration.seed == nil)
    #expect(plain.configuration.workers == 1)
  }

  @Test func whateverIsSetMayBeSetByAClosure() {
    let trait: FuzzTrait = .fuzzed {
      $0.stepLimit = 500
      $0.checks = []
      $0.corpus = .none
    }
    #expect(trait.configuration.stepLimit == 500)
    #expect(trait.configuration.checks == [])
    #expect(trait.configuration.corpus == .none)
  }

  @Test func aSettingGivenByItsNameCountsMoreThanTheConfigurations() async throws {
    var configuration = FuzzConfiguration()
    configuration.schedules = 50
    configuration.seed = 4
    let trait: FuzzTrait = .fuzzed(configuration, schedules: 7)
    #expect(trait.configuration.schedules == 7)
    #expect(trait.configuration.seed == 4)
    let report = try await fuzz(configuration, schedules: 7, strategy: .randomWalk) {
      async let one: Void = Task.yield()
      async let other: Void = Task.yield()
      _ = await (one, other)
    }
    #expect(report.schedules == 7)
  }

  @Test func hundredsOfFailingRunsRecordOneIssueAtTheExpectation() async throws {
    let result = try await runFixtures("TraitFixtures/fails\\(\\)")
    #expect(result.exitCode == 1, "\(result)")
    #expect(records(result).count == 1, "\(result)")
    let record = try #require(records(result).first)
    #expect(record.contains("Test fails() recorded an issue at Fixtures.swift:"))
    #expect(record.hasSuffix("Expectation failed: await bank.balance >= 0"))
    #expect(result.output.contains("↳ the bank must not be overdrawn"))
    #expect(result.output.contains("The interleaving: 12 steps, 3 tasks, 1 preemption"))
    #expect(result.output.contains("interrupts 0.0"))
    #expect(result.output.contains("Minimal: no schedule with fewer preemptions fails."))
  }

  @Test func ofManyFailingExpectationsTheFirstIsRecorded() async throws {
    let result = try await runFixtures("TraitFixtures/failsEveryTime")
    #expect(result.exitCode == 1)
    #expect(records(result).count == 1, "\(result)")
  }

  @Test func detachedTasksRecordOneIssueAtTheExpectation() async throws {
    let result = try await runFixtures("TraitFixtures/failsInADetachedTask")
    #expect(result.exitCode == 1)
    #expect(records(result).count == 1, "\(result)")
    #expect(
      records(result).first?.contains("Test failsInADetachedTask() recorded an issue at") == true)
    #expect(result.output.contains("↳ seen from afar"))
  }

  @Test func requirementsErrorsAndStandstillsRecordOneIssueEach() async throws {
    let result = try await runFixtures("TraitFixtures/(requires|throwsAnError|getsStuck)")
    #expect(result.exitCode == 1)
    #expect(records(result).count == 3, "\(result)")
    #expect(result.lines(with: "Test requires() recorded an issue").count == 1)
    #expect(result.lines(with: "throwsAnError(): an error was thrown").count == 1)
    #expect(result.lines(with: "getsStuck(): lost wake-up").count == 1)
  }

  @Test func eachCaseOfAParameterisedTestIsFuzzed() async throws {
    let result = try await runFixtures("TraitFixtures/fuzzesEachCase")
    #expect(result.exitCode == 1)
    #expect(records(result).count == 2, "\(result)")
    #expect(result.output.contains("overdrawn from 100"))
    #expect(result.output.contains("overdrawn from 90"))
    #expect(!result.output.contains("overdrawn from 200"))
  }

  @Test func eachCaseHasItsOwnFolderInTheCorpus() async throws {
    try await withTemporaryFolder { folder in
      let result = try await runFixtures(
        "TraitFixtures/fuzzesEachCase", environment: ["INTERLEAVE_CORPUS": folder])
      #expect(result.exitCode == 1)
      let folders = Set(try allFiles(below: folder).map { $0.split(separator: "/").dropLast() })
      #expect(folders.count == 2, "\(folders)")
      #expect(folders.allSatisfy { $0.starts(with: ["InterleaveTests", "TraitFixtures"]) })
    }
  }

  @Test func aTestThatInterleavesNothingFails() async throws {
    let result = try await runFixtures("TraitFixtures/interleavesNothing")
    #expect(result.exitCode == 1)
    #expect(records(result).count == 1, "\(result)")
    #expect(result.output.contains("nothing was interleaved"))
  }

  @Test func aCaseThatInterleavesNothingBesideOthersIsNotTold() async throws {
    let result = try await runFixtures("CaseFixtures/interleavesInSomeCases")
    #expect(result.exitCode == 0, "\(result)")
    #expect(records(result).isEmpty, "\(result)")
    #expect(result.output.contains("interleave: 3 tests fuzzed"), "\(result)")
    #expect(!result.output.contains("1 failure"), "\(result)")
  }

  @Test func thatNoCaseInterleavesIsToldOnce() async throws {
    let failed = try await runFixtures("CaseFixtures/interleavesInNoCase")
    #expect(failed.exitCode == 1, "\(failed)")
    #expect(records(failed).count == 1, "\(failed)")
    #expect(failed.output.contains("nothing was interleaved"))
    #expect(failed.output.contains("checks.remove(.nothingInterleaved)"))
    #expect(failed.output.contains(", 1 failure"), "\(failed)")
    let warned = try await runFixtures("CaseFixtures/isOfOneTaskInEachCase")
    #expect(warned.exitCode == 0, "\(warned)")
    #expect(records(warned).count == 1, "\(warned)")
    #expect(records(warned).allSatisfy { $0.contains("recorded a warning") })
    #expect(warned.output.contains("a single task"))
  }

  @Test func aTestThatOnlyInheritsTheTraitAndInterleavesNothingIsWarned() async throws {
    let result = try await runFixtures("SuiteFixtures/inheritsAnd(InterleavesNothing|IsNotAsync)")
    #expect(result.exitCode == 0, "\(result)")
    #expect(records(result).count == 2)
    #expect(records(result).allSatisfy { $0.contains("recorded a warning") })
    #expect(result.output.contains("this test is fuzzed because its suite is"))
  }

  @Test func aTestWithATraitOfItsOwnFailsInAFuzzedSuiteToo() async throws {
    let result = try await runFixtures("SuiteFixtures/hasItsOwnAndInterleavesNothing")
    #expect(result.exitCode == 1)
    #expect(records(result).count == 1, "\(result)")
    #expect(records(result).allSatisfy { $0.contains("recorded an issue") })
  }

  @Test func theInnermostTraitDecides() async throws {
    let result = try await runFixtures(
      "SuiteFixtures/(inheritsAndPasses|hasItsOwn\\(|Inner/inheritsFromTheInnerSuite\\()",
      environment: ["INTERLEAVE_REPORT": "all"])
    #expect(result.exitCode == 0, "\(result)")
    #expect(result.lines(with: "SuiteFixtures/inheritsAndPasses(): 20 schedules").count == 1)
    #expect(result.lines(with: "SuiteFixtures/hasItsOwn(): 7 schedules").count == 1)
    #expect(result.lines(with: "Inner/inheritsFromTheInnerSuite(): 9 schedules").count == 1)
  }

  @Test func everyCampaignThatPassesPrintsALineIfAsked() async throws {
    let silent = try await runFixtures("TraitFixtures/passes")
    #expect(silent.exitCode == 0)
    #expect(silent.lines(with: "schedules").isEmpty, "\(silent)")
    let told = try await runFixtures(
      "TraitFixtures/passes", environment: ["INTERLEAVE_REPORT": "all"])
    #expect(told.lines(with: "TraitFixtures/passes(): all ").count == 1, "\(told)")
  }

  @Test func cancellingTheTestEndsTheExploration() async throws {
    let result = try await runFixtures(
      "TraitFixtures/isCancelled", environment: ["INTERLEAVE_REPORT": "all"])
    #expect(result.exitCode == 0, "\(result)")
    #expect(result.lines(with: "Test isCancelled() was cancelled").count == 1)
    #expect(records(result).isEmpty)
    #expect(result.lines(with: "schedules").isEmpty)
  }

  @Test func whatEscapesControlIsShownAsOneWarning() async throws {
    let result = try await runFixtures("TraitFixtures/escapes")
    #expect(result.exitCode == 0, "\(result)")
    #expect(records(result).count == 1)
    #expect(records(result).allSatisfy { $0.contains("recorded a warning") })
    #expect(result.output.contains("escaped control"))
    #expect(result.output.contains("Fixtures.swift"))
  }

  @Test func fuzzingInsideAFuzzedTestIsAnError() async throws {
    let result = try await runFixtures("TraitFixtures/fuzzesInside")
    #expect(result.exitCode == 1)
    #expect(result.output.contains("a fuzzed body must not fuzz"), "\(result)")
  }
}
