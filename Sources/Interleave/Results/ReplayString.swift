import Foundation

/// A failure as one short string, for bug reports and for other machines.
///
/// It holds what a replay needs: the deviations by the names of their steps, the cancellation, the
/// seed, and what was drawn. Blanks and line breaks in it count for nothing, so that it can be
/// wrapped.
enum ReplayString {
  /// What each begins with: what it is, and the version of its format.
  static let prefix = "interleave1-"

  static func encode(_ entry: CorpusEntry) -> String {
    var writer = ByteWriter()
    writer.put(entry)
    var hash = StableHash()
    for byte in writer.bytes { hash.combine(UInt64(byte)) }
    let check = [UInt8(truncatingIfNeeded: hash.value), UInt8(truncatingIfNeeded: hash.value >> 8)]
    let text = Data(writer.bytes + check).base64EncodedString()
    return prefix
      + text.replacing("+", with: "-").replacing("/", with: "_").prefix { $0 != "=" }
  }

  /// - Throws: ``ConfigurationError`` that says what is wrong with it.
  static func decode(_ string: String) throws(ConfigurationError) -> CorpusEntry {
    let text = string.filter { !$0.isWhitespace }
    guard text.hasPrefix(prefix) else {
      throw damaged("must begin with `\(prefix)`", string)
    }
    var base64 = text.dropFirst(prefix.count).replacing("-", with: "+").replacing("_", with: "/")
    base64 += String(repeating: "=", count: (4 - base64.count % 4) % 4)
    guard let data = Data(base64Encoded: String(base64)), data.count > 2 else {
      throw damaged("must be whole", string)
    }
    let bytes = Array(data.dropLast(2))
    var hash = StableHash()
    for byte in bytes { hash.combine(UInt64(byte)) }
    let check = Array(data.suffix(2))
    guard check[0] == UInt8(truncatingIfNeeded: hash.value),
      check[1] == UInt8(truncatingIfNeeded: hash.value >> 8)
    else { throw damaged("must be whole, as it was printed", string) }
    var reader = ByteReader(bytes)
    guard let entry = reader.entry(), reader.isAtEnd else {
      throw damaged("must be one that this version of Interleave reads", string)
    }
    return entry
  }

  private static func damaged(_ what: String, _ string: String) -> ConfigurationError {
    ConfigurationError("a replay string \(what) (was \(quotation(of: string)))")
  }

  /// The lines of a string that is to be copied, each of at most so many characters.
  static func lines(of string: String, width: Int) -> [String] {
    var rest = Substring(string)
    var lines: [String] = []
    while !rest.isEmpty {
      lines.append(String(rest.prefix(width)))
      rest = rest.dropFirst(width)
    }
    return lines
  }
}

extension FuzzFailure {
  /// The whole failure as a short string, to be replayed elsewhere: `fuzz(replaying: "…")`,
  /// `@Test(.replays("…"))`; nil where there is no schedule to repeat.
  public var replayString: String? { replayEntry.map(ReplayString.encode) }
}

// MARK: - The bytes

/// Writes numbers of seven bits a byte, and each text once.
private struct ByteWriter {
  private(set) var bytes: [UInt8] = []
  private var known: [String: Int] = [:]

  mutating func put(_ entry: CorpusEntry) {
    put(entry.signature.kind.rawValue)
    put(entry.signature.place)
    put(entry.seed)
    put(entry.inputs)
    put(entry.operations)
    put(entry.choices.count)
    for row in entry.choices {
      put(row.count)
      for choice in row { put(choice) }
    }
    put(entry.deviations.count)
    for deviation in entry.deviations {
      put(deviation.index)
      put(deviation.picked)
      put(deviation.passedOver)
    }
    // What else follows.
    put(
      (entry.cancellation == nil ? 0 : 1) + (entry.poolWidth == nil ? 0 : 2)
        + (entry.randomSeed == nil ? 0 : 4))
    if let cancellation = entry.cancellation {
      put(cancellation.task.description)
      put(cancellation.index)
      put(cancellation.after)
    }
    if let width = entry.poolWidth { put(width) }
    if let seed = entry.randomSeed { put(seed) }
  }

  private mutating func put(_ step: Interleaving.StepName) {
    put(step.task.description)
    put(step.ordinal)
    put(step.function)
    put(step.occurrence)
    put(step.executor)
    put(step.inside.map { $0.isAfter ? 2 : 1 } ?? 0)
    if let point = step.inside {
      put(point.operation.rawValue)
      put(point.occurrence)
    }
  }

  private mutating func put(_ texts: [String]) {
    put(texts.count)
    for text in texts { put(text) }
  }

  private mutating func put(_ text: String) {
    if let index = known[text] {
      put(index + 1)
    } else {
      known[text] = known.count
      put(0)
      put(text.utf8.count)
      bytes += text.utf8
    }
  }

  private mutating func put(_ number: Int) { put(UInt64(bitPattern: Int64(number))) }

  private mutating func put(_ number: UInt64) {
    var rest = number
    while rest >= 0x80 {
      bytes.append(UInt8(rest & 0x7F) | 0x80)
      rest >>= 7
    }
    bytes.append(UInt8(rest))
  }
}

/// Reads what a ``ByteWriter`` has written; nil where it is not that.
private struct ByteReader {
  private let bytes: [UInt8]
  private var position = 0
  private var known: [String] = []

  init(_ bytes: [UInt8]) {
    self.bytes = bytes
  }

  var isAtEnd: Bool { position == bytes.count }

  mutating func entry() -> CorpusEntry? {
    guard let kind = text().flatMap(FuzzFailure.Kind.init(rawValue:)), let place = text(),
      let seed = number(), let inputs = list({ $0.text() }),
      let operations = list({ $0.text() }),
      let choices = list({ $0.list { $0.number() } }),
      let deviations = list({ $0.deviation() }), let parts = count(), 0...7 ~= parts
    else { return nil }
    var entry = CorpusEntry(
      test: CorpusEntry.TestName(suite: "", name: ""),
      signature: FailureSignature(kind: kind, place: place), message: "", seed: seed,
      inputs: inputs, operations: operations, choices: choices, deviations: deviations)
    if parts & 1 != 0 {
      guard let task = path(), let index = count(), let after = step() else { return nil }
      entry.cancellation = Interleaving.Cancellation(task: task, index: index, after: after)
    }
    if parts & 2 != 0 {
      guard let width = count(), width >= 1 else { return nil }
      entry.poolWidth = width
    }
    if parts & 4 != 0 {
      guard let seed = number() else { return nil }
      entry.randomSeed = seed
    }
    return entry
  }

  private mutating func deviation() -> Interleaving.Deviation? {
    guard let index = count(), let picked = step(), let passedOver = step() else { return nil }
    return Interleaving.Deviation(index: index, picked: picked, passedOver: passedOver)
  }

  private mutating func step() -> Interleaving.StepName? {
    guard let task = path(), let ordinal = count(), let function = text(),
      let occurrence = count(), let executor = text(), let inside = count()
    else { return nil }
    var name = Interleaving.StepName(
      task: task, ordinal: ordinal, function: function, occurrence: occurrence, executor: executor)
    guard inside > 0 else { return name }
    guard let operation = text().flatMap(InsidePoint.Operation.init(rawValue:)),
      let occurrence = count()
    else { return nil }
    name.inside = InsidePoint(operation, isAfter: inside == 2, occurrence: occurrence)
    return name
  }

  private mutating func path() -> TaskPath? { text().flatMap { TaskPath($0) } }

  private mutating func list<Item>(_ item: (inout ByteReader) -> Item?) -> [Item]? {
    // Each item takes a byte at least, so that no number makes it reserve more.
    guard let count = count(), count >= 0, count <= bytes.count - position else { return nil }
    var items: [Item] = []
    for _ in 0..<count {
      guard let next = item(&self) else { return nil }
      items.append(next)
    }
    return items
  }

  private mutating func text() -> String? {
    guard let index = count() else { return nil }
    if index > 0 { return index <= known.count ? known[index - 1] : nil }
    guard let length = count(), length >= 0, length <= bytes.count - position,
      let text = String(validating: bytes[position..<position + length], as: UTF8.self)
    else { return nil }
    position += length
    known.append(text)
    return text
  }

  private mutating func count() -> Int? { number().map { Int(Int64(bitPattern: $0)) } }

  private mutating func number() -> UInt64? {
    var result: UInt64 = 0
    for shift in stride(from: 0, to: 64, by: 7) {
      guard position < bytes.count else { return nil }
      let byte = bytes[position]
      position += 1
      result |= UInt64(byte & 0x7F) << UInt64(shift)
      if byte < 0x80 { return result }
    }
    return nil
  }
}
