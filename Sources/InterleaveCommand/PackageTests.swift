import Foundation
import Interleave

/// The tests of a package, as `swift test` runs them.
struct PackageTests {
  let options: PackageOptions

  /// Builds them, unless they are built.
  ///
  /// - Throws: ``CommandError`` with what the build says, where it fails.
  func build() throws {
    guard !options.skipsBuild else { return }
    let result = try run(["build", "--build-tests"], environment: [:])
    guard result.code == 0 else {
      throw CommandError(.build, "the package cannot be built:\n\(result.output)")
    }
  }

  /// Runs tests, and reads what their campaigns came to.
  ///
  /// - Parameters:
  ///   - filter: Which tests, as a regular expression; nil for all.
  ///   - environment: What is set for them.
  /// - Returns: A record for each campaign, and what was printed.
  func records(
    filter: String?, environment: [String: String]
  ) throws -> (records: [CampaignRecord], output: String) {
    let file = FileManager.default.temporaryDirectory
      .appending(path: "interleave-results-\(UUID().uuidString)")
    defer { try? FileManager.default.removeItem(at: file) }
    let arguments =
      ["test", "--skip-build"] + (options.ignoresLock ? ["--ignore-lock"] : [])
      + (filter.map { ["--filter", $0] } ?? [])
    var environment = environment
    environment["INTERLEAVE_RESULTS"] = file.path
    if let corpus = options.corpus {
      environment["INTERLEAVE_CORPUS"] = URL(filePath: corpus).standardizedFileURL.path
    }
    let result = try run(arguments, environment: environment)
    let text = FileManager.default.contents(atPath: file.path) ?? Data()
    return (try CampaignRecord.read(String(decoding: text, as: UTF8.self)), result.output)
  }

  /// Runs SwiftPM for the package.
  func run(
    _ arguments: [String], environment: [String: String]
  ) throws -> (code: Int32, output: String) {
    try Processes.run(
      URL(filePath: "/usr/bin/env"),
      ["swift", arguments[0], "--package-path", options.package] + arguments.dropFirst(),
      environment: environment)
  }
}
