import Synchronization

/// Prints values on one line, in an order that does not depend on hashing, and without addresses.
struct ValuePrinter {
  /// Tells the value from others, what was left out included as far as that is looked at.
  private(set) var mark = Mark.start
  private let limit: Int
  private var room: Int
  /// How many parts of a value are still looked at.
  private var parts: Int

  /// - Parameters:
  ///   - limit: After about so many characters, parts of the value are left out.
  ///   - parts: So many of its parts are looked at.
  init(limit: Int, parts: Int = Self.mostParts) {
    self.limit = limit
    self.parts = parts
    room = limit
  }

  static let mostParts = 4_000

  mutating func print(_ value: Any) -> String {
    let text = printed(value)
    text.utf8.withContiguousStorageIfAvailable {
      mark = Mark.step(mark, Mark.of(UnsafeRawBufferPointer($0)))
    }
    return text
  }

  private mutating func printed(_ value: Any) -> String {
    parts -= 1
    let type = type(of: value)
    if let known = Self.names.withLock({ $0[ObjectIdentifier(type)] }), known.isAll {
      return line(known.name)
    }
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
    return known(type(of: value), isAll: true).name
  }

  /// What a type is called, since there may be many of it in a collection.
  private struct KnownType {
    var name: String
    /// It is one of the runtime's.
    var isBuiltin: Bool
    /// Nothing but the name is ever printed of its values.
    var isAll: Bool
  }

  private static let names = Mutex<[ObjectIdentifier: KnownType]>([:])

  private static func known(_ type: Any.Type, isAll: Bool = false) -> KnownType {
    if let known = names.withLock({ $0[ObjectIdentifier(type)] }), !isAll { return known }
    let name = "\(type)"
    let known = KnownType(
      name: TypeName.short(name), isBuiltin: name.hasPrefix("Builtin."), isAll: isAll)
    names.withLock { $0[ObjectIdentifier(type)] = known }
    return known
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
    let isCustom = value is any CustomReflectable
    let children = mirror.readableChildren(isCustom: isCustom)
    let isHandle = children.contains { Self.known(type(of: $0.value)).isBuiltin }
    if isHandle { return line(Self.known(type(of: value), isAll: !isCustom).name) }
    var values: [String] = []
    for child in children {
      let label = child.label.map { $0.hasPrefix(".") ? "" : "\($0): " } ?? ""
      values.append(label + printed(child.value))
    }
    let text = "(\(values.joined(separator: ", ")))"
    return mirror.displayStyle == .tuple ? text : Self.known(type(of: value)).name + text
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
