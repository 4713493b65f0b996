// Writes a package that holds the examples after some 200 mechanical edits, and that tells
// how many of their corpus entries still mean the same failure. `.ci/edits` builds and runs it.
//
//   EditedExamples <folder of Interleave> <folder to write to>

import Foundation

/// The package that is written.
struct EditedPackage {
  let root: URL
  let folder: URL

  private var sources: URL { folder.appending(path: "Sources/Edits") }

  func write() throws {
    try FileManager.default.createDirectory(at: sources, withIntermediateDirectories: true)
    var members: [String] = []
    for example in ExampleSource.all {
      let file = root.appending(path: "Sources/Examples/\(example.file)")
      let source = try String(contentsOf: file, encoding: .utf8)
      for (number, edit) in try Edit.all(of: example, source: source).enumerated() {
        let name = "\(example.name)\(number)"
        let text = edit.text.replacing("PROGRAM_NAME", with: name)
        try write(text, to: "\(name).swift")
        members.append(
          "    Variant(example: \"\(example.name)\", kind: \"\(edit.kind.rawValue)\", "
            + "title: #\"\(edit.title)\"#, program: Programs.\(name)),")
      }
    }
    let kinds = Edit.Kind.allCases.dropFirst().map { "\"\($0.rawValue)\"" }
    let list = """
      extension Variant {
        static let kinds = [\(kinds.joined(separator: ", "))]
        static let all: [Variant] = [
      \(members.joined(separator: "\n"))
        ]
      }

      """
    try write(list, to: "Variants.swift")
    let violation = root.appending(path: "Sources/Examples/Violation.swift")
    try write(String(contentsOf: violation, encoding: .utf8), to: "Violation.swift")
    let runner = root.appending(path: "Tests/EditedExamples/Runner/main.swift.text")
    try write(String(contentsOf: runner, encoding: .utf8), to: "main.swift")
    try manifest.write(
      to: folder.appending(path: "Package.swift"), atomically: true, encoding: .utf8)
    print("\(members.count) programs written to \(folder.path)")
  }

  private func write(_ text: String, to name: String) throws {
    try text.write(to: sources.appending(path: name), atomically: true, encoding: .utf8)
  }

  private var manifest: String {
    """
    // swift-tools-version: 6.2
    import PackageDescription

    let package = Package(
      name: "Edits",
      dependencies: [.package(name: "Interleave", path: "\(root.path)")],
      targets: [
        .executableTarget(
          name: "Edits", dependencies: [.product(name: "Interleave", package: "Interleave")])
      ])

    """
  }
}

guard CommandLine.arguments.count == 3 else {
  print("usage: EditedExamples <folder of Interleave> <folder to write to>")
  exit(64)
}
let package = EditedPackage(
  root: URL(fileURLWithPath: CommandLine.arguments[1]),
  folder: URL(fileURLWithPath: CommandLine.arguments[2]))
try package.write()
