import Synchronization

/// Folders of a corpus whose test is gone, as after it was given another name: what they keep is
/// replayed no more, and nobody would notice.
package enum OrphanedEntries {
  /// One folder, and why no test is its own.
  package struct Folder: Sendable, Hashable, CustomStringConvertible {
    /// The path, from the folder of Package.swift.
    package var path: String
    package var reason: String

    /// The line to print.
    package var description: String {
      "interleave: \(path) belongs to no test: \(reason); if the test has another name, give it "
        + "to the folder and to `test` in its files; `swift package interleave prune` deletes it"
    }
  }

  /// Looks through the folders of a module.
  ///
  /// - Returns: Those whose test the package's sources do not have, sorted by path; none where
  ///   the sources are not at hand, or the corpus lies elsewhere.
  package static func folders(in corpus: CorpusStore) -> [Folder] {
    guard let root = corpus.plan.packageRoot, !corpus.module.isEmpty,
      CorpusPath.relative(corpus.plan.folder, to: root) != corpus.plan.folder
    else { return [] }
    let module = "\(corpus.plan.folder)/\(corpus.module)"
    let kept = names(in: module).flatMap { suite in
      names(in: "\(module)/\(suite)").compactMap { test in
        entry(in: "\(module)/\(suite)/\(test)", by: corpus)
      }
    }
    // A name that is no function's may be made up of parts.
    let tests = kept.filter { $0.test.name.contains("(") }
    guard !tests.isEmpty else { return [] }
    let sources = TestSources(package: root)
    return tests.compactMap { folder, test in
      sources.obstacle(to: test).map { Folder(path: corpus.shown(folder), reason: $0) }
    }
  }

  private static func names(in folder: String) -> [String] {
    // What cannot be read is told by the test that it belongs to.
    let names = (try? FileCalls.names(in: folder)) ?? []
    return names.filter { !$0.hasPrefix(".") }.sorted()
  }

  /// The test that a folder's entries are of, as the first that can be read has it.
  private static func entry(
    in folder: String, by corpus: CorpusStore
  ) -> (folder: String, test: CorpusEntry.TestName)? {
    for name in names(in: folder) where CorpusStore.isEntry(name) {
      if case .success(let entry) = corpus.read("\(folder)/\(name)") { return (folder, entry.test) }
    }
    return nil
  }

  // MARK: Of this process

  private static let known = Mutex((modules: Set<String>(), folders: [Folder]()))

  /// Looks through the folders of a module, the first time that one of its tests is fuzzed.
  package static func look(in corpus: CorpusStore) {
    let isNew = known.withLock {
      $0.modules.insert("\(corpus.plan.folder)/\(corpus.module)").inserted
    }
    guard isNew else { return }
    let found = folders(in: corpus)
    known.withLock { $0.folders += found }
  }

  /// What was found in this process.
  package static var found: [Folder] { known.withLock { $0.folders } }
}
