#if os(Linux) && (arch(x86_64) || arch(arm64))
  import Foundation

  /// A small ELF file, made up of sections.
  struct ElfFile {
    struct Section {
      var name: String
      var bytes: [UInt8]
      var flags: UInt64 = 0
    }

    var sections: [Section] = []
    /// The start of the file: a 64-bit one, whose numbers begin with their lowest byte.
    var identity: [UInt8] = [0x7F, 0x45, 0x4C, 0x46, 2, 1, 1]

    subscript(name: String) -> [UInt8] {
      get { sections.first { $0.name == name }?.bytes ?? [] }
      set {
        sections.removeAll { $0.name == name }
        sections.append(Section(name: name, bytes: newValue))
      }
    }

    var bytes: [UInt8] {
      var names: [UInt8] = [0]
      var body: [UInt8] = []
      // The first one is of no kind.
      var headers = [UInt8](repeating: 0, count: 64)
      for section in sections + [Section(name: ".shstrtab", bytes: [])] {
        let name = UInt32(names.count)
        names += section.name.utf8 + [0]
        let content = section.name == ".shstrtab" ? names : section.bytes
        headers += joined(word(name), word(UInt32(1)), word(section.flags), word(UInt64(0)))
        headers += joined(word(UInt64(64 + body.count)), word(UInt64(content.count)))
        headers += [UInt8](repeating: 0, count: 24)
        body += content
      }
      let count = UInt16(headers.count / 64)
      var start = identity + [UInt8](repeating: 0, count: 16 - identity.count)
      start += joined(word(UInt16(3)), word(UInt16(62)), word(UInt32(1)), word(UInt64(0)))
      start += joined(word(UInt64(0)), word(UInt64(64 + body.count)), word(UInt32(0)))
      start += joined(word(UInt16(64)), word(UInt16(0)), word(UInt16(0)), word(UInt16(64)))
      start += joined(word(count), word(count - 1))
      return start + body + headers
    }
  }

  /// A number as it is written in a file.
  func word(_ number: some FixedWidthInteger) -> [UInt8] {
    withUnsafeBytes(of: number.littleEndian) { Array($0) }
  }

  /// Text as it is written in a file.
  func text(_ text: String) -> [UInt8] { Array(text.utf8) + [0] }

  /// One part after the other.
  func joined(_ parts: [UInt8]...) -> [UInt8] { Array(parts.joined()) }

  extension ElfFile {
    /// Functions from 0x1000 and 0x1010 on, and their lines in three files.
    static let sample = {
      var file = ElfFile()
      file[".strtab"] = ["", "first", "second", "alias", "data"].flatMap(text)
      file[".symtab"] = joined(
        symbol(7, at: 0x1010, size: 0x20), symbol(1, at: 0x1000, size: 0x10),
        symbol(14, at: 0x1010, size: 0x30), symbol(20, at: 0x1018, size: 4, type: 1),
        symbol(1, at: 0x1014, size: 4, section: 0))
      file[".debug_line"] = lines(program: sampleProgram)
      file[".debug_abbrev"] = abbreviations
      file[".debug_info"] = entries(calls: inlinedCall(at: 0x1014, size: 8))
      return file
    }()

    /// Line 10 of file 1 from 0x1000 on, 11 from 0x1004 on, 21 of file 2 from 0x1010 on, then of
    /// file 3; the end is at 0x1040.
    static let sampleProgram = joined(
      address(0x1000), [3, 9, 1], [13 + 6 + 4 * 14], [2, 12, 3, 10, 4, 2, 1],
      [2, 8, 4, 3, 1], [2, 40], endOfSequence)
    static let endOfSequence: [UInt8] = [0, 1, 1]

    static func address(_ address: UInt64) -> [UInt8] { [0, 9, 2] + word(address) }

    static func symbol(
      _ name: UInt32, at value: UInt64, size: UInt64, type: UInt8 = 2, section: UInt16 = 1
    ) -> [UInt8] {
      joined(word(name), [type, 0], word(section), word(value), word(size))
    }

    /// A unit's lines, of the fourth version, or of another one that looks like it.
    static func lines(version: UInt16 = 4, operations: UInt8 = 1, program: [UInt8]) -> [UInt8] {
      let folders = joined(text("/src"), text(""))
      let files = joined(
        text("A.swift"), [1, 0, 0], text("/other/B.swift"), [0, 0, 0], text("C.swift"), [0, 0, 0],
        text(""))
      let lengths: [UInt8] = [0, 1, 1, 1, 1, 0, 0, 0, 1, 0, 0, 1]
      let header = joined([1, operations, 1, 0xFB, 14, 13], lengths, folders, files)
      let unit = joined(word(version), word(UInt32(header.count)), header, program)
      return word(UInt32(unit.count)) + unit
    }

    static let abbreviations = joined(
      [1, 0x11, 1, 0x03, 0x08, 0x1B, 0x08, 0x10, 0x17, 0x11, 0x01, 0, 0],
      [2, 0x2E, 0, 0x6E, 0x08, 0, 0],
      [3, 0x1D, 0, 0x31, 0x13, 0x11, 0x01, 0x12, 0x06, 0x58, 0x0B, 0x59, 0x0B, 0x57, 0x0B, 0, 0],
      [0])

    /// The entries of a unit: itself, a function named `callee`, and calls.
    static func entries(calls: [UInt8]) -> [UInt8] {
      let unit = joined(
        [1], text("Unit.swift"), text("/unit"), word(UInt32(0)), word(UInt64(0)))
      let head = joined(word(UInt16(4)), word(UInt32(0)), [8])
      let body = joined(head, unit, [2], text("callee"), calls, [0])
      return word(UInt32(body.count)) + body
    }

    /// A call of `callee` in line 77 of file 1.
    static func inlinedCall(at address: UInt64, size: UInt32) -> [UInt8] {
      // The function comes after the header of 11 bytes and the unit's own entry of 30.
      let function: UInt32 = 41
      return joined([3], word(function), word(address), word(size), [1, 77, 5])
    }
  }
#endif
