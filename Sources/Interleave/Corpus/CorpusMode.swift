/// Where failures are kept and replayed from.
public enum CorpusMode: Sendable, Hashable {
  /// In `corpus/` beside Package.swift; where the environment variable `CI` is set, nothing is
  /// written.
  case automatic
  /// In the given folder, on CI too; a relative path counts from the folder of Package.swift.
  case at(String)
  /// Nowhere: nothing is replayed and nothing is kept.
  case none
}

/// What a mode means on this machine: which folder, and whether it may be written to.
package struct CorpusPlan: Sendable, Hashable {
  /// The folder of the corpus.
  package var folder: String
  /// The folder of Package.swift, if there is one.
  package var packageRoot: String?
  package var writes: Bool

  package init(folder: String, packageRoot: String?, writes: Bool) {
    self.folder = folder
    self.packageRoot = packageRoot
    self.writes = writes
  }

  /// There is no Package.swift to keep a corpus beside.
  package struct NoPackage: Error, Hashable, CustomStringConvertible {
    package var sourceFile: String

    package var description: String {
      "no Package.swift lies above \(sourceFile.ascii), so there is no place for a corpus; name "
        + "one with `corpus: .at(path)`, or keep none with `corpus: .none`"
    }
  }

  /// Works out what a mode means.
  ///
  /// - Parameters:
  ///   - mode: What the user asked for.
  ///   - sourceFile: The file of the test, as `#filePath` gives it.
  ///   - environment: The environment variables.
  ///   - exists: Whether there is a file at a path.
  /// - Returns: nil where no corpus is wanted.
  /// - Throws: ``NoPackage`` where `.automatic` finds no Package.swift.
  package static func make(
    _ mode: CorpusMode, sourceFile: String, environment: [String: String],
    exists: (String) -> Bool
  ) throws(NoPackage) -> CorpusPlan? {
    if mode == .none { return nil }
    let root = CorpusPath.packageRoot(above: sourceFile, exists: exists)
    switch mode {
    case .none:
      return nil
    case .at(let path):
      let isRelative = !path.hasPrefix("/")
      let folder = isRelative ? root.map { "\($0)/\(path)" } ?? path : path
      return CorpusPlan(folder: folder, packageRoot: root, writes: true)
    case .automatic:
      guard let root else { throw NoPackage(sourceFile: sourceFile) }
      return CorpusPlan(
        folder: root == "/" ? "/corpus" : "\(root)/corpus", packageRoot: root,
        writes: !isCI(environment))
    }
  }

  /// The environment says that this is continuous integration.
  ///
  /// `CI` counts as set unless it is empty, `0` or `false`.
  package static func isCI(_ environment: [String: String]) -> Bool {
    guard let value = environment["CI"] else { return false }
    return !["", "0", "false"].contains(value.lowercased())
  }
}
