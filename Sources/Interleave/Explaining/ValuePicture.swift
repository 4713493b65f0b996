import InterleaveEngine

/// A value as it was at some moment, to be compared with what it is later.
///
/// It holds on to no object, which would live longer for it.
struct ValuePicture {
  /// A text, which is kept as it is: that costs nothing.
  private var text: String?
  /// Any other value, on one line: shortened, and in full as far as that is kept.
  private var short = ""
  private var full = ""
  /// Tells the value from others, also where the line is cut.
  private var mark: UInt64 = 0

  /// The longest value that is printed whole.
  static let limit = 60
  /// How much of a long value is kept, to find what changed in it.
  private static let mostKept = 20_000
  /// How many characters on both sides stand around what changed in a long value.
  private static let context = 8
  private static let mostChanged = 22

  /// - Parameter parts: So many parts of a value that has many are looked at.
  init(_ value: Any, parts: Int = ValuePrinter.mostParts) {
    if let value = value as? String {
      text = value
      return
    }
    if let numbers = NumberList(value) {
      mark = numbers.mark
      full = numbers.text(atMost: Self.mostKept)
      short = full.utf8.count <= Self.limit ? full : numbers.countWords
      return
    }
    var printer = ValuePrinter(limit: Self.mostKept, parts: parts)
    full = printer.print(value)
    mark = printer.mark
    short =
      full.utf8.count <= Self.limit
      ? full : Self.cut(ValuePrinter.summary(of: value, within: Self.limit) ?? full)
  }

  /// A value that cannot be copied, of which only its bytes are known.
  init(ofBytes bytes: [UInt8]) {
    mark = bytes.withUnsafeBytes { Mark.of($0) }
    short = "a value"
    full = short
  }

  /// Both values in words; nil where they are the same.
  func change(since before: ValuePicture) -> (before: String, after: String)? {
    if let old = before.text, let new = text {
      guard !Self.isSame(old, new) else { return nil }
      return Self.change(Self.quoted(old), Self.quoted(new))
    }
    guard before.mark != mark || before.full != full || (before.text == nil) != (text == nil) else {
      return nil
    }
    let (old, new) = (before.short(quoting: true), short(quoting: true))
    if old != new { return (old, new) }
    return before.full == full ? (old, "another one") : Self.change(before.full, full)
  }

  private func short(quoting: Bool) -> String { text.map { Self.cut(Self.quoted($0)) } ?? short }

  private static func isSame(_ one: String, _ other: String) -> Bool {
    one.utf8.count == other.utf8.count && one == other
  }

  /// As in the source; of a text that is very long, only what may be told of it is put so.
  private static func quoted(_ text: String) -> String {
    text.utf8.count <= 4 * mostKept ? String(reflecting: text) : "\"\(text)\""
  }

  private static func cut(_ text: String) -> String {
    let line = String(text.prefix(limit + 1).map { $0.isNewline ? " " : $0 })
    return line.count <= limit ? line : "\(line.prefix(limit - 3))..."
  }

  // MARK: What changed in long values

  /// Both values whole where they are short, and else what is different in them, with a little of
  /// what is around it.
  private static func change(_ old: String, _ new: String) -> (before: String, after: String) {
    if old.utf8.count <= limit, new.utf8.count <= limit { return (cut(old), cut(new)) }
    var (old, new) = (old, new)
    let (head, tail) = old.withUTF8 { old in new.withUTF8 { common(old, $0) } }
    return (part(of: old, head, tail), part(of: new, head, tail))
  }

  /// How many bytes two texts have in common at both ends.
  private static func common(
    _ one: UnsafeBufferPointer<UInt8>, _ other: UnsafeBufferPointer<UInt8>
  ) -> (head: Int, tail: Int) {
    let most = min(one.count, other.count)
    var head = 0
    while head < most, one[head] == other[head] { head += 1 }
    var tail = 0
    while tail < most - head, one[one.count - 1 - tail] == other[other.count - 1 - tail] {
      tail += 1
    }
    return (head, tail)
  }

  /// What is between what both values have in common at their ends.
  private static func part(of text: String, _ head: Int, _ tail: Int) -> String {
    let bytes = text.utf8
    let start = bytes.index(bytes.startIndex, offsetBy: head)
    let end = bytes.index(bytes.endIndex, offsetBy: -tail)
    let before = text[..<start].suffix(context)
    let after = text[max(start, end)...].prefix(context)
    let changed = text[start..<max(start, end)]
    let middle =
      changed.utf8.count <= mostChanged
      ? String(changed) : changed.prefix(mostChanged - 3) + "..."
    return cut(
      (before.startIndex == text.startIndex ? "" : "...") + before + middle
        + (middle.hasSuffix("...") ? "" : after + (after.endIndex == text.endIndex ? "" : "...")))
  }
}

/// A list of numbers, of which there may be many: looking at each by reflection would take long.
private struct NumberList {
  let mark: UInt64
  private let count: Int
  private let prefix: (Int) -> [String]

  init?(_ value: Any) {
    switch value {
    case let list as [UInt8]: self.init(of: list)
    case let list as [Int]: self.init(of: list)
    case let list as [Int32]: self.init(of: list)
    case let list as [Double]: self.init(of: list)
    case let list as [Bool]: self.init(of: list)
    default: return nil
    }
  }

  private init<Element>(of list: [Element]) {
    mark = list.withUnsafeBytes { Mark.of($0) }
    count = list.count
    prefix = { list.prefix($0).map { "\($0)" } }
  }

  var countWords: String { count == 1 ? "1 element" : "\(count) elements" }

  func text(atMost limit: Int) -> String {
    "[\(prefix(limit / 4).joined(separator: ", "))]"
  }
}

/// Adds up to a number that tells values from each other.
enum Mark {
  static let start: UInt64 = 0xcbf2_9ce4_8422_2325

  static func of(_ bytes: UnsafeRawBufferPointer) -> UInt64 {
    var mark = start ^ UInt64(bytes.count)
    var place = 0
    while place + 8 <= bytes.count {
      mark = step(mark, bytes.loadUnaligned(fromByteOffset: place, as: UInt64.self))
      place += 8
    }
    while place < bytes.count {
      mark = step(mark, UInt64(bytes[place]))
      place += 1
    }
    return mark
  }

  static func step(_ mark: UInt64, _ word: UInt64) -> UInt64 {
    let mixed = (mark ^ word) &* 0x9e37_79b9_7f4a_7c15
    return mixed ^ (mixed >> 29)
  }
}
