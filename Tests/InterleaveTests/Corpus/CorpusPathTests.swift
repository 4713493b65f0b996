import Interleave
import Testing

@Suite struct CorpusPathTests {
  @Test func thePackageIsTheNearestFolderAboveThatHoldsOne() {
    let files: Set = ["/a/Package.swift", "/a/b/c/Package.swift"]
    func root(above file: String) -> String? {
      CorpusPath.packageRoot(above: file, exists: files.contains)
    }
    #expect(root(above: "/a/b/Tests/T.swift") == "/a")
    #expect(root(above: "/a/b/c/Tests/X/T.swift") == "/a/b/c")
    #expect(root(above: "/elsewhere/T.swift") == nil)
    #expect(root(above: "T.swift") == nil)
    #expect(CorpusPath.packageRoot(above: "/T.swift") { $0 == "/Package.swift" } == "/")
  }

  @Test func filesAreNamedFromThePackage() {
    #expect(CorpusPath.relative("/a/b/T.swift", to: "/a") == "b/T.swift")
    #expect(CorpusPath.relative("/ab/T.swift", to: "/a") == "/ab/T.swift")
    #expect(CorpusPath.relative("/a/T.swift", to: "/") == "a/T.swift")
    #expect(CorpusPath.relative("/a/T.swift", to: nil) == "/a/T.swift")
  }

  @Test(arguments: ["BankTests", "never_overdrawn", "Outer.Inner", "a-b", "x1"])
  func anOrdinaryNameStaysAsItIs(name: String) {
    #expect(CorpusPath.folderName(for: name, beside: []) == name)
    #expect(CorpusPath.folderName(for: name + "()", beside: []) == name)
  }

  @Test func aChangedNameIsFollowedByItsHash() {
    #expect(CorpusPath.folderName(for: "a/b", beside: []) == "a_b-0103447fab70")
    #expect(CorpusPath.folderName(for: "..", beside: []) == "__-c8f8ef61280d")
  }

  @Test func aNameThatLooksAsIfItHadAHashGetsOne() {
    let changed = CorpusPath.folderName(for: "a/b", beside: [])
    #expect(CorpusPath.folderName(for: changed, beside: []) != changed)
  }

  @Test func namesThatDifferOnlyInCaseGetFoldersThatDoNot() {
    let second = CorpusPath.folderName(for: "setup", beside: ["setUp"])
    #expect(second.hasPrefix("setup-"))
    #expect(CorpusPath.folderName(for: "setUp", beside: ["setUp", second]) == "setUp")
    #expect(CorpusPath.folderName(for: "setup", beside: ["setUp", second]) == second)
  }

  @Test func noNameLeavesItsFolderAndNoTwoShareOne() {
    var names = [
      "", ".", "..", "...", "/", "//", "../..", "../../etc/passwd", "/etc/passwd", "a/b", "a\\b",
      "a:b", "a_b", "a b", "a\0b", "a\nb", "\u{202E}", "-rf", "~", "~root", "$HOME", "%2e%2e", "*",
      "()", "foo(x:)", "foo(_:)", "bank", "Bank", "BANK", "é", "e", "übung", "Übung", "テスト", "👩‍👩‍👧",
      ".json", ".git", "a.", "a. ", "CON", "nul.json", String(repeating: "../", count: 100),
      "e" + String(repeating: "\u{301}", count: 10_000),
    ]
    for length in 60..<140 { names.append(String(repeating: "x", count: length)) }
    for length in 20..<60 { names.append(String(repeating: "é", count: length)) }
    for number in 0..<40 { names.append("case \(number) / of \(number * 7)") }
    #expect(names.count >= 200)
    // The folders of a file system that tells neither case nor composition apart.
    var siblings: [String] = []
    for name in names {
      let folder = CorpusPath.folderName(for: name, beside: siblings)
      #expect(!folder.isEmpty && !folder.hasPrefix(".") && !folder.hasPrefix("-"), "\(name)")
      #expect(!folder.contains { "/\\:\0\n ".contains($0) }, "\(name)")
      #expect(folder.utf8.count <= 100, "\(name)")
      #expect(!siblings.contains { $0.lowercased() == folder.lowercased() }, "\(name)")
      siblings.append(folder)
      #expect(CorpusPath.folderName(for: name, beside: siblings) == folder, "\(name)")
    }
  }
}
