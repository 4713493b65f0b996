import Foundation
import Interleave
import Testing

/// What the README and the catalogue show is compiled, and there is a page behind each link.
struct DocumentationTests {
  @Test func theReadmeIsShort() throws {
    let lines = try Documentation.readme().split(separator: "\n", omittingEmptySubsequences: false)
    #expect(lines.count <= 151, "150 lines and the end of the last")
  }

  @Test func eachSnippetIsCompiled() throws {
    let sources = try Self.sources()
    let readme = ["README": try Documentation.readme()]
    let all = try Documentation.pages().merging(readme, uniquingKeysWith: { $1 })
    for (page, text) in all {
      for snippet in text.matches(of: /```swift\n((?:.|\n)*?)```/) {
        // What leaves something out cannot be compiled.
        guard !snippet.1.contains("…") else { continue }
        let lines = Self.normalised(String(snippet.1))
        #expect(
          sources.contains { $0.contains(lines) }, "\(page) shows what no test runs:\n\(lines)")
      }
    }
  }

  @Test func eachLinkHasAPage() throws {
    let pages = try Documentation.pages()
    for (name, text) in pages {
      for link in text.matches(of: /<doc:([A-Za-z]+)[>#]/) {
        #expect(pages[String(link.1)] != nil, "\(name) links to \(link.1)")
      }
    }
    for link in try Documentation.readme().matches(of: /Interleave\.docc\/([A-Za-z]+)\.md/) {
      #expect(pages[String(link.1)] != nil, "the README links to \(link.1)")
    }
  }

  @Test func eachPageIsReached() throws {
    let pages = try Documentation.pages()
    let root = try #require(pages["Interleave"])
    for name in pages.keys where name != "Interleave" {
      #expect(root.contains("<doc:\(name)>"), "\(name) is not among the topics")
    }
  }

  @Test func eachVariableAndEachSettingIsDocumented() throws {
    let page = try Documentation.page("Settings")
    for variable in EnvironmentVariable.allCases {
      #expect(page.contains("`\(variable.rawValue)`"), "\(variable.rawValue)")
    }
    for child in Mirror(reflecting: FuzzConfiguration()).children {
      let name = try #require(child.label)
      let internals = ["asksForInterruptions", "sequence", "shard", "heedsEnvironment"]
      guard !internals.contains(name) else { continue }
      #expect(page.contains("`\(name)`"), "\(name)")
    }
  }

  // MARK: -

  private static func normalised(_ text: String) -> String {
    text.split(separator: "\n").map { $0.trimmingCharacters(in: .whitespaces) }
      .filter { !$0.isEmpty && !$0.hasPrefix("import ") }.joined(separator: "\n")
  }

  private static func sources() throws -> [String] {
    try ["ReadmeTests", "InterleaveXCTests"].flatMap { folder in
      try FileManager.default.contentsOfDirectory(
        at: Documentation.root.appending(path: "Tests/\(folder)"), includingPropertiesForKeys: nil
      ).filter { $0.pathExtension == "swift" }.map {
        normalised(try String(contentsOf: $0, encoding: .utf8))
      }
    }
  }
}
