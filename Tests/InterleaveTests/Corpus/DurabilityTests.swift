import Foundation
import Interleave
import Synchronization
import Testing

/// Which calls make an entry outlive a loss of power, and in which order.
@Suite struct DurabilityTests {
  /// The system's calls, each written down.
  private final class Calls: Sendable {
    private let root: String
    private let log = Mutex<[String]>([])

    /// What was called, in order.
    var all: [String] { log.withLock { $0 } }

    init(below root: String) { self.root = root }

    private func note(_ call: String) { log.withLock { $0.append(call) } }

    /// A path, from the root; the number of a process or an attempt is left out.
    private func shown(_ path: String) -> String {
      let name = path == root ? "." : String(path.dropFirst(root.count + 1))
      return name.hasSuffix(".tmp") ? "\(parent(of: name))/temporary" : name
    }

    private func parent(of path: String) -> String {
      path.split(separator: "/").dropLast().joined(separator: "/")
    }

    private func status(_ descriptor: Int32) -> stat {
      var status = stat()
      #expect(fstat(descriptor, &status) == 0)
      return status
    }

    /// The folder below the root that a descriptor stands for.
    private func folder(_ descriptor: Int32) -> String {
      let wanted = status(descriptor)
      let all = FileManager.default.subpaths(atPath: root) ?? []
      return ([root] + all.map { "\(root)/\($0)" }).first { path in
        var found = stat()
        return stat(path, &found) == 0 && found.st_ino == wanted.st_ino
          && found.st_dev == wanted.st_dev
      } ?? "a folder elsewhere"
    }

    /// - Parameter atFolders: Is called when a folder is to reach the disk.
    func system(atFolders: @escaping @Sendable (String) -> Void = { _ in }) -> FileCalls {
      var calls = FileCalls.system
      calls.write = { [self] descriptor, bytes in
        note("write")
        return FileCalls.system.write(descriptor, bytes)
      }
      calls.sync = { [self] descriptor in
        if status(descriptor).st_mode & S_IFMT == S_IFDIR {
          let folder = folder(descriptor)
          note("sync the folder \(shown(folder))")
          atFolders(shown(folder))
        } else {
          note("sync a file of \(status(descriptor).st_size) bytes")
        }
        return FileCalls.system.sync(descriptor)
      }
      calls.rename = { [self] old, new in
        note("rename \(shown(old)) to \(shown(new))")
        return FileCalls.system.rename(old, new)
      }
      return calls
    }
  }

  private let bankFolder = "corpus/BankTests/neverOverdrawn"

  private func store(_ folder: String, _ calls: FileCalls) -> CorpusStore {
    CorpusStore(
      CorpusPlan(folder: folder + "/corpus", packageRoot: folder, writes: true), calls: calls)
  }

  private var savingCalls: [String] {
    [
      "write", "sync a file of \(bankEntry.json().utf8.count) bytes",
      "rename \(bankFolder)/temporary to \(bankFolder)/\(bankEntry.digest).json",
      "sync the folder \(bankFolder)",
    ]
  }

  @Test func theContentReachesTheDiskBeforeItsNameAndEachFolderInItsParent() throws {
    try withTemporaryFolder { (folder) throws in
      let calls = Calls(below: folder)
      let saved = store(folder, calls.system()).save(bankEntry)
      #expect(saved == .written(path: "\(bankFolder)/\(bankEntry.digest).json"))
      #expect(
        calls.all == [
          "sync the folder .", "sync the folder corpus", "sync the folder corpus/BankTests",
        ] + savingCalls)
    }
  }

  @Test func whereTheFolderIsThereTheFileAloneIsWritten() throws {
    try withTemporaryFolder { (folder) throws in
      try FileManager.default.createDirectory(
        atPath: "\(folder)/\(bankFolder)", withIntermediateDirectories: true)
      let calls = Calls(below: folder)
      _ = store(folder, calls.system()).save(bankEntry)
      #expect(calls.all == savingCalls)
    }
  }

  @Test func anEntryIsDeletedOnceTheOneInItsPlaceHasReachedTheDisk() throws {
    try withTemporaryFolder { (folder) throws in
      var old = bankEntry
      old.inputs = ["old"]
      let path = "\(bankFolder)/\(old.digest).json"
      #expect(store(folder, .system).save(old) == .written(path: path))
      let calls = Calls(below: folder)
      let system = calls.system { synced in
        #expect(synced == bankFolder)
        #expect(FileManager.default.fileExists(atPath: "\(folder)/\(path)"))
      }
      _ = store(folder, system).replace(path, with: bankEntry)
      #expect(calls.all == savingCalls)
      #expect(try allFiles(below: folder) == ["\(bankFolder)/\(bankEntry.digest).json"])
    }
  }

  @Test func anEntryStaysWhereNothingCouldBePutInItsPlace() throws {
    try withTemporaryFolder { (folder) throws in
      var old = bankEntry
      old.inputs = ["old"]
      let path = "\(bankFolder)/\(old.digest).json"
      #expect(store(folder, .system).save(old) == .written(path: path))
      var calls = FileCalls.system
      calls.rename = { _, _ in
        errno = EIO
        return -1
      }
      guard case .failed = store(folder, calls).replace(path, with: bankEntry) else {
        Issue.record("nothing was put in place")
        return
      }
      #expect(try allFiles(below: folder) == [path])
    }
  }

  /// A folder that cannot be synced at all is fine; one that fails to be is not.
  @Test(arguments: [(EINVAL, true), (ENOTSUP, true), (EIO, false), (ENOSPC, false)])
  func aFolderThatDoesNotReachTheDiskIsAFailure(code: Int32, isFine: Bool) throws {
    try withTemporaryFolder { (folder) throws in
      var calls = FileCalls.system
      calls.sync = { descriptor in
        var status = stat()
        guard fstat(descriptor, &status) == 0, status.st_mode & S_IFMT == S_IFDIR else {
          return FileCalls.system.sync(descriptor)
        }
        errno = code
        return -1
      }
      switch store(folder, calls).save(bankEntry) {
      case .written: #expect(isFine)
      case .failed(_, _, let content): #expect(!isFine && content == bankEntry.json())
      case let other: Issue.record("\(other)")
      }
    }
  }
}
