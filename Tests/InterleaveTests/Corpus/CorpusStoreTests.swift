import Foundation
import Interleave
import Testing

@Suite struct CorpusStoreTests {
  private func store(
    in folder: String, writes: Bool = true, calls: FileCalls = .system,
    limits: CorpusLimits = CorpusLimits()
  ) -> CorpusStore {
    let plan = CorpusPlan(folder: folder + "/corpus", packageRoot: folder, writes: writes)
    return CorpusStore(plan, limits: limits, calls: calls)
  }

  private let bankFolder = "corpus/BankTests/neverOverdrawn"
  private var bankPath: String { "\(bankFolder)/\(bankEntry.digest).json" }

  @Test func anEntryIsKeptAndFoundAgain() throws {
    try withTemporaryFolder { (folder) throws in
      let store = store(in: folder)
      #expect(store.save(bankEntry) == .written(path: bankPath))
      #expect(try allFiles(below: folder) == [bankPath])
      let content = try String(contentsOfFile: "\(folder)/\(bankPath)", encoding: .utf8)
      #expect(content == bankEntry.json())
      let files = try store.files(of: bankTest)
      #expect(files.map(\.path) == [bankPath])
      #expect(try files.first?.entry.get() == bankEntry)
    }
  }

  @Test func theStoreIsFoundFromTheFileOfATest() throws {
    try withTemporaryFolder { (folder) throws in
      try "".write(toFile: "\(folder)/Package.swift", atomically: false, encoding: .utf8)
      let store = try CorpusStore.open(
        .automatic, sourceFile: "\(folder)/Tests/BankTests/BankTests.swift", module: "AppTests",
        environment: [:])
      let path = "corpus/AppTests/BankTests/neverOverdrawn/\(bankEntry.digest).json"
      #expect(store?.save(bankEntry) == .written(path: path))
      #expect(try allFiles(below: folder).contains(path))
    }
  }

  @Test func aTestWithoutAFolderHasNoEntries() throws {
    try withTemporaryFolder { (folder) throws in
      #expect(try store(in: folder).files(of: bankTest).isEmpty)
    }
  }

  @Test func whatIsKeptAlreadyIsLeftAlone() throws {
    try withTemporaryFolder { (folder) throws in
      let store = store(in: folder)
      #expect(store.save(bankEntry) == .written(path: bankPath))
      var again = bankEntry
      again.seed = 5
      #expect(store.save(again) == .alreadyThere(path: bankPath))
      #expect(try store.files(of: bankTest).first?.entry.get() == bankEntry)
    }
  }

  @Test func aBrokenFileInItsPlaceIsReplaced() throws {
    try withTemporaryFolder { (folder) throws in
      let store = store(in: folder)
      #expect(store.save(bankEntry) == .written(path: bankPath))
      try "half".write(toFile: "\(folder)/\(bankPath)", atomically: false, encoding: .utf8)
      #expect(store.save(bankEntry) == .written(path: bankPath))
      #expect(try store.files(of: bankTest).first?.entry.get() == bankEntry)
    }
  }

  @Test func eachFileIsAnEntryOrAnErrorInTheOrderOfNames() throws {
    try withTemporaryFolder { (folder) throws in
      let store = store(in: folder)
      #expect(store.save(bankEntry) == .written(path: bankPath))
      let place = "\(folder)/\(bankFolder)"
      try "{\n".write(toFile: "\(place)/zz.json", atomically: false, encoding: .utf8)
      try "[]".write(toFile: "\(place)/00.json", atomically: false, encoding: .utf8)
      try "note".write(toFile: "\(place)/note.txt", atomically: false, encoding: .utf8)
      try "{".write(toFile: "\(place)/.a.json.1.0.tmp", atomically: false, encoding: .utf8)
      try FileManager.default.createDirectory(
        atPath: "\(place)/y.json", withIntermediateDirectories: false)
      let lines = try store.files(of: bankTest).map { file in
        switch file.entry {
        case .success: "\(file.path): whole"
        case .failure(let error): error.description
        }
      }
      #expect(
        lines == [
          CorpusFileError(file: "\(bankFolder)/00.json", line: 1, reason: .foreign).description,
          "\(bankPath): whole",
          "\(bankFolder)/y.json: it cannot be read: Is a directory",
          CorpusFileError(file: "\(bankFolder)/zz.json", line: 2, reason: .truncated).description,
        ])
    }
  }

  @Test func aNamedPipeIsAnErrorAndIsNotWaitedFor() throws {
    try withTemporaryFolder { (folder) throws in
      let store = store(in: folder)
      let place = "\(folder)/\(bankFolder)"
      try FileManager.default.createDirectory(atPath: place, withIntermediateDirectories: true)
      #expect(mkfifo("\(place)/pipe.json", 0o600) == 0)
      let file = try #require(try store.files(of: bankTest).first)
      #expect(throws: CorpusFileError.self) { try file.entry.get() }
    }
  }

  @Test func aFileLargerThanTheLimitIsNotReadWhole() throws {
    try withTemporaryFolder { (folder) throws in
      #expect(store(in: folder).save(bankEntry) == .written(path: bankPath))
      let file = try store(in: folder, limits: CorpusLimits(bytes: 100)).files(of: bankTest)[0]
      #expect(throws: CorpusFileError(file: bankPath, reason: .tooLarge("more than 100 bytes"))) {
        try file.entry.get()
      }
    }
  }

  @Test func whereNothingMayBeWrittenTheContentIsHandedBack() throws {
    try withTemporaryFolder { (folder) throws in
      let saved = store(in: folder, writes: false).save(bankEntry)
      #expect(saved == .notAllowed(path: bankPath, content: bankEntry.json()))
      #expect(saved.description.contains("save this as \(bankPath):\n{\n"))
      #expect(try allFiles(below: folder).isEmpty)
    }
  }

  @Test func whereNoFolderCanBeMadeTheContentIsHandedBack() throws {
    try withTemporaryFolder { (folder) throws in
      try "".write(toFile: "\(folder)/corpus", atomically: false, encoding: .utf8)
      let saved = store(in: folder).save(bankEntry)
      guard case .failed(_, let reason, let content) = saved else {
        Issue.record("\(saved)")
        return
      }
      #expect(reason.contains("Not a directory"))
      #expect(content == bankEntry.json())
      #expect(saved.description.hasSuffix(content))
    }
  }

  @Test(.enabled("root may write everywhere") { getuid() != 0 })
  func aReadOnlyFolderIsNamed() throws {
    try withTemporaryFolder { (folder) throws in
      #expect(chmod(folder, 0o555) == 0)
      defer { chmod(folder, 0o755) }
      guard case .failed(_, let reason, _) = store(in: folder).save(bankEntry) else {
        Issue.record("an entry was saved in a read-only folder")
        return
      }
      #expect(reason == "cannot create the folder \(folder)/corpus: Permission denied")
    }
  }

  /// Calls of which one fails as on a full disk, after some bytes were written.
  private static let fullDisks: [(String, FileCalls)] = {
    var write = FileCalls.system
    write.write = { descriptor, bytes in
      if bytes.count > 100 {
        return FileCalls.system.write(descriptor, UnsafeRawBufferPointer(rebasing: bytes[..<100]))
      }
      errno = ENOSPC
      return -1
    }
    var sync = FileCalls.system
    sync.sync = { descriptor in
      var status = stat()
      if fstat(descriptor, &status) == 0, status.st_mode & S_IFMT == S_IFDIR { return 0 }
      errno = ENOSPC
      return -1
    }
    var rename = FileCalls.system
    rename.rename = { _, _ in
      errno = ENOSPC
      return -1
    }
    return [("write", write), ("write", sync), ("put in place", rename)]
  }()

  @Test(arguments: fullDisks.indices)
  func aFullDiskLeavesNoHalfAFile(index: Int) throws {
    let (action, calls) = Self.fullDisks[index]
    try withTemporaryFolder { (folder) throws in
      let saved = store(in: folder, calls: calls).save(bankEntry)
      let reason = "cannot \(action) \(folder)/\(bankPath): No space left on device"
      #expect(saved == .failed(path: bankPath, reason: reason, content: bankEntry.json()))
      #expect(try allFiles(below: folder).isEmpty)
    }
  }

  @Test func interruptedAndPartialWritesAreContinued() throws {
    var calls = FileCalls.system
    calls.write = { descriptor, bytes in
      // Every write of an even number of bytes is interrupted once it is down to one byte less.
      if bytes.count.isMultiple(of: 2) {
        return FileCalls.system.write(descriptor, UnsafeRawBufferPointer(rebasing: bytes[..<1]))
      }
      return FileCalls.system.write(
        descriptor, UnsafeRawBufferPointer(rebasing: bytes[..<min(64, bytes.count)]))
    }
    try withTemporaryFolder { (folder) throws in
      #expect(store(in: folder, calls: calls).save(bankEntry) == .written(path: bankPath))
      #expect(try store(in: folder).files(of: bankTest).first?.entry.get() == bankEntry)
    }
  }

  @Test func whatCouldNotBeReadAgainIsNotKeptInVain() throws {
    try withTemporaryFolder { (folder) throws in
      let small = store(in: folder, limits: CorpusLimits(deviations: 0))
      guard case .failed(_, let reason, let content) = small.save(bankEntry) else {
        Issue.record("an entry beyond the limits was saved")
        return
      }
      #expect(reason.contains("1 deviations; the most are 0"))
      #expect(content == bankEntry.json())
      #expect(try allFiles(below: folder).isEmpty)
    }
  }

  @Test func testsOfAnyNameStayInTheCorpusAndApart() throws {
    try withTemporaryFolder { (folder) throws in
      let store = store(in: folder)
      let names = ["a", "A", "..", "../..", "/etc", "a/b", "a_b", "", "x y", "é", "e\u{301}x"]
      for suite in names {
        for name in names {
          var entry = bankEntry
          entry.test = .init(suite: suite, name: name)
          _ = store.save(entry)
        }
      }
      let files = try allFiles(below: folder)
      #expect(files.count == names.count * names.count)
      #expect(files.allSatisfy { $0.hasPrefix("corpus/") && $0.split(separator: "/").count == 4 })
      #expect(Set(files.map { $0.lowercased() }).count == files.count)
      for suite in names {
        for name in names {
          let test = CorpusEntry.TestName(suite: suite, name: name)
          #expect(try store.files(of: test).map { try $0.entry.get().test } == [test])
        }
      }
    }
  }

  @Test func writersAtTheSameTimeLeaveOneWholeFile() throws {
    try withTemporaryFolder { (folder) throws in
      let store = store(in: folder)
      DispatchQueue.concurrentPerform(iterations: 32) { index in
        var entry = bankEntry
        entry.seed = UInt64(index)
        switch store.save(entry) {
        case .written, .alreadyThere: break
        case let saved: Issue.record("\(saved)")
        }
      }
      #expect(try allFiles(below: folder) == [bankPath])
      let kept = try #require(try store.files(of: bankTest).first).entry.get()
      #expect(kept.digest == bankEntry.digest)
    }
  }
}
