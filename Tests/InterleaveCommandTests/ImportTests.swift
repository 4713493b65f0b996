import Foundation
import Testing

@testable import InterleaveCommand

/// What an engine has found, from its files to the corpus.
@Suite struct ImportTests {
  private static let program = URL(filePath: CommandLine.arguments[0]).deletingLastPathComponent()
    .appending(path: "InterleaveProgram").path

  /// Both withdraw 100, and each choice of the schedule is the other one's.
  private static let overdraws: [UInt8] = [100, 1, 1, 1, 1, 1, 1, 0]
  /// The same with an amount that nobody has.
  private static let isRefused: [UInt8] = [200, 1, 1, 1, 1, 1, 1, 0]

  private struct Row: Decodable {
    var input, test, state, entry: String
  }

  private func imported(
    _ inputs: [String: [UInt8]], in folder: URL, times: Int = 1
  ) async throws -> [Row] {
    let files = folder.appending(path: "inputs")
    try FileManager.default.createDirectory(at: files, withIntermediateDirectories: true)
    for (name, bytes) in inputs { try Data(bytes).write(to: files.appending(path: name)) }
    var rows: [Row] = []
    for _ in 0..<times {
      let result = try await interleave(
        "import", Self.program, "inputs", "--json", "--corpus", "kept", in: folder)
      #expect(result.code == 0, "\(result)")
      rows += try JSONDecoder().decode([Row].self, from: Data(result.output.utf8))
    }
    return rows
  }

  private func withFolder(_ body: (URL) async throws -> Void) async throws {
    let folder = FileManager.default.temporaryDirectory.appending(path: "import-\(UUID())")
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(at: folder) }
    try await body(folder)
  }

  @Test func whatFailsIsKeptAndWhatPassesIsTold() async throws {
    try await withFolder { folder in
      let rows = try await imported(
        ["crash-1": Self.overdraws, "crash-2": Self.isRefused], in: folder)
      #expect(rows.map(\.state) == ["new", "passes"])
      #expect(rows.map(\.input) == ["inputs/crash-1", "inputs/crash-2"])
      #expect(rows[0].test == "ShopTests/Account/paysOut()")
      let entry = try #require(FileManager.default.contents(atPath: rows[0].entry))
      #expect(String(decoding: entry, as: UTF8.self).contains("Overdrawn"))
    }
  }

  @Test func whatHasACauseThatIsKnownIsNotKeptAgain() async throws {
    try await withFolder { folder in
      var other = Self.overdraws
      other[0] = 90
      let rows = try await imported(
        ["crash-1": Self.overdraws, "crash-2": other], in: folder, times: 2)
      #expect(rows.map(\.state) == ["new", "known", "known", "known"])
      #expect(Set(rows.map(\.entry)).count == 1)
    }
  }

  @Test func whatCannotBeRunIsNamed() async throws {
    try await withFolder { folder in
      try Data(Self.overdraws).write(to: folder.appending(path: "input"))
      let missing = try await interleave("import", "./nothing", "input", in: folder)
      #expect(missing.code == 65)
      #expect(missing.errors.contains("`./nothing` cannot be run"), "\(missing)")
      let noInput = try await interleave("import", Self.program, "no-input", in: folder)
      #expect(noInput.code == 65)
      #expect(noInput.errors.contains("there is no input `no-input`"), "\(noInput)")
      let other = try await interleave("import", "/bin/false", "input", in: folder)
      #expect(other.code == 65)
      #expect(other.errors.contains("must pass what it is given to `fuzzOneInput`"), "\(other)")
    }
  }

  @Test func itTakesAProgramAndInputs() throws {
    #expect(
      try Command(arguments: ["import", "./Fuzz", "a", "b", "--json"])
        == .importInputs(
          program: "./Fuzz", ["a", "b"],
          {
            var options = PackageOptions()
            options.json = true
            return options
          }()))
    #expect(throws: UsageError.self) { try Command(arguments: ["import", "./Fuzz"]) }
  }
}
