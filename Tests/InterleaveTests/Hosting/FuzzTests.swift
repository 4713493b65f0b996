import Foundation
import Interleave
import Testing

/// `fuzz { }` in a test, as its caller and the one who runs the tests see it.
@Suite(.enabled(if: !fixturesAreEnabled)) struct FuzzTests {
  @Test func aFailureIsThrownWithTheWholeReport() async throws {
    let result = try await runFixtures("CallFixtures/fails\\(\\)")
    #expect(result.exitCode == 1)
    #expect(result.lines(with: " recorded a").count == 1, "\(result)")
    #expect(result.lines(with: "Caught error: fails(): expectation failed at").count == 1)
    #expect(result.output.contains("the bank must not be overdrawn"))
    #expect(result.output.contains("interrupts 0.0"))
  }

  @Test func aFailureThatIsCaughtLeavesNothingBehind() async throws {
    let result = try await runFixtures("CallFixtures/failsQuietly")
    #expect(result.exitCode == 0, "\(result)")
    #expect(result.lines(with: " recorded a").isEmpty)
  }

  @Test func aPassReturnsWhatWasRun() async throws {
    var configuration = FuzzConfiguration()
    configuration.schedules = 50
    configuration.corpus = .none
    let report = try await fuzz(configuration) {
      await withdrawTwice(from: Bank(balance: 100), atOnce: true)
    }
    #expect(report.schedules == 50)
    #expect(report.replayed == 0)
    #expect(report.distinctInterleavings > 1)
    #expect(report.contendedActors == ["Bank"])
    #expect(report.warnings.isEmpty)
    #expect(report.escapes.isEmpty)
  }

  @Test func fuzzingInsideAFuzzedBodyIsAnError() async throws {
    let result = try await runFixtures("CallFixtures/fuzzesInside")
    #expect(result.exitCode == 1)
    #expect(result.output.contains("a fuzzed body must not fuzz"), "\(result)")
  }

  @Test func invariantsOutsideOfARunAreIssuesAtTheirLines() async throws {
    let result = try await runFixtures("CallFixtures/statesInvariantsOutside")
    #expect(result.exitCode == 1)
    #expect(result.lines(with: " recorded an issue at Fixtures.swift").count == 2, "\(result)")
    #expect(result.output.contains("`always` checks runs of a fuzzed body"))
    #expect(result.output.contains("`eventually` checks runs of a fuzzed body"))
  }

  @Test func cancellingTheTestEndsTheExploration() async throws {
    let result = try await runFixtures("CallFixtures/isCancelled")
    #expect(result.exitCode == 0, "\(result)")
    #expect(result.lines(with: "Test isCancelled() was cancelled").count == 1)
  }

  @Test func whatEscapesControlIsShownAsOneWarning() async throws {
    let result = try await runFixtures(
      "CallFixtures/escapes", environment: ["INTERLEAVE_SCHEDULES": "20"])
    #expect(result.exitCode == 0, "\(result)")
    #expect(result.lines(with: " recorded a warning at Fixtures.swift").count == 1)
    #expect(result.output.contains("escaped control"))
  }

  @Test(arguments: [
    ("INTERLEAVE_SCHEDULES", "many"), ("INTERLEAVE_SEED", "abc"), ("INTERLEAVE_MODE", "repeat"),
  ]) func anUnreadableVariableIsAnErrorThatNamesIt(name: String, value: String) async throws {
    let result = try await runFixtures("CallFixtures/isMisconfigured", environment: [name: value])
    #expect(result.exitCode == 1)
    #expect(result.lines(with: "\(name) must be").count == 1, "\(result)")
    #expect(result.output.contains("(was `\(value)`)"))
  }
}
