#if os(Linux) && (arch(x86_64) || arch(arm64))
  import Foundation
  import InterleaveEngine
  import Testing

  @testable import Interleave

  @Suite struct BinaryTablesTests {
    /// The frames of an address, as `function file:line`; nil if the file is not read.
    private func frames(of file: ElfFile, at address: UInt64) -> [String]? {
      file.bytes.withUnsafeBytes { bytes in
        BinaryTables(bytes)?.frames(at: address, in: bytes).frames
          .map { "\($0.symbol) \($0.file):\($0.line)" }
      }
    }

    // MARK: Functions

    @Test(arguments: [
      (0x1000, "first"), (0x100F, "first"),
      // Of two that begin here, the smaller one; the larger one goes on.
      (0x1010, "second"), (0x1011, "alias"), (0x1030, "alias"),
    ]) func aFunctionGoesOnUntilTheNextOneBegins(address: UInt64, function: String) throws {
      var file = ElfFile.sample
      file[".debug_line"] = []
      #expect(frames(of: file, at: address)?.last == "\(function) :0")
    }

    @Test func beforeTheFirstFunctionThereIsNone() {
      #expect(frames(of: .sample, at: 0xFFF) == ["<unknown> :0"])
      var file = ElfFile.sample
      file[".symtab"] = []
      #expect(frames(of: file, at: 0x1000) == ["<unknown> :0"])
    }

    @Test func aNameThatIsNotThereIsUnknown() {
      var file = ElfFile.sample
      file[".symtab"] = ElfFile.symbol(1_000, at: 0x1000, size: 4)
      #expect(frames(of: file, at: 0x1000) == ["<unknown> /src/A.swift:10"])
    }

    // MARK: Lines

    @Test(arguments: [
      (0x1000, "/src/A.swift:10"), (0x1003, "/src/A.swift:10"), (0x1004, "/src/A.swift:11"),
      (0x1010, "/other/B.swift:21"), (0x1020, "/unit/C.swift:21"), (0x103F, "/unit/C.swift:21"),
      // Where the sequence ends.
      (0x1040, ":0"), (0xFFF, ":0"),
    ]) func aLineGoesOnUntilTheNextRow(address: UInt64, line: String) throws {
      let found = try #require(frames(of: .sample, at: address))
      #expect(found.last?.hasSuffix(" " + line) == true, "\(found)")
    }

    @Test func aUnitsOwnFileIsNumberedZero() {
      var file = ElfFile.sample
      let program = joined(ElfFile.address(0x1000), [4, 0, 1, 2, 4], ElfFile.endOfSequence)
      file[".debug_line"] = ElfFile.lines(program: program)
      #expect(frames(of: file, at: 0x1001) == ["first /unit/Unit.swift:1"])
    }

    @Test func aFileThatIsNotInTheTableIsUnknown() {
      var file = ElfFile.sample
      let program = joined(ElfFile.address(0x1000), [4, 9, 1, 2, 4], ElfFile.endOfSequence)
      file[".debug_line"] = ElfFile.lines(program: program)
      #expect(frames(of: file, at: 0x1001) == ["first <unknown>:1"])
    }

    @Test func ofSeveralUnitsTheLastOneCounts() {
      var file = ElfFile.sample
      let program = joined(
        ElfFile.address(0x1002), [3, 50, 1, 2, 4, 3, 1, 1, 2, 4], ElfFile.endOfSequence)
      file[".debug_line"] = joined(
        ElfFile.lines(program: ElfFile.sampleProgram), ElfFile.lines(program: program))
      #expect(frames(of: file, at: 0x1001) == ["first /src/A.swift:10"])
      #expect(frames(of: file, at: 0x1002) == ["first /src/A.swift:51"])
      #expect(frames(of: file, at: 0x1007) == ["first /src/A.swift:52"])
      #expect(frames(of: file, at: 0x100A) == ["first /src/A.swift:11"])
    }

    @Test func aLongProgramIsReadInPieces() {
      let rows = [UInt8](repeating: 13 + 6 + 14, count: 1_000)
      var file = ElfFile.sample
      file[".debug_line"] = ElfFile.lines(
        program: joined(ElfFile.address(0x2000), rows, [2, 1], ElfFile.endOfSequence))
      for row in [0, 1, 63, 64, 65, 127, 128, 129, 500, 999] {
        // Each row is a byte and a line further on.
        let found = frames(of: file, at: UInt64(0x2001 + row))
        #expect(found == ["alias /src/A.swift:\(2 + row)"])
      }
      #expect(frames(of: file, at: 0x2000) == ["alias :0"])
      #expect(frames(of: file, at: UInt64(0x2000 + 1_001)) == ["alias :0"])
    }

    @Test func theFifthVersionSaysHowItsFilesAreWritten() {
      var file = ElfFile.sample
      file[".debug_line_str"] = ["/five", "Main.swift", "Other.swift"].flatMap(text)
      let lengths: [UInt8] = [0, 1, 1, 1, 1, 0, 0, 0, 1, 0, 0, 1]
      let folders = joined([1, 1, 0x1F, 1], word(UInt32(0)))
      let sum = [UInt8](repeating: 9, count: 16)
      let files = joined(
        [3, 1, 0x1F, 2, 0x0B, 5, 0x1E, 2], word(UInt32(6)), [0], sum, word(UInt32(17)), [7], sum)
      let header = joined([1, 1, 1, 0xFB, 14, 13], lengths, folders, files)
      let program = joined(
        ElfFile.address(0x1000), [4, 0, 1, 2, 4, 4, 1, 1, 2, 4], ElfFile.endOfSequence)
      let unit = joined(word(UInt16(5)), [8, 0], word(UInt32(header.count)), header, program)
      file[".debug_line"] = word(UInt32(unit.count)) + unit
      #expect(frames(of: file, at: 0x1000) == ["first /five/Main.swift:1"])
      #expect(frames(of: file, at: 0x1004) == ["first <unknown>/Other.swift:1"])
    }

    // MARK: Inlined calls

    @Test func anInlinedFunctionComesBeforeTheOneAroundIt() {
      #expect(
        frames(of: .sample, at: 0x1014) == ["callee /other/B.swift:21", "alias /src/A.swift:77"])
      #expect(frames(of: .sample, at: 0x101B)?.count == 2)
      #expect(frames(of: .sample, at: 0x1013) == ["alias /other/B.swift:21"])
      #expect(frames(of: .sample, at: 0x101C) == ["alias /unit/C.swift:21"])
    }

    @Test func callsWithinCallsAllCount() {
      var file = ElfFile.sample
      file[".debug_info"] = ElfFile.entries(
        calls: (0..<20).flatMap { _ in ElfFile.inlinedCall(at: 0x1014, size: 8) })
      #expect(frames(of: file, at: 0x1014)?.count == 21)
    }

    // MARK: What is not read here

    @Test func whatIsNotUnderstoodIsNotRead() {
      func isRead(_ change: (inout ElfFile) -> Void) -> Bool {
        var file = ElfFile.sample
        change(&file)
        return frames(of: file, at: 0x1000) != nil
      }
      #expect(isRead { _ in })
      #expect(isRead { $0[".comment"] = [1] })
      #expect(!isRead { $0[".gnu_debuglink"] = [1] })
      #expect(!isRead { $0[".zdebug_line"] = [1] })
      #expect(!isRead { $0.identity[4] = 1 }, "32 bits")
      #expect(!isRead { $0.identity[5] = 2 }, "highest byte first")
      #expect(!isRead { $0.identity[0] = 0 })
      let compressed: UInt64 = 1 << 11
      #expect(
        !isRead { file in
          file.sections = file.sections.map { section in
            var section = section
            if section.name == ".debug_line" { section.flags = compressed }
            return section
          }
        })
      let program = ElfFile.sampleProgram
      #expect(!isRead { $0[".debug_line"] = ElfFile.lines(operations: 4, program: program) })
      #expect(!isRead { $0[".debug_line"] = ElfFile.lines(program: Array(program.dropLast(3))) })
      let definesFile = joined([0, 6, 3], text("a"), [0, 0, 0])
      #expect(
        !isRead {
          $0[".debug_line"] = ElfFile.lines(program: joined(definesFile, ElfFile.endOfSequence))
        })
      // Of a version that is not known, nothing is known; the rest is.
      #expect(isRead { $0[".debug_line"] = ElfFile.lines(version: 9, program: program) })
    }

    @Test func anEmptyFileIsNotRead() {
      #expect(BinaryTables(UnsafeRawBufferPointer(start: nil, count: 0)) == nil)
    }

    @Test func tablesBelongToTheirOwnFile() throws {
      let bytes = ElfFile.sample.bytes
      var other = bytes
      other[50] ^= 1
      let tables = try #require(bytes.withUnsafeBytes { BinaryTables($0) })
      #expect(bytes.withUnsafeBytes { tables.matches($0) })
      #expect(!other.withUnsafeBytes { tables.matches($0) })
      #expect(!bytes.dropLast().withUnsafeBytes { tables.matches($0) })
    }

    // MARK: Damage

    /// Reads tables that end where memory does, and asks them for addresses.
    private func read(_ file: [UInt8]) {
      let page = Int(getpagesize())
      let size = (file.count + page - 1) / page * page
      let flags = MAP_PRIVATE | MAP_ANONYMOUS
      guard let memory = mmap(nil, size + page, PROT_READ | PROT_WRITE, flags, -1, 0),
        memory != MAP_FAILED
      else { return }
      defer { munmap(memory, size + page) }
      mprotect(memory + size, page, PROT_NONE)
      let bytes = UnsafeMutableRawBufferPointer(
        start: memory + (size - file.count), count: file.count)
      bytes.copyBytes(from: file)
      guard let tables = BinaryTables(UnsafeRawBufferPointer(bytes)) else { return }
      for address: UInt64 in [0, 0x1000, 0x1010, 0x1014, 0x103F, .max] {
        _ = tables.frames(at: address, in: UnsafeRawBufferPointer(bytes))
      }
    }

    @Test func aFileThatEndsTooSoonIsNotReadBeyondItsEnd() {
      let bytes = ElfFile.sample.bytes
      for count in bytes.indices { read(Array(bytes[..<count])) }
    }

    @Test func aSectionThatEndsTooSoonIsNotReadBeyondItsEnd() {
      for section in ElfFile.sample.sections {
        for count in section.bytes.indices {
          var file = ElfFile.sample
          file[section.name] = Array(section.bytes[..<count])
          read(file.bytes)
        }
      }
    }

    @Test func noDamageLeadsOutOfTheFile() {
      var random = SplitMix64(seed: 1)
      let bytes = ElfFile.sample.bytes
      for _ in 0..<2_000 {
        var damaged = bytes
        for _ in 0..<Int.random(in: 1...6, using: &random) {
          let place = Int.random(in: damaged.indices, using: &random)
          damaged[place] = UInt8.random(in: 0...255, using: &random)
        }
        read(damaged)
      }
    }
  }
#endif
