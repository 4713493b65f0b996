import Foundation
import Interleave
import Testing

/// Folders of a corpus that no test replays, since it has another name.
struct OrphanedEntriesTests {
  private func orphans(
    _ source: String, file: String = "BankTests", entry: CorpusEntry = bankEntry
  ) throws -> [OrphanedEntries.Folder] {
    var found: [OrphanedEntries.Folder] = []
    try withTemporaryFolder { (folder) throws in
      let tests = "\(folder)/Tests/AppTests"
      try FileManager.default.createDirectory(atPath: tests, withIntermediateDirectories: true)
      try "".write(toFile: "\(folder)/Package.swift", atomically: false, encoding: .utf8)
      try source.write(toFile: "\(tests)/\(file).swift", atomically: false, encoding: .utf8)
      let plan = CorpusPlan(folder: "\(folder)/corpus", packageRoot: folder, writes: true)
      let store = CorpusStore(plan, module: "AppTests", sourceFile: "\(tests)/\(file).swift")
      guard case .written = store.save(entry) else {
        Issue.record("the entry could not be written")
        return
      }
      found = OrphanedEntries.folders(in: store)
    }
    return found
  }

  @Test(arguments: [
    "struct BankTests { @Test func neverOverdrawn() async {} }",
    "extension Money.BankTests { @Test(.fuzzed) func `neverOverdrawn`(n: Int) async {} }",
    "// func overdrawn()\n@Suite final class BankTests {\n  func neverOverdrawn () {}\n}",
  ])
  func aTestThatIsThereHasItsFolder(_ source: String) throws {
    #expect(try orphans(source).isEmpty)
  }

  @Test func aTestThatWasRenamedIsTold() throws {
    let found = try orphans("struct BankTests { @Test func neverBelowZero() async {} }")
    #expect(found.map(\.path) == ["corpus/AppTests/BankTests/neverOverdrawn"])
    #expect(found.map(\.reason) == ["there is no function neverOverdrawn"])
    #expect(found.first?.description.contains("belongs to no test: there is no function") == true)
  }

  @Test func aSuiteThatWasRenamedIsTold() throws {
    let found = try orphans(
      "struct Accounts { @Test func neverOverdrawn() async {} }", file: "Accounts")
    #expect(found.map(\.reason) == ["there is no suite or file BankTests"])
  }

  @Test func aNameWithinALongerOneIsAnother() throws {
    let found = try orphans(
      "struct BankTests { func neverOverdrawnAgain() {}; xfunc neverOverdrawn() }")
    #expect(found.count == 1)
  }

  @Test func whatIsRunByANameHasNoFunction() throws {
    var entry = bankEntry
    entry.test = CorpusEntry.TestName(suite: "AppTests", name: "withdrawals")
    #expect(try orphans("let nothing = 0", entry: entry).isEmpty)
    var sources = TestSources(texts: ["fuzzer.run(named: \"withdrawals\") {}"])
    #expect(sources.obstacle(to: entry.test) == nil)
    sources = TestSources(texts: ["fuzzer.run(named: \"deposits\") {}"])
    #expect(sources.obstacle(to: entry.test) == "nothing is named \"withdrawals\"")
  }
}
