import Foundation
import Interleave

/// What the sources of a package declare: enough to know whether a test is still there.
struct TestSources {
  private var functions: Set<String> = []
  /// Types, and files by their names.
  private var suites: Set<String> = []
  private var texts: [String] = []

  /// Reads all Swift files of a package, but for hidden folders as that of its products.
  init(package: String) {
    let root = URL(filePath: package)
    let files = FileManager.default.enumerator(
      at: root, includingPropertiesForKeys: nil, options: [.skipsHiddenFiles])
    while let file = files?.nextObject() as? URL {
      guard file.pathExtension == "swift",
        let text = try? String(contentsOf: file, encoding: .utf8)
      else { continue }
      suites.insert(file.deletingPathExtension().lastPathComponent)
      texts.append(text)
      for match in text.matches(of: /\bfunc\s+`?([^`\s(<]+(?: [^`(<]+)*)`?/) {
        functions.insert(String(match.1))
      }
      for match in text.matches(of: /\b(?:struct|class|actor|enum|extension)\s+([\w.`]+)/) {
        for name in match.1.split(separator: ".") {
          suites.insert(String(name.filter { $0 != "`" }))
        }
      }
    }
  }

  /// Why no test of that name can be there; nil where one may be.
  func obstacle(to test: CorpusEntry.TestName) -> String? {
    let suite = test.suite.split(separator: ".").last.map(String.init) ?? ""
    if !suite.isEmpty, !suites.contains(suite.filter { $0 != "`" }) {
      return "there is no suite or file \(suite)"
    }
    guard test.name.contains("(") else {
      // What is run outside of tests goes by a name that is given as a text.
      let isNamed = texts.contains { $0.contains("\"\(test.name)\"") }
      return isNamed ? nil : "nothing is named \"\(test.name)\""
    }
    let function = test.name.prefix { $0 != "(" }.filter { $0 != "`" }
    return functions.contains(function) ? nil : "there is no function \(function)"
  }
}
