import Foundation

/// What the sources of a package declare: enough to know whether a test is still there.
package struct TestSources {
  private var functions: Set<String> = []
  /// Types, and files by their names.
  private var suites: Set<String> = []
  private var texts: [Data] = []

  /// Reads all Swift files of a package, but for hidden folders as that of its products.
  package init(package: String) {
    let root = URL(filePath: package)
    let files = FileManager.default.enumerator(
      at: root, includingPropertiesForKeys: nil, options: [.skipsHiddenFiles])
    while let file = files?.nextObject() as? URL {
      guard file.pathExtension == "swift",
        let text = try? Data(contentsOf: file, options: .mappedIfSafe)
      else { continue }
      suites.insert(file.deletingPathExtension().lastPathComponent)
      add(text)
    }
  }

  /// Takes texts in place of files.
  package init(texts: [String]) { for text in texts { add(Data(text.utf8)) } }

  private mutating func add(_ text: Data) {
    texts.append(text)
    for name in Self.names(after: "func", in: text) { functions.insert(name) }
    for keyword in ["struct", "class", "actor", "enum", "extension"] {
      for name in Self.names(after: keyword, in: text) {
        suites.formUnion(name.split(separator: ".").map(String.init))
      }
    }
  }

  /// Why no test of that name can be there; nil where one may be.
  package func obstacle(to test: CorpusEntry.TestName) -> String? {
    guard test.name.contains("(") else {
      // What is run outside of tests goes by a name that is given as a text.
      let isNamed = texts.contains { $0.range(of: Data("\"\(test.name)\"".utf8)) != nil }
      return isNamed ? nil : "nothing is named \"\(test.name)\""
    }
    let suite = test.suite.split(separator: ".").last.map(String.init) ?? ""
    if !suite.isEmpty, !suites.contains(suite.filter { $0 != "`" }) {
      return "there is no suite or file \(suite)"
    }
    let function = test.name.prefix { $0 != "(" }.filter { $0 != "`" }
    return functions.contains(function) ? nil : "there is no function \(function)"
  }

  /// The names that follow a keyword, without the backticks of those that need them.
  private static func names(after keyword: String, in text: Data) -> [String] {
    let word = Data("\(keyword) ".utf8)
    var names: [String] = []
    var rest = text
    while let found = rest.range(of: word) {
      rest = rest[found.upperBound...]
      if found.lowerBound > text.startIndex, isPart(text[found.lowerBound - 1]) { continue }
      let declared = rest.drop { $0 == UInt8(ascii: " ") }
      let name =
        declared.first == UInt8(ascii: "`")
        ? declared.dropFirst().prefix { $0 != UInt8(ascii: "`") && $0 != UInt8(ascii: "\n") }
        : declared.prefix { isPart($0) || $0 == UInt8(ascii: ".") }
      names.append(String(decoding: name, as: UTF8.self))
    }
    return names
  }

  /// A byte of an identifier.
  private static func isPart(_ byte: UInt8) -> Bool {
    switch byte {
    case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
      UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "_"), 0x80...:
      true
    default: false
    }
  }
}
