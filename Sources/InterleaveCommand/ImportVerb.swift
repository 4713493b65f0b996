import Foundation
import Interleave

extension Verbs {
  /// Lets a program that calls `fuzzOneInput` run what an engine has found, so that what fails is made
  /// small, explained and kept.
  func importInputs(
    _ program: String, _ names: [String], _ options: PackageOptions
  ) throws -> ExitCode {
    var known = Set(try StoredEntries(of: options).all.map(\.location))
    var table = TextTable("input", "test", "state", "entry")
    for file in try Self.files(names) {
      let input = EngineInput(program: program, file: file, options: options)
      let row: [String]
      if let record = try input.record() {
        row = Self.row(of: record, among: known)
        _ = (record.failure?.corpusFile).map { known.insert(Self.location($0)) }
      } else {
        row = ["-", "passes", "-"]
      }
      table.rows.append([file] + row)
    }
    print(try table.rendered(asJSON: options.json))
    return table.rows.contains { $0[2] == "not kept" } ? .failure : .success
  }

  private static func row(of record: CampaignRecord, among known: Set<String>) -> [String] {
    guard let failure = record.failure else { return [record.name, "passes", "-"] }
    guard let file = failure.corpusFile else {
      return [record.name, "not kept", failure.unsaved ?? "the program keeps nothing"]
    }
    return [record.name, known.contains(location(file)) ? "known" : "new", file]
  }

  private static func location(_ path: String) -> String {
    URL(filePath: path).standardizedFileURL.path
  }

  /// The files, and those in the folders.
  private static func files(_ names: [String]) throws -> [String] {
    try names.flatMap { name in
      var isFolder: ObjCBool = false
      guard FileManager.default.fileExists(atPath: name, isDirectory: &isFolder) else {
        throw CommandError(.data, "there is no input `\(name)`")
      }
      guard isFolder.boolValue else { return [name] }
      return try FileManager.default.contentsOfDirectory(atPath: name).sorted().map {
        "\(name)/\($0)"
      }
    }
  }
}

/// A file whose bytes a program of an engine's runs.
private struct EngineInput {
  let program: String
  let file: String
  let options: PackageOptions

  /// What became of the run; nil where nothing failed.
  ///
  /// - Throws: ``CommandError`` where the program cannot be run, or fails without saying what.
  func record() throws -> CampaignRecord? {
    let results = FileManager.default.temporaryDirectory
      .appending(path: "interleave-import-\(UUID().uuidString)")
    defer { try? FileManager.default.removeItem(at: results) }
    var environment = ["INTERLEAVE_RESULTS": results.path, "SWIFT_BACKTRACE": "enable=no"]
    // Who imports wants it written, on a server too.
    environment["CI"] = ""
    if options.corpus != nil || options.package != "." {
      environment["INTERLEAVE_CORPUS"] =
        URL(filePath: options.corpusFolder).standardizedFileURL.path
    }
    let (code, output) = try run(environment)
    let text = FileManager.default.contents(atPath: results.path) ?? Data()
    let records = try CampaignRecord.read(String(decoding: text, as: UTF8.self))
    if let error = records.compactMap(\.error).first { throw CommandError(.data, error) }
    guard code != 0, records.isEmpty else { return records.last }
    throw CommandError(
      .data,
      "`\(program)` ended with exit code \(code) and told nothing of `\(file)`: "
        + "it must pass what it is given to `fuzzOneInput`\n\(output)")
  }

  private func run(_ environment: [String: String]) throws -> (code: Int32, output: String) {
    do {
      return try Processes.run(URL(filePath: program), [file], environment: environment)
    } catch {
      throw CommandError(.data, "`\(program)` cannot be run: \(error.localizedDescription)")
    }
  }
}
