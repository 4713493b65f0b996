// Corpus: the files that keep failures, their replay, and what is done about those whose
// interleaving is gone or passes.

/// The folder in which failures are kept, a file for each.
package struct CorpusStore: Sendable {
  /// A file of the corpus, and the entry that it holds or why it holds none.
  package struct File: Sendable {
    /// The path, from the folder of Package.swift where it lies in there.
    package var path: String
    package var entry: Result<CorpusEntry, CorpusFileError>
    /// It may be another module's, which has a test of the same name.
    package var isUndecided = false
  }

  /// What became of an entry that was to be kept.
  ///
  /// It is not an error to be thrown, since that would hide the failure that was found.
  package enum Saved: Sendable, Hashable {
    /// It is in the file.
    case written(path: String)
    /// The file was there already, with an entry that is the same in all that counts.
    case alreadyThere(path: String)
    /// Nothing may be written here: show the content, so that it can be put there by hand.
    case notAllowed(path: String, content: String)
    /// It could not be written: show the content, so that it is not lost.
    case failed(path: String, reason: String, content: String)

    /// The text to print, in a sentence and with the content where it would be lost otherwise.
    package var description: String {
      switch self {
      case .written(let path): "saved as \(path)"
      case .alreadyThere(let path): "known as \(path)"
      case .notAllowed(let path, let content):
        "nothing is written here; to keep the failure, save this as \(path):\n\(content)"
      case .failed(let path, let reason, let content):
        "the failure could not be saved: \(reason)\nto keep it, save this as \(path):\n\(content)"
      }
    }
  }

  let plan: CorpusPlan
  /// The module of the test; empty for folders that name none.
  let module: String
  /// The file of the test, from the folder of Package.swift; nil where it is not known.
  let testFile: String?
  let limits: CorpusLimits
  let calls: FileCalls

  /// Opens a corpus; nothing is read or written yet.
  package init(
    _ plan: CorpusPlan, module: String = "", sourceFile: String? = nil,
    limits: CorpusLimits = CorpusLimits()
  ) {
    self.init(plan, module: module, sourceFile: sourceFile, limits: limits, calls: .system)
  }

  /// Opens a corpus whose calls to the system are the given ones.
  package init(
    _ plan: CorpusPlan, module: String = "", sourceFile: String? = nil,
    limits: CorpusLimits = CorpusLimits(), calls: FileCalls
  ) {
    self.plan = plan
    self.module = module
    testFile = sourceFile.map { CorpusPath.relative($0, to: plan.packageRoot) }
    self.limits = limits
    self.calls = calls
  }

  /// Opens the corpus that a mode means for a test; nil where none is wanted.
  ///
  /// - Parameters:
  ///   - mode: What the user asked for.
  ///   - sourceFile: The file of the test, as `#filePath` gives it.
  ///   - module: The module of the test.
  ///   - environment: The environment variables.
  /// - Throws: An error where `.automatic` finds no Package.swift.
  package static func open(
    _ mode: CorpusMode, sourceFile: String, module: String, environment: [String: String]
  ) throws(CorpusPlan.NoPackage) -> CorpusStore? {
    let plan = try CorpusPlan.make(
      mode, sourceFile: sourceFile, environment: environment, exists: FileCalls.exists)
    return plan.map { CorpusStore($0, module: module, sourceFile: sourceFile) }
  }

  /// The files of a test, sorted by name, each with its entry or with what is wrong with it.
  ///
  /// - Throws: What is wrong with the folder, where it is there but cannot be read.
  package func files(of test: CorpusEntry.TestName) throws(CorpusFileError) -> [File] {
    do throws(FileError) {
      let folder = try folder(of: test)
      let names = try FileCalls.names(in: folder) ?? []
      let files = names.filter(Self.isEntry).map { name in
        let path = "\(folder)/\(name)"
        return File(path: shown(path), entry: read(path))
      }
      return try files + oldFiles(of: test)
    } catch {
      throw CorpusFileError(file: shown(error.path), reason: .unreadable(error.description))
    }
  }

  /// Temporary files begin with a dot: what a killed process left behind is no entry.
  static func isEntry(_ name: String) -> Bool { name.hasSuffix(".json") && !name.hasPrefix(".") }

  /// Keeps an entry, unless it is kept already.
  package func save(_ entry: CorpusEntry) -> Saved {
    let content = entry.json()
    let name = "\(entry.digest).json"
    var path = "\(plan.folder)/\(name)"
    do {
      let folder = try self.folder(of: entry.test)
      path = "\(folder)/\(name)"
      if case .success(let kept) = read(path), kept.digest == entry.digest {
        return .alreadyThere(path: shown(path))
      }
      guard plan.writes else { return .notAllowed(path: shown(path), content: content) }
      if let reason = unreadable(content, of: entry, path: path) {
        return .failed(path: shown(path), reason: reason, content: content)
      }
      try TemporaryFile.clear(folder)
      try calls.makeFolder(folder)
      try calls.writeAtomically(Array(content.utf8), folder: folder, name: name)
      return .written(path: shown(path))
    } catch {
      return .failed(path: shown(path), reason: error.description, content: content)
    }
  }

  /// Keeps an entry in the place of one that has gone stale.
  ///
  /// The old file is deleted once the new one has reached the disk, and never before.
  ///
  /// - Parameter old: The path of the old file, as ``files(of:)`` gives it.
  package func replace(_ old: String, with entry: CorpusEntry) -> Saved {
    let saved = save(entry)
    guard plan.writes else { return saved }
    switch saved {
    case .written(let path), .alreadyThere(let path):
      guard path != old else { return saved }
      do {
        try FileCalls.remove(located(old))
        return saved
      } catch {
        return .failed(path: path, reason: error.description, content: entry.json())
      }
    case .notAllowed, .failed: return saved
    }
  }

  /// The folder for the entries of a test.
  func folder(of test: CorpusEntry.TestName) throws(FileError) -> String {
    try folder(of: test, in: module)
  }

  /// The folder for the entries of a test of a module; without one where it is empty.
  func folder(of test: CorpusEntry.TestName, in module: String) throws(FileError) -> String {
    var folder = plan.folder
    for name in (module.isEmpty ? [] : [module]) + [test.suite, test.name] {
      let siblings = try FileCalls.names(in: folder) ?? []
      folder += "/" + CorpusPath.folderName(for: name, beside: siblings)
    }
    return folder
  }

  func read(_ path: String) -> Result<CorpusEntry, CorpusFileError> {
    let file = shown(path)
    do throws(FileError) {
      guard let bytes = try FileCalls.read(path, upTo: limits.bytes) else {
        let reason = CorpusFileError.Reason.tooLarge("more than \(limits.bytes) bytes")
        return .failure(CorpusFileError(file: file, reason: reason))
      }
      return Result { () throws(CorpusFileError) in
        try CorpusEntry(json: bytes, file: file, limits: limits)
      }
    } catch {
      return .failure(CorpusFileError(file: file, reason: .unreadable(error.reason)))
    }
  }

  /// Why an entry could not be read again from its file, so that none is kept in vain; nil where
  /// it can be.
  private func unreadable(_ content: String, of entry: CorpusEntry, path: String) -> String? {
    do throws(CorpusFileError) {
      let file = shown(path)
      let copy = try CorpusEntry(json: Array(content.utf8), file: file, limits: limits)
      return copy == entry ? nil : "\(file): the entry would not be read as it was written"
    } catch {
      return error.description
    }
  }

  /// The path at which a file lies that is ``shown(_:)`` by a shorter one.
  func located(_ shown: String) -> String {
    guard !shown.hasPrefix("/"), let root = plan.packageRoot else { return shown }
    return root.hasSuffix("/") ? root + shown : "\(root)/\(shown)"
  }

  func shown(_ path: String) -> String {
    CorpusPath.relative(path, to: plan.packageRoot)
  }
}
