import Foundation
import Testing

@testable import Interleave

/// Corpus folders without the module of their test, which two modules may share.
@Suite struct OldFoldersTests {
  private let test = CorpusEntry.TestName(suite: "StoreTests", name: "works()")

  private func entry(
    _ message: String, location: String? = nil, module: String = "", words: [String] = []
  ) -> CorpusEntry {
    let file = location.map { $0.split(separator: "/").last.map(String.init) ?? "" }
    return CorpusEntry(
      test: test,
      signature: FailureSignature(
        kind: .deadlock, place: file.map { "\(module)/\($0)" } ?? message),
      message: message, location: location.map { .init(file: $0, line: 3) }, words: words)
  }

  /// A package with the sources of two modules, and entries in the folder that they share.
  private func makePackage(
    _ folder: String, modules: [String] = ["AlphaTests", "BetaTests"], entries: [CorpusEntry]
  ) throws {
    let files = FileManager.default
    try Data().write(to: URL(fileURLWithPath: "\(folder)/Package.swift"))
    for module in modules {
      try files.createDirectory(
        atPath: "\(folder)/Tests/\(module)", withIntermediateDirectories: true)
      try "struct StoreTests { @Test func works() async {} }".write(
        toFile: "\(folder)/Tests/\(module)/StoreTests.swift", atomically: true, encoding: .utf8)
    }
    let shared = CorpusStore(
      CorpusPlan(folder: "\(folder)/corpus", packageRoot: folder, writes: true))
    for entry in entries { _ = shared.save(entry) }
  }

  private func store(
    of module: String, in folder: String, writes: Bool = true, calls: FileCalls = .system
  ) -> CorpusStore {
    CorpusStore(
      CorpusPlan(folder: "\(folder)/corpus", packageRoot: folder, writes: writes), module: module,
      sourceFile: "\(folder)/Tests/\(module)/StoreTests.swift", calls: calls)
  }

  private func corpusFiles(_ folder: String) throws -> [String] {
    try allFiles(below: "\(folder)/corpus")
  }

  @Test func theModuleIsPartOfThePath() throws {
    try withTemporaryFolder { (folder) throws in
      try makePackage(folder, entries: [])
      let entry = entry("stuck")
      let name = "\(entry.digest).json"
      #expect(
        store(of: "AlphaTests", in: folder).save(entry)
          == .written(path: "corpus/AlphaTests/StoreTests/works/\(name)"))
      #expect(try store(of: "BetaTests", in: folder).files(of: test).isEmpty)
      #expect(try store(of: "AlphaTests", in: folder).files(of: test).count == 1)
    }
  }

  @Test func entriesGoToTheModuleWhoseFileTheyPointAt() throws {
    try withTemporaryFolder { (folder) throws in
      let alpha = entry("a", location: "Tests/AlphaTests/StoreTests.swift", module: "AlphaTests")
      let beta = entry(
        "b", location: "Tests/BetaTests/StoreTests.swift", module: "BetaTests",
        words: ["1  task 0  closure #1 in StoreTests.works()  StoreTests.swift:3"])
      try makePackage(folder, entries: [alpha, beta])
      let first = store(of: "AlphaTests", in: folder)
      try first.adoptOldFiles(of: test)
      #expect(try first.files(of: test).map { try $0.entry.get() } == [alpha])
      #expect(
        try corpusFiles(folder) == [
          "AlphaTests/StoreTests/works/\(alpha.digest).json",
          "StoreTests/works/\(beta.digest).json",
        ])
      let second = store(of: "BetaTests", in: folder)
      try second.adoptOldFiles(of: test)
      #expect(try second.files(of: test).map { try $0.entry.get() } == [beta])
      #expect(
        try corpusFiles(folder) == [
          "AlphaTests/StoreTests/works/\(alpha.digest).json",
          "BetaTests/StoreTests/works/\(beta.digest).json",
        ])
      #expect(!FileManager.default.fileExists(atPath: "\(folder)/corpus/StoreTests"))
    }
  }

  @Test func whereNothingMayBeWrittenTheyAreReadWhereTheyAre() throws {
    try withTemporaryFolder { (folder) throws in
      let alpha = entry("a", location: "Tests/AlphaTests/StoreTests.swift", module: "AlphaTests")
      try makePackage(folder, entries: [alpha])
      let before = try corpusFiles(folder)
      let store = store(of: "AlphaTests", in: folder, writes: false)
      try store.adoptOldFiles(of: test)
      let files = try store.files(of: test)
      #expect(files.map(\.path) == ["corpus/StoreTests/works/\(alpha.digest).json"])
      #expect(files.allSatisfy { !$0.isUndecided })
      #expect(try files.first?.entry.get() == alpha)
      #expect(try corpusFiles(folder) == before)
    }
  }

  @Test func whatOnlyOneModuleCanMeanIsItsOwn() throws {
    try withTemporaryFolder { (folder) throws in
      let entry = entry("stuck")
      try makePackage(folder, modules: ["AlphaTests"], entries: [entry])
      let store = store(of: "AlphaTests", in: folder)
      try store.adoptOldFiles(of: test)
      #expect(
        try corpusFiles(folder) == ["AlphaTests/StoreTests/works/\(entry.digest).json"])
    }
  }

  @Test func whatTwoModulesMayMeanStaysUntilItIsDecided() throws {
    try withTemporaryFolder { (folder) throws in
      let entry = entry("stuck")
      try makePackage(folder, entries: [entry])
      let store = store(of: "BetaTests", in: folder)
      try store.adoptOldFiles(of: test)
      let file = try #require(try store.files(of: test).first)
      #expect(file.isUndecided)
      #expect(file.path == "corpus/StoreTests/works/\(entry.digest).json")
      let path = "corpus/BetaTests/StoreTests/works/\(entry.digest).json"
      #expect(store.adopt(file.path, of: test) == path)
      #expect(try store.files(of: test).map(\.path) == [path])
      #expect(try store.files(of: test).first?.isUndecided == false)
    }
  }

  @Test func aFailureInASupportFileIsNobodyElses() throws {
    try withTemporaryFolder { (folder) throws in
      let entry = entry(
        "a", location: "Tests/Support/Checks.swift", module: "Support",
        words: ["1  task 0  closure #1 in StoreTests.works()  StoreTests.swift:3"])
      try makePackage(folder, modules: ["AlphaTests"], entries: [entry])
      #expect(store(of: "AlphaTests", in: folder).owner(of: entry) == .own)
      try makePackage(folder, entries: [])
      #expect(store(of: "AlphaTests", in: folder).owner(of: entry) == .undecided)
    }
  }

  @Test func whatCannotBeMovedIsNotLost() throws {
    try withTemporaryFolder { (folder) throws in
      let alpha = entry("a", location: "Tests/AlphaTests/StoreTests.swift", module: "AlphaTests")
      try makePackage(folder, entries: [alpha])
      var calls = FileCalls.system
      calls.rename = { _, _ in
        errno = EACCES
        return -1
      }
      let store = store(of: "AlphaTests", in: folder, calls: calls)
      #expect(throws: FileError.self) { try store.adoptOldFiles(of: test) }
      #expect(try store.files(of: test).map { try $0.entry.get() } == [alpha])
    }
  }

  @Test func aBrokenFileThereIsAnErrorAsEverywhere() throws {
    try withTemporaryFolder { (folder) throws in
      try makePackage(folder, entries: [entry("a")])
      let path = "\(folder)/corpus/StoreTests/works/half.json"
      try Data("{".utf8).write(to: URL(fileURLWithPath: path))
      let files = try store(of: "AlphaTests", in: folder).files(of: test)
      #expect(files.count == 2)
      #expect(throws: CorpusFileError.self) { for file in files { _ = try file.entry.get() } }
    }
  }

  // MARK: In a campaign

  @Test func nobodyCallsFixedWhatMayBeAnothersOpenBug() async throws {
    try await withTemporaryFolder { folder in
      let words = ["1  task 0  closure #1 in StoreTests.works()  StoreTests.swift:3"]
      let bug = CorpusEntry(
        test: .init(suite: "StoreTests", name: "works"),
        signature: FailureSignature(kind: .thrownError, place: "the body threw Lost()"),
        message: "the body threw Lost()", words: words)
      try makePackage(folder, entries: [bug])
      let old = "corpus/StoreTests/works/\(bug.digest).json"
      let (alpha, beta) = (
        await run("AlphaTests", in: folder) {}, await run("BetaTests", in: folder) { throw Lost() }
      )
      #expect(alpha.failure == nil)
      #expect(alpha.report.fixed == [] && alpha.report.replayed == 1)
      #expect(alpha.report.warnings.contains { $0.contains("\(old) lies in a folder") }, "\(alpha)")
      let new = "corpus/BetaTests/StoreTests/works/\(bug.digest).json"
      #expect(beta.failure?.corpusFile == new, "\(beta)")
      #expect(try corpusFiles(folder) == [String(new.dropFirst("corpus/".count))])
      let again = await run("AlphaTests", in: folder) {}
      #expect(again.report.replayed == 0 && again.report.warnings == [])
    }
  }

  private struct Lost: Error {}

  private func run(
    _ module: String, in folder: String, _ body: @escaping @Sendable () async throws -> Void
  ) async -> FuzzOutcome {
    var configuration = FuzzConfiguration()
    configuration.schedules = 20
    configuration.corpus = .at("\(folder)/corpus")
    configuration.heedsEnvironment = false
    configuration.checks.remove(.nothingInterleaved)
    return await Fuzzer(configuration).run(
      named: "works", fileID: "\(module)/StoreTests.swift",
      filePath: "\(folder)/Tests/\(module)/StoreTests.swift", body)
  }
}
