import Foundation
import Testing

/// The corpus, from one run of the tests to the next.
@Suite(.enabled(if: !fixturesAreEnabled)) struct CorpusHostingTests {
  @Test func aFailureIsKeptAndReplayedFirstNextTime() async throws {
    try await withTemporaryFolder { folder in
      let environment = ["INTERLEAVE_CORPUS": folder]
      let first = try await runFixtures("TraitFixtures/fails\\(\\)", environment: environment)
      #expect(first.exitCode == 1)
      let files = try allFiles(below: folder)
      #expect(files.count == 1, "\(files)")
      let second = try await runFixtures("TraitFixtures/fails\\(\\)", environment: environment)
      #expect(second.exitCode == 1)
      #expect(second.output.contains("Schedule 1 failed"), "\(second)")
      #expect(second.lines(with: " recorded a").count == 1)
      #expect(try allFiles(below: folder) == files)
    }
  }

  @Test func replayRunsNothingButTheCorpus() async throws {
    try await withTemporaryFolder { folder in
      var environment = ["INTERLEAVE_CORPUS": folder, "INTERLEAVE_MODE": "replay"]
      let nothing = try await runFixtures("TraitFixtures/fails\\(\\)", environment: environment)
      #expect(nothing.exitCode == 0, "\(nothing)")
      #expect(nothing.lines(with: " recorded a warning at").count == 1)
      #expect(nothing.output.contains("the corpus has no entry of this test"))
      let idle = try await runFixtures(
        "TraitFixtures/interleavesNothing", environment: environment)
      #expect(idle.exitCode == 0, "\(idle)")
      environment["INTERLEAVE_MODE"] = "fuzz"
      _ = try await runFixtures("TraitFixtures/fails\\(\\)", environment: environment)
      environment["INTERLEAVE_MODE"] = "replay"
      let again = try await runFixtures("TraitFixtures/fails\\(\\)", environment: environment)
      #expect(again.exitCode == 1)
      #expect(again.output.contains("Schedule 1 failed"), "\(again)")
    }
  }

  @Test func anEntryThatDoesNotExistIsAnErrorAndOneOfAnotherTestIsNot() async throws {
    try await withTemporaryFolder { folder in
      var environment = ["INTERLEAVE_CORPUS": folder]
      _ = try await runFixtures("TraitFixtures/fails\\(\\)", environment: environment)
      environment["INTERLEAVE_MODE"] = "replay"
      environment["INTERLEAVE_ENTRY"] = "nope.json"
      let mistyped = try await runFixtures("TraitFixtures/fails\\(\\)", environment: environment)
      #expect(mistyped.exitCode == 1, "\(mistyped)")
      #expect(mistyped.output.contains("nope.json: it cannot be read: INTERLEAVE_ENTRY names it"))
      environment["INTERLEAVE_ENTRY"] =
        folder + "/" + (try #require(try allFiles(below: folder).first))
      let its = try await runFixtures("TraitFixtures/fails\\(\\)", environment: environment)
      #expect(its.output.contains("Schedule 1 failed"), "\(its)")
      let other = try await runFixtures("TraitFixtures/passes", environment: environment)
      #expect(other.exitCode == 0, "\(other)")
    }
  }

  @Test func onCIAFailureIsShownAndAttachedButNotWritten() async throws {
    try await withTemporaryFolder { folder in
      let attachments = folder + "/attachments"
      try FileManager.default.createDirectory(
        atPath: attachments, withIntermediateDirectories: true)
      let corpus =
        try #require(packageFolder(of: #filePath)) + "/corpus/InterleaveTests/TraitFixtures"
      let result = try await runFixtures(
        "TraitFixtures/fails\\(\\)", environment: ["CI": "true", "INTERLEAVE_CORPUS": ""],
        arguments: ["--attachments-path", attachments])
      #expect(result.exitCode == 1)
      #expect(result.lines(with: " recorded a").count == 1, "\(result)")
      #expect(result.output.contains("1 preemption"))
      #expect(result.output.contains(" corpus/InterleaveTests/TraitFixtures/fails/"))
      #expect(result.output.contains("\"deviations\""))
      #expect(!FileManager.default.fileExists(atPath: corpus))
      let attached = try allFiles(below: attachments)
      #expect(attached.count == 3, "\(attached)")
      let others = ["report.html", "interleaving.json"]
      for other in others { #expect(attached.contains { $0.hasSuffix(other) }, "\(attached)") }
      let entry = try #require(attached.first { name in !others.contains { name.hasSuffix($0) } })
      let content = try String(contentsOfFile: "\(attachments)/\(entry)", encoding: .utf8)
      #expect(content.contains("\"deviations\""))
      #expect(entry.hasSuffix(".json"))
    }
  }

  @Test(.unoptimised) func onCIARepairIsShownButNotWritten() async throws {
    try await withTemporaryFolder { folder in
      try Data().write(to: URL(fileURLWithPath: folder + "/Package.swift"))
      let original = ["INTERLEAVE_CORPUS": "", "REPAIRED_PACKAGE": folder]
      let renamed = original.merging(["REPAIRED_PACKAGE_IS_RENAMED": "1"]) { $1 }
      func contents() throws -> [String: Data] {
        var result: [String: Data] = [:]
        for file in try allFiles(below: folder + "/corpus") {
          result[file] = try Data(contentsOf: URL(fileURLWithPath: "\(folder)/corpus/\(file)"))
        }
        return result
      }

      let first = try await runFixtures("RepairFixtures", environment: original)
      #expect(first.exitCode == 1, "\(first)")
      let kept = try contents()
      #expect(kept.count == 1)

      let onCI = try await runFixtures(
        "RepairFixtures", environment: renamed.merging(["CI": "true"]) { $1 })
      #expect(onCI.exitCode == 1, "\(onCI)")
      #expect(onCI.output.contains("Corpus entry repaired"), "\(onCI)")
      #expect(onCI.output.contains("and delete this one."), "\(onCI)")
      #expect(onCI.lines(with: "-").contains { $0.contains("\"function\": \"Account.take(_:)\"") })
      #expect(onCI.lines(with: "+").contains { $0.contains("\"function\": \"Wallet.spend(_:)\"") })
      #expect(try contents() == kept)

      let elsewhere = try await runFixtures("RepairFixtures", environment: renamed)
      #expect(elsewhere.exitCode == 1)
      #expect(elsewhere.output.contains("was written in its place"), "\(elsewhere)")
      let new = try contents()
      #expect(new.count == 1 && new != kept)
    }
  }

  /// The folder of Package.swift above a file.
  private func packageFolder(of file: String) -> String? {
    var url = URL(fileURLWithPath: file)
    while url.path != "/" {
      url.deleteLastPathComponent()
      if FileManager.default.fileExists(atPath: url.path + "/Package.swift") { return url.path }
    }
    return nil
  }
}
