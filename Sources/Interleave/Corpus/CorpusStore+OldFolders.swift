/// Folders of entries that do not name the module of their test.
///
/// Two modules may each have a test of the same name, and shared such a folder. What lies in it is
/// moved to the folder of the module that it belongs to; where nothing may be written, it is read
/// where it is.
extension CorpusStore {
  /// Whose an entry is.
  enum Owner: Hashable {
    /// The test of this module's.
    case own
    /// Another module's.
    case other
    /// One of several tests of this name, but nothing says which one's.
    case undecided
  }

  /// The folder that does not name the module; nil where there is none.
  private func oldFolder(of test: CorpusEntry.TestName) throws(FileError) -> String? {
    guard !module.isEmpty else { return nil }
    let folder = try folder(of: test, in: "")
    return FileCalls.exists(folder) ? folder : nil
  }

  /// Moves what belongs to a test of this module to the folder that names the module, each file by
  /// one call, so that it is in the one place or the other; a crash's journal as well.
  ///
  /// What cannot be moved stays, and is read there.
  func adoptOldFiles(of test: CorpusEntry.TestName) throws(FileError) {
    guard plan.writes, let old = try oldFolder(of: test), let names = try FileCalls.names(in: old)
    else { return }
    var new: String?
    for name in names where try owner(ofFile: name, in: old, of: test) == .own {
      if new == nil {
        let folder = try folder(of: test)
        try calls.makeFolder(folder)
        new = folder
      }
      if let new { try calls.move(name, from: old, to: new) }
    }
    if new != nil { FileCalls.removeIfEmpty(old, FileCalls.parent(of: old)) }
  }

  /// Moves one file that has turned out to be of a test of this module.
  ///
  /// - Parameter path: The path, as ``files(of:)`` gives it.
  /// - Returns: Where it is from then on.
  func adopt(_ path: String, of test: CorpusEntry.TestName) -> String {
    let old = located(path)
    guard plan.writes, let slash = old.lastIndex(of: "/") else { return path }
    do throws(FileError) {
      let folder = try folder(of: test)
      let name = String(old[old.index(after: slash)...])
      try calls.makeFolder(folder)
      try calls.move(name, from: FileCalls.parent(of: old), to: folder)
      FileCalls.removeIfEmpty(
        FileCalls.parent(of: old), FileCalls.parent(of: String(old[..<slash])))
      return shown("\(folder)/\(name)")
    } catch {
      return path
    }
  }

  /// The files that still lie in a folder without a module, but for those of another one's test.
  func oldFiles(of test: CorpusEntry.TestName) throws(FileError) -> [File] {
    guard let old = try oldFolder(of: test) else { return [] }
    var files: [File] = []
    for name in try FileCalls.names(in: old) ?? [] where Self.isEntry(name) {
      let owner = try owner(ofFile: name, in: old, of: test)
      guard owner != .other else { continue }
      let path = "\(old)/\(name)"
      files.append(File(path: shown(path), entry: read(path), isUndecided: owner == .undecided))
    }
    return files
  }

  private func owner(
    ofFile name: String, in folder: String, of test: CorpusEntry.TestName
  ) throws(FileError) -> Owner? {
    guard Self.isEntry(name) else { return nil }
    // What cannot be read is an error, whoever's it is.
    guard case .success(let entry) = read("\(folder)/\(name)") else { return .undecided }
    return owner(of: entry)
  }

  /// Whose an entry is, by the file that its failure points at and the files of its steps; where
  /// these do not tell, by who else has a test of this name.
  func owner(of entry: CorpusEntry) -> Owner {
    if let location = entry.location {
      let home = home
      if location.file == testFile || entry.signature.place.hasPrefix(module + "/") { return .own }
      if let home, location.file.hasPrefix(home + "/") { return .own }
      // It points at the test's own file, and that is not this one.
      let name = location.file.split(separator: "/").last.map(String.init) ?? ""
      if entry.filesOfTest.contains(name), home != nil { return .other }
    }
    return isClaimedElsewhere(entry.test) ? .undecided : .own
  }

  /// The folder of the module's sources, from that of Package.swift.
  private var home: String? {
    guard let testFile, !testFile.hasPrefix("/") else { return nil }
    let folders = testFile.split(separator: "/").dropLast()
    guard !folders.isEmpty else { return nil }
    let end = folders.lastIndex { $0 == module } ?? folders.index(before: folders.endIndex)
    return folders[...end].joined(separator: "/")
  }

  /// How many sources are looked through for a test of the same name.
  private static let mostSources = 4_000

  /// The sources of another module beside this one's name a test like this.
  private func isClaimedElsewhere(_ test: CorpusEntry.TestName) -> Bool {
    guard let home, let root = plan.packageRoot else { return false }
    let parent = FileCalls.parent(of: "\(root)/\(home)")
    let suite = test.suite.split(separator: ".").last.map(String.init) ?? test.suite
    let name = String(test.name.prefix { $0 != "(" && $0 != " " && $0 != "." })
    var left = Self.mostSources
    func names(_ path: String) -> Bool {
      guard left > 0 else { return false }
      if path.hasSuffix(".swift") {
        left -= 1
        guard let bytes = (try? FileCalls.read(path, upTo: 1 << 20)) ?? nil else { return false }
        let text = String(decoding: bytes, as: UTF8.self)
        return text.contains(name) && (text.contains(suite) || path.hasSuffix("/\(suite).swift"))
      }
      let children = (try? FileCalls.names(in: path)) ?? nil
      return (children ?? []).contains { !$0.hasPrefix(".") && names("\(path)/\($0)") }
    }
    let modules = (try? FileCalls.names(in: parent)) ?? nil
    return (modules ?? []).contains { name in
      !name.hasPrefix(".") && "\(parent)/\(name)" != "\(root)/\(home)" && names("\(parent)/\(name)")
    }
  }
}

extension CorpusEntry {
  /// The names of the files in which steps of the test itself ran, by its interleaving in words.
  fileprivate var filesOfTest: Set<String> {
    let name = String(test.name.prefix { $0 != "(" && $0 != " " && $0 != "." })
    let steps = Interleaving.steps(inWords: words).filter { $0.function.contains(name) }
    return Set(steps.compactMap { $0.place?.split(separator: ":").first.map(String.init) })
  }
}
