/// The members of a JSON object, taken out one by one with their types checked.
///
/// Errors name a member by its path in the file: `deviations[2].picked.task`.
struct Fields {
  private var members: [(key: String, value: JSONNode)]
  private let start: Int
  /// What stands before the name of a member: empty, or a path that ends with a dot.
  let path: String

  init(_ members: [(key: String, value: JSONNode)], of node: JSONNode, path: String) {
    self.members = members
    self.start = node.offset
    self.path = path.isEmpty ? "" : path + "."
  }

  init(_ node: JSONNode, path: String) throws(ContentFault) {
    guard case .object(let members) = node.value else {
      throw Self.mismatch(node, path, "an object")
    }
    self.init(members, of: node, path: path)
  }

  func has(_ key: String) -> Bool { members.contains { $0.key == key } }

  /// Where the value of a member begins.
  func offset(of key: String) throws(ContentFault) -> Int {
    guard let member = members.first(where: { $0.key == key }) else { throw missing(key) }
    return member.value.offset
  }

  /// Takes a member, whatever it is.
  mutating func take(_ key: String) throws(ContentFault) -> JSONNode {
    guard let index = members.firstIndex(where: { $0.key == key }) else { throw missing(key) }
    return members.remove(at: index).value
  }

  mutating func string(_ key: String) throws(ContentFault) -> String {
    try Self.string(try take(key), path + key)
  }

  mutating func word(_ key: String) throws(ContentFault) -> UInt64 {
    try Self.word(try take(key), path + key)
  }

  /// Takes a whole number that is not negative.
  mutating func count(_ key: String) throws(ContentFault) -> Int {
    let node = try take(key)
    guard let count = Int(exactly: try Self.word(node, path + key)) else {
      throw Self.mismatch(node, path + key, "a whole number below 2^63")
    }
    return count
  }

  mutating func strings(_ key: String) throws(ContentFault) -> [String] {
    var strings: [String] = []
    for (node, path) in try array(key) { strings.append(try Self.string(node, path)) }
    return strings
  }

  mutating func object(_ key: String) throws(ContentFault) -> Fields {
    try Fields(try take(key), path: path + key)
  }

  /// Takes an array: its items, each with its path.
  mutating func array(_ key: String) throws(ContentFault) -> [(JSONNode, String)] {
    try Self.array(try take(key), path + key)
  }

  /// Checks that every member was taken.
  func end() throws(ContentFault) {
    guard let member = members.first else { return }
    throw ContentFault(
      offset: member.value.offset,
      reason: .wrongContent("\(quotation(of: path + member.key)) is not a key of a corpus entry"))
  }

  static func string(_ node: JSONNode, _ path: String) throws(ContentFault) -> String {
    guard case .string(let text) = node.value else { throw mismatch(node, path, "a string") }
    return text
  }

  static func word(_ node: JSONNode, _ path: String) throws(ContentFault) -> UInt64 {
    guard case .number(let text) = node.value, let word = UInt64(text) else {
      throw mismatch(node, path, "a whole number from 0 to 2^64 - 1")
    }
    return word
  }

  static func array(
    _ node: JSONNode, _ path: String
  ) throws(ContentFault) -> [(JSONNode, String)] {
    guard case .array(let items) = node.value else { throw mismatch(node, path, "an array") }
    return items.enumerated().map { ($1, "\(path)[\($0)]") }
  }

  private func missing(_ key: String) -> ContentFault {
    ContentFault(offset: start, reason: .wrongContent("the key `\(path)\(key)` is missing"))
  }

  private static func mismatch(
    _ node: JSONNode, _ path: String, _ expected: String
  ) -> ContentFault {
    let seen =
      switch node.value {
      case .object: "an object"
      case .array: "an array"
      case .string: "a string"
      case .number(let text): text.utf8.count <= 40 ? text : "a long number"
      case .bool(let value): String(value)
      case .null: "null"
      }
    return ContentFault(
      offset: node.offset, reason: .wrongContent("`\(path)` must be \(expected) (was \(seen))"))
  }
}
