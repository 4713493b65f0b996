import Foundation
import Interleave
import Testing

/// Corpora whose writers are killed, and those that find no room.
@Suite(.enabled(if: !fixturesAreEnabled)) struct CorpusUnderFireTests {
  private let program =
    URL(fileURLWithPath: CommandLine.arguments[0])
    .deletingLastPathComponent().path + "/InterleaveProgram"

  private func run(_ arguments: String...) async throws -> ProgramResult {
    try await runProgram(program, arguments, limit: 60)
  }

  /// What lies in a corpus: the entries that are whole, what is wrong with others, and how many
  /// temporary files there are.
  private func content(
    of folder: String
  ) throws -> (entries: [CorpusEntry], errors: [CorpusFileError], temporary: Int) {
    var entries: [CorpusEntry] = []
    var errors: [CorpusFileError] = []
    var temporary = 0
    for file in try allFiles(below: folder) {
      guard !file.hasSuffix(".tmp") else {
        temporary += 1
        continue
      }
      #expect(file.hasSuffix(".json"), "\(file)")
      let bytes = try Data(contentsOf: URL(fileURLWithPath: "\(folder)/\(file)"))
      do throws(CorpusFileError) {
        let entry = try CorpusEntry(json: Array(bytes), file: file)
        #expect(file.hasSuffix("/\(entry.digest).json"))
        entries.append(entry)
      } catch {
        errors.append(error)
      }
    }
    return (entries, errors, temporary)
  }

  // MARK: Killed writers

  /// How many writers are killed at a moment that nobody chooses.
  private static let kills =
    ProcessInfo.processInfo.environment["TESTS_KILLS"].flatMap { Int($0) } ?? 40

  /// Starts a writer, and kills it once it has written a number of bytes to its output.
  private func killWriter(in folder: String, after count: Int) async throws {
    let process = Process()
    process.executableURL = URL(fileURLWithPath: program)
    process.arguments = ["write-forever", folder]
    let pipe = Pipe()
    process.standardOutput = pipe
    try await withCheckedThrowingContinuation { (ended: CheckedContinuation<Void, any Error>) in
      process.terminationHandler = { _ in ended.resume() }
      do {
        try process.run()
      } catch {
        process.terminationHandler = nil
        ended.resume(throwing: error)
        return
      }
      DispatchQueue.global().async {
        var left = count
        while left > 0 {
          let bytes = pipe.fileHandleForReading.readData(ofLength: 1)
          // It has ended by itself; the exit code tells.
          if bytes.isEmpty { break }
          left -= 1
        }
        kill(process.processIdentifier, SIGKILL)
      }
    }
    #expect(process.terminationReason == .uncaughtSignal, "the writer ended by itself")
    #expect(process.terminationStatus == SIGKILL)
  }

  @Test func aWriterKilledAtAnyMomentLeavesWholeEntries() async throws {
    try await withTemporaryFolder { folder in
      var random = SplitMix64(seed: 5)
      for kill in 0..<Self.kills {
        try await killWriter(in: folder, after: random.below(120))
        let (entries, errors, temporary) = try content(of: folder)
        #expect(errors.isEmpty, "kill \(kill): \(errors)")
        #expect(entries.count <= 6)
        // One in each of the two folders: who writes next clears up.
        #expect(temporary <= 2, "kill \(kill)")
      }
      #expect(try content(of: folder).entries.count > 0)
    }
  }

  @Test func aWriterKilledAheadOfAnyCallLeavesAWholeEntryOrNone() async throws {
    try await withTemporaryFolder { folder in
      var call = 1
      var wasThere = false
      while true {
        let place = "\(folder)/\(call)"
        let result = try await run("write-until-call", place, "\(call)")
        let (entries, errors, temporary) = try content(of: place)
        #expect(errors.isEmpty)
        // Once in place it is whole, and stays there.
        #expect(!wasThere || entries.count == 1)
        wasThere = entries.count == 1
        #expect(temporary <= (wasThere ? 0 : 1))
        if result.exitCode == 0 {
          #expect(result.output == "written\n")
          break
        }
        #expect(result.exitCode == SIGKILL, "\(result)")
        let again = try await run("write", place)
        #expect(again.output == (wasThere ? "already there\n" : "written\n"))
        let after = try content(of: place)
        #expect(after.entries.count == 1)
        #expect(after.temporary == 0, "the next writer clears up")
        call += 1
      }
      #expect(call > 8, "it makes more calls than that")
      #expect(wasThere)
    }
  }

  @Test func aFileThatSomebodyIsWritingIsNotCleared() throws {
    try withTemporaryFolder { (folder) throws in
      let plan = CorpusPlan(folder: folder, packageRoot: nil, writes: true)
      var other = bankEntry
      other.inputs = ["other"]
      let (first, second) = (bankEntry, other)
      var calls = FileCalls.system
      calls.sync = { descriptor in
        // In the middle of the first, the second is written in the same folder, twice.
        #expect(CorpusStore(plan).save(second).isKept)
        return FileCalls.system.sync(descriptor)
      }
      #expect(CorpusStore(plan, calls: calls).save(first).isKept)
      #expect(try content(of: folder).entries.count == 2)
      #expect(try content(of: folder).temporary == 0)
    }
  }

  @Test func nothingButWhatWritersLeftIsCleared() throws {
    try withTemporaryFolder { (folder) throws in
      let store = CorpusStore(CorpusPlan(folder: folder, packageRoot: folder, writes: true))
      let place = "\(folder)/BankTests/neverOverdrawn"
      try FileManager.default.createDirectory(atPath: place, withIntermediateDirectories: true)
      for name in [".1.json.7.0.tmp", ".gitignore", "notes.tmp", ".swap.tmp"] {
        try "x".write(toFile: "\(place)/\(name)", atomically: false, encoding: .utf8)
      }
      #expect(store.save(bankEntry).isKept)
      let names = try FileManager.default.contentsOfDirectory(atPath: place).sorted()
      #expect(names == [".gitignore", ".swap.tmp", "\(bankEntry.digest).json", "notes.tmp"])
    }
  }

  // MARK: Two at a time

  @Test func twoProcessesThatWriteTheSameEntryLeaveOne() async throws {
    try await withTemporaryFolder { folder in
      for round in 0..<5 {
        let place = "\(folder)/\(round)"
        async let one = run("write", place, "1")
        async let other = run("write", place, "2")
        for result in try await [one, other] {
          #expect(["written\n", "already there\n"].contains(result.output), "\(result)")
        }
        let (entries, errors, temporary) = try content(of: place)
        #expect(entries.count == 1 && errors.isEmpty && temporary == 0)
      }
    }
  }

  // MARK: No room

  @Test func whereAFileMayNotGrowTheContentIsHandedBack() async throws {
    try await withTemporaryFolder { folder in
      let result = try await run("write-limited", folder, "1000")
      #expect(result.exitCode == 0)
      #expect(result.output.hasPrefix("failed: cannot write "), "\(result)")
      #expect(result.output.hasSuffix(": File too large; content handed back\n"), "\(result)")
      #expect(try allFiles(below: folder).isEmpty)
    }
  }

  /// A file system of 8 kilobytes, and one that may only be read.
  @Test(arguments: [("size=8k", "No space left on device"), ("ro", "Read-only file system")])
  func onADiskThatTakesNothingTheContentIsHandedBack(option: String, reason: String) async throws {
    try await withTemporaryFolder { folder in
      let script = """
        mount -t tmpfs -o \(option) none "$1" || exit 77
        "$0" write "$1"; find "$1" -type f
        """
      let result = try await runProgram(
        "/usr/bin/env",
        ["unshare", "--user", "--map-root-user", "--mount", "sh", "-c", script, program, folder])
      guard result.exitCode == 0 else {
        // The system lets us have none; there are the injected failures of CorpusStoreTests.
        #expect([1, 77, 127].contains(result.exitCode), "\(result)")
        return
      }
      #expect(result.output.hasPrefix("failed: cannot "), "\(result)")
      let end = ": \(reason); content handed back\n"
      #expect(result.output.hasSuffix(end), "no file is left: \(result)")
    }
  }

  // MARK: Hostile files

  @Test func aHostileFileIsAnErrorAndTakesLittleMemory() async throws {
    try await withTemporaryFolder { folder in
      let place = "\(folder)/Writers/test0"
      try FileManager.default.createDirectory(atPath: place, withIntermediateDirectories: true)
      let start = "{ \"interleave\": \"corpus entry\", \"version\": 1, "
      let files = [
        "bytes": start + String(repeating: " ", count: 17 << 20),
        "deep": start + "\"test\": " + String(repeating: "[", count: 1 << 20),
        "keys": start + (0..<20_000).map { "\"k\($0)\": 0" }.joined(separator: ", ") + " }",
        "text": start + "\"test\": \"" + String(repeating: "x", count: 4 << 20) + "\" }",
        "values": start + "\"deviations\": [" + String(repeating: "{},", count: 1_000_000)
          + "{}] }",
      ]
      for (name, content) in files {
        try content.write(toFile: "\(place)/\(name).json", atomically: false, encoding: .utf8)
      }
      let result = try await run("read", folder)
      #expect(result.exitCode == 0, "\(result)")
      let lines = result.output.split(separator: "\n")
      try #require(lines.count == files.count + 1, "\(result)")
      #expect(lines[0].contains("bytes.json: the file is too large: more than"))
      #expect(lines[1].contains("deep.json:1: the file is too large: it is nested more than"))
      #expect(lines[2].contains("keys.json:1: "))
      #expect(lines[3].contains("text.json:1: `test` must be an object (was a string)"))
      #expect(lines[4].contains("values.json:1: the file is too large: it holds more than"))
      let memory = try #require(lines.last?.split(separator: " ").last.flatMap { Int($0) })
      #expect(memory < 300, "\(result)")
    }
  }
}

extension CorpusStore.Saved {
  /// The entry is in its file.
  fileprivate var isKept: Bool {
    switch self {
    case .written, .alreadyThere: true
    case .notAllowed, .failed: false
    }
  }
}
