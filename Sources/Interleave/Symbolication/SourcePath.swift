import Foundation

/// Makes the paths of source files short enough to print.
package enum SourcePath {
  /// The folder of the package to which a source file belongs.
  ///
  /// - Parameters:
  ///   - file: The path of the file.
  ///   - exists: Tells whether there is a file at a path.
  /// - Returns: The nearest folder above the file that holds a `Package.swift`;
  ///   nil if there is none.
  package static func packageRoot(
    of file: String, exists: (String) -> Bool = { FileManager.default.fileExists(atPath: $0) }
  ) -> String? {
    CorpusPath.packageRoot(above: file, exists: exists)
  }

  /// The path from a folder to a file; the whole path if the file lies elsewhere.
  package static func relative(_ file: String, to folder: String?) -> String {
    CorpusPath.relative(file, to: folder)
  }

  /// For each file, as many of its last path components as tell it from all the
  /// others: mostly its bare name.
  package static func shortest(_ files: some Sequence<String>) -> [String: String] {
    let files = Set(files)
    var result: [String: String] = [:]
    for file in files {
      let parts = file.split(separator: "/")
      var count = 1
      while count < parts.count,
        files.contains(where: {
          $0 != file && $0.split(separator: "/").suffix(count) == parts.suffix(count)
        })
      {
        count += 1
      }
      result[file] = parts.suffix(count).joined(separator: "/")
    }
    return result
  }
}

/// Reads lines of the source, if it is still where it was when it was compiled.
package enum SourceLine {
  /// The line at a place, without the spaces around it.
  ///
  /// - Returns: nil where there is no such file or line, or nothing on it.
  package static func text(at place: Interleaving.Place) -> String? {
    guard let data = FileManager.default.contents(atPath: place.file) else { return nil }
    let lines = String(decoding: data, as: UTF8.self)
      .split(omittingEmptySubsequences: false, whereSeparator: \.isNewline)
    guard lines.indices.contains(place.line - 1) else { return nil }
    let text = lines[place.line - 1].trimmingCharacters(in: .whitespaces)
    return text.isEmpty ? nil : text
  }
}
