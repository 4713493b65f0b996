import Foundation
import Testing

@testable import Interleave

/// What is told in tests arrives at whoever runs them.
@Suite(.enabled(if: !fixturesAreEnabled)) struct OutputTests {
  /// The signs that Swift Testing itself begins lines with, and puts between an argument and its
  /// value.
  private static let ownSigns: Set<Character> = ["◇", "✘", "✔", "↳", "━", "⚠", "➜", "→", "⎙"]

  @Test func nothingThatIsHandedToATestFrameworkLiesOutsideOfASCII() async throws {
    let result = try await runFixtures(
      "OutputFixtures/(expects|warns)", environment: ["INTERLEAVE_REPORT": "all"])
    #expect(result.exitCode == 1)
    #expect(result.output.contains("(\"\\u{2192} \\(balance)\" -> \"\\u{2192} -60\")"), "\(result)")
    #expect(result.output.contains("gr\\u{F6}\\u{DF}er als 0 \\u{2192}"), "\(result)")
    #expect(result.output.contains("[1000.1] Gr\\u{F6}"), "\(result)")
    for line in result.output.split(separator: "\n") {
      // Swift Testing draws a sign at the head of a line, some of them in two scalars.
      let rest = line.drop { !$0.isASCII && Self.ownSigns.contains($0) || $0 == "⚠︎" }
      #expect(rest.utf8.allSatisfy { $0 < 0x80 }, "\(line)")
    }
  }

  // SwiftPM drops each piece of about 4 KB of a test's output whose edge falls inside a character
  // of several bytes. Those that Swift Testing itself prints are few, so that next to nothing is
  // lost by them.
  @Test(.enabled(if: SwiftTest.current != nil, "the bundle was not built by `swift test`"))
  func ofManyFailuresOfManySizesAllArrive() async throws {
    let swift = try #require(SwiftTest.current)
    let result = try await swift.run("OutputFixtures/overflows")
    #expect(result.exitCode != 0)
    let marks = Outpour.marks
    let words = Set(result.output.utf8.split { $0 == 0x20 || $0 == 0x0A }.map(Array.init))
    let lost = marks.filter { !words.contains(Array($0.utf8)) }
    #expect(lost.count * 50 < marks.count, "of \(marks.count) lines, \(lost.count) were lost")
  }
}

/// Runs tests of this bundle again, by `swift test`.
struct SwiftTest {
  /// The package, where its products lie, and how they were built.
  var package: String
  var scratch: String
  var configuration: String

  /// How this process was built; nil if that was not by `swift test` itself.
  static let current: SwiftTest? = {
    // …/.build/x86_64-unknown-linux-gnu/debug/InterleavePackageTests.xctest
    let bundle = URL(fileURLWithPath: CommandLine.arguments[0]).resolvingSymlinksInPath()
    let products = bundle.deletingLastPathComponent()
    let package = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
      .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()
    guard bundle.pathExtension == "xctest",
      ["debug", "release"].contains(products.lastPathComponent)
    else { return nil }
    return SwiftTest(
      package: package.path,
      scratch: products.deletingLastPathComponent().deletingLastPathComponent().path,
      configuration: products.lastPathComponent)
  }()

  func run(_ filter: String) async throws -> ProgramResult {
    try await runProgram(
      "/usr/bin/env",
      [
        "swift", "test", "--package-path", package, "--scratch-path", scratch,
        "--configuration", configuration, "--skip-build", "--ignore-lock", "--disable-xctest",
        "--filter", filter,
      ],
      environment: ["TESTS_FIXTURES": "1", "INTERLEAVE_CORPUS": "none", "COLUMNS": "100"],
      limit: 300)
  }
}
