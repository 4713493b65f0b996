import Foundation
import Interleave

/// One file of a corpus, and what it holds or why it holds nothing.
struct StoredEntry {
  /// The path, as it is shown.
  var path: String
  /// The path by which it is found.
  var location: String
  /// The module, where the folders name one.
  var module: String
  var entry: Result<CorpusEntry, CorpusFileError>

  /// The test by its whole name; the folders where the file cannot be read.
  var test: String {
    guard case .success(let entry) = entry else { return "-" }
    return (module.isEmpty ? "" : "\(module)/") + entry.test.description
  }

  var kind: String {
    guard case .success(let entry) = entry else { return "cannot be read" }
    return entry.kind.rawValue
  }

  /// What tells a test runner to run the test alone: its function, in its module.
  var filter: String? {
    guard case .success(let entry) = entry else { return nil }
    let function = String(entry.test.name.prefix { $0 != "(" })
    let name = NSRegularExpression.escapedPattern(for: function)
    let module = module.isEmpty ? "" : NSRegularExpression.escapedPattern(for: module) + "\\."
    return "^\(module)(.*[./])?`?\(name)`?(\\(|$)"
  }
}

/// What a replay of it comes to.
extension StoredEntry {
  /// The record of the campaign that has replayed it.
  ///
  /// - Throws: ``CommandError`` where none has.
  func replayed(in records: [CampaignRecord]) throws -> CampaignRecord {
    if let record = records.first(where: \.wasReplayed) { return record }
    if let error = records.compactMap(\.error).first { throw CommandError(.data, error) }
    throw CommandError(
      .nothing,
      "nothing was replayed: no fuzzed test `\(test)` ran (was it renamed or disabled?)")
  }

  func words(ofPassing record: CampaignRecord) -> String {
    record.stale.isEmpty
      ? "fixed: \(path) passes" : "stale: \(record.warnings.joined(separator: "\n"))"
  }
}

extension CampaignRecord {
  /// An entry was replayed, or fails.
  var wasReplayed: Bool { replayed > 0 || failure != nil }
}

/// All entries below a folder.
struct StoredEntries {
  var all: [StoredEntry]

  /// Reads the corpus of a package.
  ///
  /// - Throws: ``CommandError`` where there is none that can be read.
  init(of options: PackageOptions) throws {
    let folder = URL(filePath: options.corpusFolder).standardizedFileURL
    var isFolder: ObjCBool = false
    guard FileManager.default.fileExists(atPath: folder.path, isDirectory: &isFolder) else {
      all = []
      return
    }
    guard isFolder.boolValue, let paths = FileManager.default.subpaths(atPath: folder.path) else {
      throw CommandError(.data, "the corpus at \(folder.path) cannot be read")
    }
    all = paths.filter { path in
      path.hasSuffix(".json")
        && !path.split(separator: "/").contains { $0.hasPrefix(".") }
    }
    .sorted()
    .map { path in
      let location = folder.appending(path: path).path
      let folders = path.split(separator: "/").dropLast()
      return StoredEntry(
        path: options.corpus == nil ? "corpus/\(path)" : location, location: location,
        module: folders.count == 3 ? String(folders[0]) : "", entry: Self.read(location))
    }
  }

  private static func read(_ path: String) -> Result<CorpusEntry, CorpusFileError> {
    Result { () throws(CorpusFileError) in
      guard let data = FileManager.default.contents(atPath: path) else {
        throw CorpusFileError(file: path, reason: .unreadable("it cannot be opened"))
      }
      return try CorpusEntry(json: Array(data), file: path)
    }
  }

  /// The one entry that is meant, which can be read.
  ///
  /// - Throws: ``CommandError`` where there is none, more than one, or one that cannot be read.
  func readable(_ name: String) throws -> StoredEntry {
    let stored = try only(name)
    if case .failure(let error) = stored.entry {
      throw CommandError(.data, error.description)
    }
    return stored
  }

  /// The one entry that is meant by its path, or by a part of its name.
  ///
  /// - Throws: ``CommandError`` where there is none, or more than one.
  func only(_ name: String) throws -> StoredEntry {
    let path = URL(filePath: name).standardizedFileURL.path
    let exact = all.filter { $0.path == name || $0.location == path }
    let matches = exact.isEmpty ? all.filter { $0.path.contains(name) } : exact
    guard let entry = matches.first else {
      throw CommandError(
        .data,
        all.isEmpty
          ? "there is no such entry as `\(name)`: the corpus is empty"
          : "there is no such entry as `\(name)`; `list` shows those that there are")
    }
    guard matches.count == 1 else {
      let paths = matches.map { "\n  \($0.path)" }.joined()
      throw CommandError(.data, "`\(name)` may be any of \(matches.count) entries:\(paths)")
    }
    return entry
  }
}
