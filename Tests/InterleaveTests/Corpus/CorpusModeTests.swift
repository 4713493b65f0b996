import Interleave
import Testing

@Suite struct CorpusModeTests {
  private func plan(
    _ mode: CorpusMode, environment: [String: String] = [:], packages: Set<String> = ["/p"]
  ) throws -> CorpusPlan? {
    try CorpusPlan.make(mode, sourceFile: "/p/Tests/T.swift", environment: environment) {
      packages.contains(String($0.dropLast("/Package.swift".count)))
    }
  }

  @Test func theCorpusLiesBesidePackageSwift() throws {
    let expected = CorpusPlan(folder: "/p/corpus", packageRoot: "/p", writes: true)
    #expect(try plan(.automatic) == expected)
  }

  @Test(arguments: ["true", "1", "yes"])
  func nothingIsWrittenOnCI(value: String) throws {
    #expect(try plan(.automatic, environment: ["CI": value])?.writes == false)
  }

  @Test(arguments: ["", "0", "false", "False"])
  func aDenialIsNotCI(value: String) throws {
    #expect(try plan(.automatic, environment: ["CI": value])?.writes == true)
  }

  @Test func aFolderThatWasAskedForIsWrittenOnCIToo() throws {
    let environment = ["CI": "true"]
    #expect(
      try plan(.at("/x"), environment: environment)
        == CorpusPlan(folder: "/x", packageRoot: "/p", writes: true))
    #expect(try plan(.at("x/y"))?.folder == "/p/x/y")
    #expect(try plan(.at("x/y"), packages: [])?.folder == "x/y")
  }

  @Test func noCorpusIsNoPlan() throws {
    #expect(try plan(.none) == nil)
    #expect(try plan(.none, packages: []) == nil)
  }

  @Test func withoutAPackageTheErrorSaysWhatToDo() {
    let error = #expect(throws: CorpusPlan.NoPackage.self) { try plan(.automatic, packages: []) }
    #expect(
      error?.description
        == "no Package.swift lies above /p/Tests/T.swift, so there is no place for a corpus; "
        + "name one with `corpus: .at(path)`, or keep none with `corpus: .none`")
  }
}
