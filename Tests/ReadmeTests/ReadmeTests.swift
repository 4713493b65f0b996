import Foundation
import Interleave
import Testing

/// What the README and the pages show is what Interleave does.
struct ReadmeTests {
  /// The source of a file of these tests.
  private func source(_ file: String) throws -> String {
    try String(
      contentsOf: Documentation.root.appending(path: "Tests/ReadmeTests/\(file).swift"),
      encoding: .utf8)
  }

  @Test func theReportOnTheFirstScreenIsTheOneThatIsPrinted() async throws {
    var configuration = FuzzConfiguration()
    configuration.seed = 1
    configuration.corpus = .none
    let outcome = await Fuzzer(configuration).run(named: "neverOverdrawn") {
      let bank = Bank(balance: 100)
      always(bank, "the balance must not be negative") { $0.balance >= 0 }
      async let first = bank.withdraw(80)
      async let second = bank.withdraw(80)
      _ = await (first, second)
    }
    let failure = try #require(outcome.failure)
    let report = failure.asciiText(width: 100)
    // In release the optimizer merges steps, so the interleaving is another one.
    #if DEBUG
      #expect(try Documentation.readme().contains(report), "the README must show:\n\(report)")
    #else
      #expect(failure.interleaving.preemptions == 1)
    #endif
  }

  @Test func theProgramOnTheFirstScreenIsTheOneThatIsFuzzed() throws {
    let source = try source("Bank")
    let start = try #require(source.range(of: "actor Bank")?.lowerBound)
    let end = try #require(source.range(of: "\nextension Bank")?.lowerBound)
    #expect(try Documentation.readme().contains(source[start..<end]))
  }

  @Test func theSpecIsTheOneThatIsRun() async throws {
    let source = try source("BankSpec")
    let start = try #require(source.range(of: "struct BankSpec")?.lowerBound)
    #expect(try Documentation.text().contains(source[start...]))
    var configuration = FuzzConfiguration()
    configuration.seed = 1
    configuration.corpus = .none
    let outcome = await Fuzzer(configuration).run(named: "bank", BankSpec())
    let failure = try #require(outcome.failure)
    #expect(failure.kind == .notLinearizable)
    #expect(failure.operations.count == 2, "\(failure)")
  }

  @Test func theRuleThatEndsATestIsTheOneThatIsCompiled() throws {
    let source = try source("Gate")
    let start = try #require(source.range(of: "@Test(.fuzzed")?.lowerBound)
    #expect(try Documentation.text().contains(source[start...]))
  }

  @Test func theFuzzWithCancellationIsTheOneThatIsRun() throws {
    let source = try source("Semaphore")
    let start = try #require(source.range(of: "var configuration")?.lowerBound)
    let end = try #require(source.range(of: "\n  }\n\n  @Test func aPermitThatIsLost")?.lowerBound)
    let lines = source[start..<end].split(separator: "\n").map {
      $0.hasPrefix("    ") ? $0.dropFirst(4) : $0
    }
    #expect(try Documentation.text().contains(lines.joined(separator: "\n")))
  }
}
