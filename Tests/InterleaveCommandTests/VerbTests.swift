import Foundation
import Testing

@testable import InterleaveCommand

/// The command from its arguments to its exit code, on a package of a user's.
@Suite(.serialized) struct VerbTests {
  /// The package after it was fuzzed: with one failure in its corpus.
  private static let fuzzed = Task {
    let package = try await TriedPackage.shared.value
    let result = try await interleave("fuzz", "--duration", "4s", "--seed", "1", in: package.folder)
    return (package, result)
  }

  private func fuzzed() async throws -> URL { try await Self.fuzzed.value.0.folder }

  private func entries(in folder: URL) -> [String] {
    (FileManager.default.subpaths(atPath: folder.appending(path: "corpus").path) ?? [])
      .filter { $0.hasSuffix(".json") && !$0.hasPrefix(".") }
  }

  // MARK: Fuzzing

  @Test func fuzzingTellsWhichTestsAreRacyAndKeepsTheFailure() async throws {
    let (package, result) = try await Self.fuzzed.value
    #expect(result.code == 1, "\(result)")
    let lines = result.output.split(separator: "\n")
    #expect(
      lines.contains {
        $0.hasPrefix("ShopTests/BankTests/neverOverdrawn()") && $0.contains("racy: expectation")
      }, "\(result)")
    #expect(
      lines.contains {
        $0.hasPrefix("ShopTests/BankTests/paysOut()") && !$0.contains("racy")
      }, "\(result)")
    #expect(result.output.contains("What collided"))
    #expect(!result.output.contains("isOrdinary"))
    #expect(entries(in: package.folder).count == 1)
  }

  @Test func fuzzingWhatPassesIsASuccess() async throws {
    let folder = try await fuzzed()
    let result = try await interleave(
      "fuzz", "--skip-build", "--duration", "500ms", "--filter", "paysOut", "--json", in: folder)
    #expect(result.code == 0, "\(result)")
    let rows = try JSONDecoder().decode(
      [[String: String]].self, from: Data(result.output.utf8))
    #expect(rows.map { $0["test"] } == ["ShopTests/BankTests/paysOut()"])
  }

  @Test func fuzzingWhatMatchesNothingIsAnErrorOfItsOwn() async throws {
    let folder = try await fuzzed()
    let result = try await interleave(
      "fuzz", "--skip-build", "--duration", "1s", "--filter", "noSuchTest", in: folder)
    #expect(result.code == 2, "\(result)")
    #expect(result.errors.contains("no fuzzed test ran that matches `noSuchTest`"))
  }

  @Test func aBrokenBuildIsAnErrorOfItsOwn() async throws {
    let folder = FileManager.default.temporaryDirectory.appending(path: "broken-\(UUID())")
    defer { try? FileManager.default.removeItem(at: folder) }
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    try "this is no manifest".write(
      to: folder.appending(path: "Package.swift"), atomically: true, encoding: .utf8)
    let result = try await interleave("fuzz", "--duration", "1s", in: folder)
    #expect(result.code == 69, "\(result)")
    #expect(result.errors.contains("the package cannot be built"))
  }

  // MARK: What is kept

  @Test func theListNamesEachEntryWithItsTest() async throws {
    let folder = try await fuzzed()
    let path = "corpus/" + (try #require(entries(in: folder).first))
    let text = try await interleave("list", in: folder)
    #expect(text.code == 0)
    #expect(text.output.contains(path))
    #expect(text.output.contains("ShopTests/BankTests/neverOverdrawn()"))
    let json = try await interleave("list", "--json", in: folder)
    let rows = try JSONDecoder().decode([[String: String]].self, from: Data(json.output.utf8))
    #expect(rows.map { $0["entry"] } == [path])
    #expect(rows.map { $0["kind"] } == ["expectation"])
  }

  @Test func anEmptyCorpusIsListedAsOne() async throws {
    let folder = FileManager.default.temporaryDirectory
    let result = try await interleave(
      "list", "--corpus", "no-such-corpus-\(UUID())", in: folder)
    #expect(result.code == 0)
    #expect(result.output == "the corpus is empty\n")
  }

  @Test func anEntryIsShownWithItsInterleaving() async throws {
    let folder = try await fuzzed()
    let path = "corpus/" + (try #require(entries(in: folder).first))
    for name in [path, String(path.suffix(12)), "neverOverdrawn"] {
      let result = try await interleave("show", name, in: folder)
      #expect(result.code == 0, "\(result)")
      #expect(result.output.contains("The interleaving"))
      #expect(result.output.contains("Bank.withdraw(_:)"))
      #expect(result.output.contains("interleave replay \(path)"))
    }
    let json = try await interleave("show", "neverOverdrawn", "--json", in: folder)
    #expect(json.output.contains("\"interleave\": \"corpus entry\""))
  }

  @Test func anEntryThatIsNotThereIsAnErrorThatSaysWhatToDo() async throws {
    let folder = try await fuzzed()
    for verb in ["show", "replay", "report", "minimize"] {
      let result = try await interleave(verb, "no-such-entry", "--skip-build", in: folder)
      #expect(result.code == 65, "\(result)")
      #expect(result.errors.contains("there is no such entry as `no-such-entry`; `list` shows"))
    }
  }

  @Test func aCommandThatMakesNoSenseShowsHowItIsUsed() async throws {
    let folder = FileManager.default.temporaryDirectory
    let result = try await interleave("lsit", in: folder)
    #expect(result.code == 64)
    #expect(result.errors.contains("there is no command `lsit`"))
    #expect(result.errors.contains("usage: interleave"))
  }

  // MARK: Replay

  @Test func aReplaySaysThatTheEntryStillFails() async throws {
    let folder = try await fuzzed()
    let result = try await interleave("replay", "neverOverdrawn", "--skip-build", in: folder)
    #expect(result.code == 1, "\(result)")
    #expect(result.output.contains("still fails: expectation at BankTests.swift:13"))
    let report = try await interleave("report", "neverOverdrawn", "--skip-build", in: folder)
    #expect(report.code == 1)
    #expect(report.output.contains("What collided"), "\(report)")
    #expect(report.output.contains("The interleaving: "))
  }

  @Test func aReplayOfAMendedTestSaysThatItIsFixed() async throws {
    let folder = try await fuzzed()
    let result = try await interleave(
      "replay", "neverOverdrawn", "--skip-build", in: folder,
      environment: ["SHOP_IS_MENDED": "1"])
    #expect(result.code == 0, "\(result)")
    #expect(result.output.contains("fixed: corpus/ShopTests/BankTests/neverOverdrawn/"))
  }

  @Test func aReplayStopsForADebuggerAtTheStepThatIsAskedFor() async throws {
    let folder = try await fuzzed()
    for arguments in [["--stop-at", "4"], ["--step"]] {
      let result = try await interleave(
        ["replay", "neverOverdrawn", "--skip-build"] + arguments, in: folder)
      #expect(result.code == 1, "\(result)")
      #expect(result.output.contains("unexpected signal code 5"), "\(result)")
    }
    let beyond = try await interleave(
      ["replay", "neverOverdrawn", "--skip-build", "--stop-at", "100000"], in: folder)
    #expect(beyond.output.contains("still fails"), "\(beyond)")
  }

  @Test func aReplayThatRanNothingIsAnError() async throws {
    let folder = try await fuzzed()
    try await withCopy(of: folder, renaming: true, to: "isOrdinary") { corpus in
      let result = try await interleave(
        "replay", "isOrdinary", "--skip-build", "--corpus", corpus.path, in: folder)
      #expect(result.code == 2, "\(result)")
      #expect(result.errors.contains("nothing was replayed"))
    }
  }

  // MARK: Making smaller

  /// A corpus with one failure as it was found, in which nothing was made small.
  private func withCorpusAsFound(_ body: (URL, URL) async throws -> Void) async throws {
    let folder = try await fuzzed()
    let corpus = FileManager.default.temporaryDirectory.appending(path: "corpus-\(UUID())")
    defer { try? FileManager.default.removeItem(at: corpus) }
    let result = try await run(
      "/usr/bin/env", ["swift", "test", "--skip-build", "--filter", "countsAll"], in: folder,
      environment: [
        "SHOP_COUNTS": "1", "INTERLEAVE_SHRINKING": "0", "INTERLEAVE_STRATEGY": "randomWalk",
        "INTERLEAVE_SEED": "3", "INTERLEAVE_CORPUS": corpus.path,
      ])
    try #require(files(in: corpus).count == 1, "\(result)")
    try await body(folder, corpus)
  }

  @Test func anEntryIsMadeSmallerOnceAndIsThenAsSmallAsItGets() async throws {
    try await withCorpusAsFound { folder, corpus in
      let large = try #require(files(in: corpus).first)
      let arguments = ["countsAll", "--skip-build", "--corpus", corpus.path]
      let environment = ["SHOP_COUNTS": "1"]
      let smaller = try await interleave(
        ["minimize"] + arguments, in: folder, environment: environment)
      #expect(smaller.code == 0, "\(smaller)")
      #expect(smaller.output.contains("smaller: "), "\(smaller)")
      #expect(smaller.output.contains(", 1 preemption, 1 deviation\n"), "\(smaller)")
      #expect(smaller.output.contains("no schedule with fewer preemptions fails"), "\(smaller)")
      let small = files(in: corpus)
      #expect(small.count == 1)
      #expect(small != [large])
      let again = try await interleave(
        ["minimize"] + arguments, in: folder, environment: environment)
      #expect(again.code == 0, "\(again)")
      #expect(again.output.contains("as small as it gets: "), "\(again)")
      #expect(files(in: corpus) == small)
      let replay = try await interleave(
        ["replay"] + arguments, in: folder, environment: environment)
      #expect(replay.output.contains("still fails: expectation at BankTests.swift"), "\(replay)")
    }
  }

  @Test func fewRunsLeaveAnEntryAsItIs() async throws {
    try await withCorpusAsFound { folder, corpus in
      let large = files(in: corpus)
      let result = try await interleave(
        "minimize", "countsAll", "--skip-build", "--runs", "1", "--corpus", corpus.path,
        "--json", in: folder, environment: ["SHOP_COUNTS": "1"])
      #expect(result.code == 0, "\(result)")
      #expect(result.output.contains("\"isMinimal\" : false"), "\(result)")
      #expect(files(in: corpus) == large)
    }
  }

  @Test func whatPassesIsNotMadeSmaller() async throws {
    let folder = try await fuzzed()
    let before = entries(in: folder)
    let result = try await interleave(
      "minimize", "neverOverdrawn", "--skip-build", in: folder,
      environment: ["SHOP_IS_MENDED": "1"])
    #expect(result.code == 1, "\(result)")
    #expect(result.output.contains("so that there is nothing to make smaller"), "\(result)")
    #expect(entries(in: folder) == before)
  }

  @Test func whatNoTestReplaysIsNotMadeSmaller() async throws {
    let folder = try await fuzzed()
    try await withCopy(of: folder, renaming: true, to: "isOrdinary") { corpus in
      let result = try await interleave(
        "minimize", "isOrdinary", "--skip-build", "--corpus", corpus.path, in: folder)
      #expect(result.code == 2, "\(result)")
      #expect(result.errors.contains("nothing was replayed"))
    }
  }

  @Test(.enabled(if: foldersCanBeProtected, "nothing keeps files from being written"))
  func whatCannotBeWrittenIsAnErrorOfItsOwn() async throws {
    try await withCorpusAsFound { folder, corpus in
      let file = try #require(files(in: corpus).first)
      let test = corpus.appending(path: file).deletingLastPathComponent()
      let result = try await withProtected(test) {
        try await interleave(
          "minimize", "countsAll", "--skip-build", "--corpus", corpus.path, in: folder,
          environment: ["SHOP_COUNTS": "1"])
      }
      #expect(result.code == 73, "\(result)")
      #expect(files(in: corpus) == [file])
    }
  }

  // MARK: The plugin

  @Test func thePluginDoesTheSameForThePackageItIsCalledIn() async throws {
    let folder = try await fuzzed()
    let plugin = ["swift", "package", "--allow-writing-to-package-directory", "interleave"]
    let list = try await run("/usr/bin/env", plugin + ["list"], in: folder)
    #expect(list.code == 0, "\(list)")
    #expect(list.output.contains("ShopTests/BankTests/neverOverdrawn()"))
    let replay = try await run("/usr/bin/env", plugin + ["replay", "neverOverdrawn"], in: folder)
    #expect(replay.code == 1, "\(replay)")
    #expect(replay.output.contains("still fails: expectation"), "\(replay)")
    #expect(replay.errors.contains("`interleave` ended with exit code 1"), "\(replay)")
  }

  // MARK: Doubles

  @Test func aDoubleOfAProtocolIsPrintedAsItCompiles() async throws {
    let folder = try await fuzzed()
    let result = try await interleave("stub", "PriceService", in: folder)
    #expect(result.code == 0, "\(result)")
    #expect(result.output == TriedPackage.double + "\n")
    let other = try await interleave("stub", "Clerk", in: folder)
    #expect(other.output.contains("typealias Desk = <#type#>"), "\(other)")
    #expect(other.output.contains("func sit(at desk: Self.Desk) { <#not async#> }"), "\(other)")
    let none = try await interleave("stub", "NoSuchProtocol", in: folder)
    #expect(none.code == 2, "\(none)")
    #expect(none.errors.contains("no module of the package declares a protocol `NoSuchProtocol`"))
  }

  // MARK: Verifying and pruning

  @Test func verifyingNamesTheStateOfEachEntry() async throws {
    let folder = try await fuzzed()
    let failing = try await interleave("verify", "--skip-build", in: folder)
    #expect(failing.code == 1, "\(failing)")
    #expect(failing.output.contains("fails  expectation at BankTests.swift:13"), "\(failing)")
    let fixed = try await interleave(
      "verify", "--skip-build", in: folder, environment: ["SHOP_IS_MENDED": "1"])
    #expect(fixed.code == 0, "\(fixed)")
    #expect(fixed.output.contains("fixed"))
    let unplayed = try await interleave("verify", "--no-replay", "--json", in: folder)
    #expect(unplayed.code == 0, "\(unplayed)")
    #expect(unplayed.output.contains("\"state\" : \"readable\""))
  }

  @Test func whatIsOfNoUseIsNamedAndDeletedWhereThatIsWanted() async throws {
    let folder = try await fuzzed()
    try await withCopy(of: folder, renaming: true, to: "wasRenamed") { corpus in
      let arguments = ["--no-replay", "--corpus", corpus.path]
      let kept = try #require(files(in: corpus).first)
      try FileManager.default.copyItem(
        at: corpus.appending(path: kept),
        to: corpus.appending(path: kept).deletingLastPathComponent().appending(path: "copy.json"))
      try "{ nothing".write(
        to: corpus.appending(path: "broken.json"), atomically: true, encoding: .utf8)
      let verified = try await interleave(["verify"] + arguments, in: folder)
      #expect(verified.code == 1)
      #expect(verified.output.contains("there is no function wasRenamed"), "\(verified)")
      #expect(verified.output.contains("broken.json"))
      #expect(verified.output.contains("unreadable"))

      for answer in ["n\n", ""] {
        let asked = try await interleave(["prune"] + arguments, in: folder, input: answer)
        #expect(asked.code == 1)
        #expect(
          asked.output.contains("Delete these 2 files? [y/N] nothing was deleted"), "\(asked)")
        #expect(files(in: corpus).count == 3)
      }
      let deleted = try await interleave(["prune"] + arguments, in: folder, input: "y\n")
      #expect(deleted.code == 0, "\(deleted)")
      #expect(deleted.output.contains("deleted 2 files"))
      #expect(files(in: corpus) == ["broken.json"])
      let again = try await interleave(["prune", "--yes"] + arguments, in: folder)
      #expect(again.output.contains("every entry is of use"))
    }
  }

  @Test(.enabled(if: foldersCanBeProtected, "nothing keeps files from being deleted"))
  func whatCannotBeDeletedIsAnErrorOfItsOwn() async throws {
    let folder = try await fuzzed()
    try await withCopy(of: folder, renaming: true, to: "wasRenamed") { corpus in
      let test = corpus.appending(path: try #require(files(in: corpus).first))
        .deletingLastPathComponent()
      let result = try await withProtected(test) {
        try await interleave(
          ["prune", "--yes", "--no-replay", "--corpus", corpus.path], in: folder)
      }
      #expect(result.code == 73, "\(result)")
    }
  }

  @Test func whatIsKeptTwiceIsADuplicate() async throws {
    let folder = try await fuzzed()
    try await withCopy(of: folder, renaming: false, to: "") { corpus in
      let kept = corpus.appending(path: try #require(files(in: corpus).first))
      try FileManager.default.copyItem(
        at: kept, to: kept.deletingLastPathComponent().appending(path: "zz.json"))
      let result = try await interleave(
        ["prune", "--yes", "--no-replay", "--corpus", corpus.path], in: folder)
      #expect(result.code == 0, "\(result)")
      #expect(result.output.contains("zz.json: duplicate: "))
      #expect(files(in: corpus).count == 1)
    }
  }

  // MARK: Copies

  private func files(in folder: URL) -> [String] {
    (FileManager.default.subpaths(atPath: folder.path) ?? []).filter { $0.hasSuffix(".json") }
  }

  /// Copies the corpus, with the name of its test changed in folders and files.
  private func withCopy(
    of folder: URL, renaming: Bool, to other: String,
    _ body: (URL) async throws -> Void
  ) async throws {
    let copy = FileManager.default.temporaryDirectory.appending(path: "corpus-\(UUID())")
    defer { try? FileManager.default.removeItem(at: copy) }
    for path in entries(in: folder) {
      let text = try String(
        contentsOf: folder.appending(path: "corpus/\(path)"), encoding: .utf8)
      let file = copy.appending(
        path: renaming ? path.replacing("neverOverdrawn", with: other) : path)
      try FileManager.default.createDirectory(
        at: file.deletingLastPathComponent(), withIntermediateDirectories: true)
      try (renaming ? text.replacing("neverOverdrawn()", with: "\(other)()") : text)
        .write(to: file, atomically: true, encoding: .utf8)
    }
    try await body(copy)
  }
}
