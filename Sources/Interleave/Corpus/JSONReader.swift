/// A JSON value, with where it begins.
struct JSONNode {
  enum Value {
    case object([(key: String, value: JSONNode)])
    case array([JSONNode])
    case string(String)
    /// A number as it was written, so that none is ever rounded.
    case number(String)
    case bool(Bool)
    case null
  }

  var value: Value
  /// The offset of its first byte.
  var offset: Int
}

/// Why a text could not be read as JSON.
struct JSONFault: Error {
  enum Reason: Hashable {
    case truncated
    case malformed(String)
    case tooLarge(String)
  }

  var reason: Reason
  /// The offset of the byte that was not expected.
  var offset: Int
}

/// Reads JSON (RFC 8259) strictly, within limits, keeping the place of every value.
///
/// Foundation's readers give neither the line of a value nor a bound on depth, round large
/// numbers, and let the last of two equal keys win.
struct JSONReader {
  private let bytes: [UInt8]
  private let limits: CorpusLimits
  private var position = 0
  private var values = 0

  private init(bytes: [UInt8], limits: CorpusLimits) {
    self.bytes = bytes
    self.limits = limits
  }

  /// Reads a whole text.
  static func read(_ bytes: [UInt8], limits: CorpusLimits) throws(JSONFault) -> JSONNode {
    var reader = JSONReader(bytes: bytes, limits: limits)
    reader.skipSpace()
    let node = try reader.readValue(depth: 0)
    reader.skipSpace()
    if reader.position < bytes.count {
      throw reader.malformed("something follows the end of the entry")
    }
    return node
  }

  private mutating func readValue(depth: Int) throws(JSONFault) -> JSONNode {
    values += 1
    if values > limits.values {
      throw fault(.tooLarge("it holds more than \(limits.values) values"))
    }
    let offset = position
    let value: JSONNode.Value
    switch try peek() {
    case UInt8(ascii: "{"): value = .object(try readObject(depth: depth + 1))
    case UInt8(ascii: "["): value = .array(try readArray(depth: depth + 1))
    case UInt8(ascii: "\""): value = .string(try readString())
    case UInt8(ascii: "t"): value = try readWord("true", as: .bool(true))
    case UInt8(ascii: "f"): value = try readWord("false", as: .bool(false))
    case UInt8(ascii: "n"): value = try readWord("null", as: .null)
    case UInt8(ascii: "-"), UInt8(ascii: "0")...UInt8(ascii: "9"):
      value = .number(try readNumber())
    default: throw malformed("a value was expected")
    }
    return JSONNode(value: value, offset: offset)
  }

  private mutating func readObject(
    depth: Int
  ) throws(JSONFault) -> [(key: String, value: JSONNode)] {
    try open(depth: depth)
    var members: [(key: String, value: JSONNode)] = []
    var keys: Set<String> = []
    if try skip("}") { return members }
    repeat {
      skipSpace()
      let start = position
      guard try peek() == UInt8(ascii: "\"") else {
        throw malformed("a key in quotation marks was expected")
      }
      let key = try readString()
      guard keys.insert(key).inserted else {
        throw JSONFault(
          reason: .malformed("the key \(quotation(of: key)) appears twice"), offset: start)
      }
      guard try skip(":") else { throw malformed("a `:` was expected after a key") }
      skipSpace()
      members.append((key, try readValue(depth: depth)))
    } while try skip(",")
    guard try skip("}") else { throw malformed("a `,` or `}` was expected") }
    return members
  }

  private mutating func readArray(depth: Int) throws(JSONFault) -> [JSONNode] {
    try open(depth: depth)
    var items: [JSONNode] = []
    if try skip("]") { return items }
    repeat {
      skipSpace()
      items.append(try readValue(depth: depth))
    } while try skip(",")
    guard try skip("]") else { throw malformed("a `,` or `]` was expected") }
    return items
  }

  private mutating func open(depth: Int) throws(JSONFault) {
    if depth > limits.depth {
      throw fault(.tooLarge("it is nested more than \(limits.depth) deep"))
    }
    position += 1
  }

  private mutating func readWord(
    _ word: StaticString, as value: JSONNode.Value
  ) throws(JSONFault) -> JSONNode.Value {
    for index in 0..<word.utf8CodeUnitCount {
      guard try peek() == word.utf8Start[index] else { throw malformed("a value was expected") }
      position += 1
    }
    return value
  }

  private mutating func readNumber() throws(JSONFault) -> String {
    let start = position
    if try peek() == UInt8(ascii: "-") { position += 1 }
    let integer = position
    try readDigits()
    if bytes[integer] == UInt8(ascii: "0"), position > integer + 1 {
      throw JSONFault(reason: .malformed("a number begins with 0"), offset: start)
    }
    if next == UInt8(ascii: ".") {
      position += 1
      try readDigits()
    }
    if next == UInt8(ascii: "e") || next == UInt8(ascii: "E") {
      position += 1
      if next == UInt8(ascii: "+") || next == UInt8(ascii: "-") { position += 1 }
      try readDigits()
    }
    return String(decoding: bytes[start..<position], as: UTF8.self)
  }

  private mutating func readDigits() throws(JSONFault) {
    guard Self.isDigit(try peek()) else { throw malformed("a digit was expected") }
    while let next, Self.isDigit(next) { position += 1 }
  }

  private static func isDigit(_ byte: UInt8) -> Bool {
    (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte)
  }

  private mutating func readString() throws(JSONFault) -> String {
    let start = position
    var content: [UInt8] = []
    position += 1
    while true {
      let byte = try peek()
      switch byte {
      case UInt8(ascii: "\""):
        position += 1
        let text = String(decoding: content, as: UTF8.self)
        // Decoding mends what is not UTF-8, and so shows it.
        guard text.utf8.elementsEqual(content) else {
          throw JSONFault(reason: .malformed("a string is not UTF-8"), offset: start)
        }
        return text
      case UInt8(ascii: "\\"):
        position += 1
        content += try readEscape()
      case 0..<0x20:
        throw malformed("a string holds a control character or lacks its closing `\"`")
      default:
        let start = position
        while let next, next >= 0x20, next != UInt8(ascii: "\""), next != UInt8(ascii: "\\") {
          position += 1
        }
        content += bytes[start..<position]
      }
    }
  }

  private mutating func readEscape() throws(JSONFault) -> [UInt8] {
    let byte = try peek()
    position += 1
    switch byte {
    case UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "/"): return [byte]
    case UInt8(ascii: "b"): return [0x08]
    case UInt8(ascii: "f"): return [0x0C]
    case UInt8(ascii: "n"): return [0x0A]
    case UInt8(ascii: "r"): return [0x0D]
    case UInt8(ascii: "t"): return [0x09]
    case UInt8(ascii: "u"): return Array(String(try readScalar()).utf8)
    default:
      position -= 1
      throw malformed("an unknown escape in a string")
    }
  }

  /// Reads the digits after `\u`, and a second half where the first is one of a pair.
  private mutating func readScalar() throws(JSONFault) -> Unicode.Scalar {
    let first = try readFourDigits()
    if let scalar = Unicode.Scalar(first) { return scalar }
    if first < 0xDC00, try peek() == UInt8(ascii: "\\") {
      position += 1
      if try peek() == UInt8(ascii: "u") {
        position += 1
        let second = try readFourDigits()
        if (0xDC00..<0xE000).contains(second),
          let scalar = Unicode.Scalar(0x10000 + ((first - 0xD800) << 10) + (second - 0xDC00))
        {
          return scalar
        }
      }
    }
    throw malformed("half of a surrogate pair in a string")
  }

  private mutating func readFourDigits() throws(JSONFault) -> UInt32 {
    var value: UInt32 = 0
    for _ in 0..<4 {
      let byte = try peek()
      guard let digit = Character(Unicode.Scalar(byte)).hexDigitValue else {
        throw malformed("four hexadecimal digits were expected after `\\u`")
      }
      value = value << 4 | UInt32(digit)
      position += 1
    }
    return value
  }

  private var next: UInt8? { position < bytes.count ? bytes[position] : nil }

  private func peek() throws(JSONFault) -> UInt8 {
    guard let next else { throw fault(.truncated) }
    return next
  }

  /// Skips white space, and one character after it if it is the given one.
  private mutating func skip(_ character: Unicode.Scalar) throws(JSONFault) -> Bool {
    skipSpace()
    guard try peek() == UInt8(ascii: character) else { return false }
    position += 1
    return true
  }

  private mutating func skipSpace() {
    while let next, next == 0x20 || next == 0x0A || next == 0x0D || next == 0x09 {
      position += 1
    }
  }

  private func malformed(_ what: String) -> JSONFault { fault(.malformed(what)) }

  private func fault(_ reason: JSONFault.Reason) -> JSONFault {
    JSONFault(reason: reason, offset: position)
  }
}
