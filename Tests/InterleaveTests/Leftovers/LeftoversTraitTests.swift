import Interleave
import Testing

/// `.noLeftovers`, as the one who runs the tests sees it.
@Suite(.enabled(if: !fixturesAreEnabled)) struct LeftoversTraitTests {
  private func records(_ result: ProgramResult) -> [String] {
    result.output.split(separator: "\n").filter { $0.contains(" recorded a") }.map(String.init)
  }

  @Test func whatATestLeavesBehindIsOneIssueOfIt() async throws {
    let result = try await runFixtures("LeftoverFixtures/leavesATask")
    #expect(result.exitCode == 1, "\(result)")
    #expect(records(result).count == 1, "\(result)")
    #expect(result.output.contains("Test leavesATask() recorded an issue at"))
    #expect(result.output.contains("the body has ended, but left something over:"))
    #expect(result.output.contains("LeftoversTraitTests.swift"))
  }

  @Test func aTestThatCleansUpPasses() async throws {
    let result = try await runFixtures(
      "LeftoverFixtures/(cleansUp|isGivenTime|isControlledToo|isFuzzedToo|hasATimeLimit)")
    #expect(result.exitCode == 0, "\(result)")
    #expect(records(result).isEmpty, "\(result)")
  }

  @Test func eachCaseIsChecked() async throws {
    let result = try await runFixtures("LeftoverFixtures/leavesTasksInSomeCases")
    #expect(result.exitCode == 1)
    #expect(records(result).count == 2, "\(result)")
  }

  @Test func failuresAndErrorsOfTheTestAreItsOwn() async throws {
    let result = try await runFixtures("LeftoverFixtures/(fails|throwsAnError)")
    #expect(result.exitCode == 1)
    #expect(records(result).count == 2, "\(result)")
    #expect(result.output.contains("seen from inside"))
    #expect(result.output.contains("Broken()"))
  }

  @Test func whatHangsIsToldAtOnce() async throws {
    let result = try await runFixtures("LeftoverFixtures/hangs")
    #expect(result.exitCode == 1)
    #expect(result.output.contains("lost wake-up"), "\(result)")
  }

  @Test func aCancelledTestAndAKnownIssueStayWhatTheyAre() async throws {
    let result = try await runFixtures("LeftoverFixtures/(isCancelled|knowsItsIssue)")
    #expect(result.exitCode == 0, "\(result)")
    #expect(result.lines(with: "Test isCancelled() was cancelled").count == 1, "\(result)")
    #expect(result.output.contains("1 known issue"), "\(result)")
  }
}

@Suite(.fixture, .noLeftovers) struct LeftoverFixtures {
  private struct Broken: Error {}

  @Test func leavesATask() async {
    Task { try await Task.sleep(for: .seconds(5)) }
  }

  @Test func cleansUp() async {
    let task = Task { try await Task.sleep(for: .seconds(5)) }
    task.cancel()
    _ = await task.result
  }

  @Test(.noLeftovers(within: .seconds(10))) func isGivenTime() async {
    Task { try await Task.sleep(for: .seconds(5)) }
  }

  @Test(.controlled) func isControlledToo() async throws {
    try await Task.sleep(for: .seconds(3600))
  }

  @Test(.fuzzed(schedules: 5)) func isFuzzedToo() async {
    async let one: Void = Task.yield()
    async let other: Void = Task.yield()
    _ = await (one, other)
  }

  @Test(.timeLimit(.minutes(1))) func hasATimeLimit() async throws {
    try await Task.sleep(for: .seconds(3600))
  }

  @Test(arguments: [0, 1, 2]) func leavesTasksInSomeCases(count: Int) async {
    for _ in 0..<count { Task { try await Task.sleep(for: .seconds(5)) } }
  }

  @Test func fails() async { #expect(Bool(false), "seen from inside") }

  @Test func throwsAnError() async throws { throw Broken() }

  @Test func hangs() async {
    await withUnsafeContinuation { (_: UnsafeContinuation<Void, Never>) in }
  }

  @Test func isCancelled() async throws { try Test.cancel("not today") }

  @Test func knowsItsIssue() async {
    withKnownIssue { #expect(Bool(false)) }
  }
}
