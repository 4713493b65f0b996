/// Prints values on one line, in an order that does not depend on hashing, and without addresses.
struct ValuePrinter {
  /// Tells the value from others, what was left out included as far as that is looked at.
  private(set) var mark = Mark.start
  private let limit: Int
  private var room: Int
  /// How many parts of a value are looked at.
  private var parts = 4_000

  /// - Parameter limit: After about so many characters, parts of the value are left out.
  init(limit: Int) {
    self.limit = limit
    room = limit
  }

  mutating func print(_ value: Any) -> String {
    let text = printed(value)
    text.utf8.withContiguousStorageIfAvailable {
      mark = Mark.step(mark, Mark.of(UnsafeRawBufferPointer($0)))
    }
    return text
  }

  private mutating func printed(_ value: Any) -> String {
    parts -= 1
    // What an object is cannot be told from its address, which differs from run
    // to run; how many elements a collection of objects holds, can.
    let mirror = Mirror(reflecting: value)
    switch mirror.displayStyle {
    case .class, .foreignReference: return line(Self.objectName(value))
    case .collection, .set, .dictionary: return collection(mirror)
    case .optional: return mirror.children.first.map { printed($0.value) } ?? "nil"
    default: break
    }
    if let text = value as? String { return line(String(reflecting: cut(text))) }
    if mirror.children.isEmpty { return line(String(describing: value)) }
    return structure(value, mirror)
  }

  /// Of a text that is longer than all that is printed, the rest counts in the mark alone.
  private mutating func cut(_ text: String) -> String {
    guard text.utf8.count > limit else { return text }
    var text = text
    text.withUTF8 { mark = Mark.step(mark, Mark.of(UnsafeRawBufferPointer($0))) }
    return String(text.prefix(limit))
  }

  private mutating func line(_ text: String) -> String {
    room -= text.utf8.count + 2
    return text.utf8.contains(10)
      ? text.split(separator: "\n", omittingEmptySubsequences: false).joined(separator: " ") : text
  }

  private static func objectName(_ value: Any) -> String {
    if let described = value as? any CustomStringConvertible { return described.description }
    return TypeName.short("\(type(of: value))")
  }

  private mutating func collection(_ mirror: Mirror) -> String {
    let isDictionary = mirror.displayStyle == .dictionary
    var printed: [String] = []
    for child in mirror.children {
      guard parts > 0, room > 0 else { break }
      guard isDictionary else {
        printed.append(self.printed(child.value))
        continue
      }
      var pair: [String] = []
      for part in Mirror(reflecting: child.value).children { pair.append(self.printed(part.value)) }
      printed.append(pair.joined(separator: ": "))
    }
    mark = Mark.step(mark, UInt64(mirror.children.count))
    if mirror.displayStyle != .collection { printed.sort() }
    if printed.isEmpty, isDictionary { return "[:]" }
    let rest = mirror.children.count - printed.count
    return "[\((printed + (rest > 0 ? ["\(rest) more"] : [])).joined(separator: ", "))]"
  }

  private mutating func structure(_ value: Any, _ mirror: Mirror) -> String {
    if let described = value as? any CustomStringConvertible { return line(described.description) }
    if mirror.displayStyle == .enum, let payload = mirror.children.first {
      let text = printed(payload.value)
      return ".\(payload.label ?? "")" + (text.hasPrefix("(") ? text : "(\(text))")
    }
    // What holds nothing but something of the runtime's, such as a task, is a handle.
    let children = mirror.readableChildren(isCustom: value is any CustomReflectable)
    let isHandle = children.contains { "\(type(of: $0.value))".hasPrefix("Builtin.") }
    if isHandle { return line(TypeName.short("\(type(of: value))")) }
    var values: [String] = []
    for child in children {
      let label = child.label.map { $0.hasPrefix(".") ? "" : "\($0): " } ?? ""
      values.append(label + printed(child.value))
    }
    let text = "(\(values.joined(separator: ", ")))"
    return mirror.displayStyle == .tuple ? text : TypeName.short("\(type(of: value))") + text
  }

  // MARK: In few letters

  /// A long collection by how many elements it holds; of one that holds few collections, by how
  /// many those hold.
  ///
  /// - Returns: Nil for what is no collection.
  static func summary(of value: Any, within limit: Int) -> String? {
    let mirror = Mirror(reflecting: value)
    switch mirror.displayStyle {
    case .optional: return mirror.children.first.flatMap { summary(of: $0.value, within: limit) }
    case .collection, .set, .dictionary: break
    default: return nil
    }
    let count = mirror.children.count
    let words = count == 1 ? "1 element" : "\(count) elements"
    guard count <= 4 else { return words }
    var printer = ValuePrinter(limit: limit)
    let inner = mirror.children.map { child in
      let parts =
        mirror.displayStyle == .dictionary
        ? Mirror(reflecting: child.value).children.map(\.value) : [child.value]
      return parts.map { summary(of: $0, within: limit) ?? printer.print($0) }
        .joined(separator: ": ")
    }
    let text =
      "[\((mirror.displayStyle == .collection ? inner : inner.sorted()).joined(separator: ", "))]"
    return text.utf8.count <= limit ? text : words
  }
}
