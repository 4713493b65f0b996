import Testing

@testable import Interleave

@Suite struct SourcePathTests {
  @Test func theNearestPackageHoldsAFile() {
    let root = SourcePath.packageRoot(of: "/a/b/Sources/C/D.swift") {
      ["/a/Package.swift", "/a/b/Package.swift"].contains($0)
    }
    #expect(root == "/a/b")
    #expect(SourcePath.packageRoot(of: "/a/D.swift") { _ in false } == nil)
  }

  @Test func pathsBeginAtThePackage() {
    #expect(SourcePath.relative("/a/Sources/D.swift", to: "/a") == "Sources/D.swift")
    #expect(SourcePath.relative("/ab/D.swift", to: "/a") == "/ab/D.swift")
    #expect(SourcePath.relative("/a/D.swift", to: nil) == "/a/D.swift")
  }

  @Test func aFileHasTheShortestNameThatTellsItApart() {
    let names = SourcePath.shortest(["/p/A/Bank.swift", "/p/B/Bank.swift", "/p/B/Log.swift"])
    #expect(names["/p/A/Bank.swift"] == "A/Bank.swift")
    #expect(names["/p/B/Bank.swift"] == "B/Bank.swift")
    #expect(names["/p/B/Log.swift"] == "Log.swift")
  }

  @Test func aLineIsReadFromItsFile() {
    let line = #line
    let here = Interleaving.Place(file: #filePath, line: line)
    #expect(SourceLine.text(at: here) == "let line = #line")
    #expect(SourceLine.text(at: Interleaving.Place(file: #filePath, line: 100_000)) == nil)
    #expect(SourceLine.text(at: Interleaving.Place(file: "/nowhere.swift", line: 1)) == nil)
  }
}
