import Foundation

/// What users read: the README and the pages of the catalogue.
enum Documentation {
  static let root = URL(filePath: #filePath).deletingLastPathComponent()
    .deletingLastPathComponent().deletingLastPathComponent()
  private static let catalogue = root.appending(path: "Sources/Interleave/Interleave.docc")

  static func readme() throws -> String {
    try String(contentsOf: root.appending(path: "README.md"), encoding: .utf8)
  }

  /// The pages by their names.
  static func pages() throws -> [String: String] {
    let files = try FileManager.default.contentsOfDirectory(
      at: catalogue, includingPropertiesForKeys: nil)
    return Dictionary(
      uniqueKeysWithValues: try files.filter { $0.pathExtension == "md" }.map {
        ($0.deletingPathExtension().lastPathComponent, try String(contentsOf: $0, encoding: .utf8))
      })
  }

  static func page(_ name: String) throws -> String {
    try String(contentsOf: catalogue.appending(path: "\(name).md"), encoding: .utf8)
  }

  /// All of it.
  static func text() throws -> String {
    try ([readme()] + pages().sorted { $0.key < $1.key }.map(\.value)).joined(separator: "\n")
  }
}
